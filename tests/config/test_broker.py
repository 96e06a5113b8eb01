"""The broker's address, with a password of any characters; one that is cut off is refused."""

from urllib.parse import unquote, urlsplit

import pytest
from celery import Celery
from django.core.exceptions import ImproperlyConfigured

from config.broker import broker


@pytest.fixture
def read(monkeypatch, tmp_path):
    def read(url, password=""):
        monkeypatch.setenv("CELERY_BROKER_URL", url)
        monkeypatch.setenv("BROKER_PASSWORD", password)
        return broker(tmp_path)

    return read


@pytest.mark.parametrize("password", ["x", "p@ss/w#rd?%20:x", "Ünï", "a b", "[::1]"])
@pytest.mark.parametrize("user", ["", "finder@"])
def test_a_password_may_have_any_characters(read, user, password):
    url, files = read(f"redis://{user}broker:6379/0", password)

    parts = urlsplit(url)
    assert (parts.scheme, parts.hostname, parts.port, parts.path) == ("redis", "broker", 6379, "/0")
    assert unquote(parts.password) == password
    assert (parts.username or "") == user.strip("@")
    assert files == {}


def test_redis_itself_reads_it(read):
    from redis.connection import parse_url

    url, _ = read("redis://broker:6379/3", "p@ss/w#rd?%20:x")

    said = parse_url(url)
    assert (said["host"], said["port"], said["db"]) == ("broker", 6379, 3)
    assert said["password"] == "p@ss/w#rd?%20:x"


@pytest.mark.parametrize(
    "url",
    ["redis://:pw@broker:6379/0", "rediss://u:p%23w@broker/1", "amqp://u:p@broker:5672//",
     "redis+socket:///run/redis.sock"],
)  # fmt: skip
def test_without_one_the_address_is_as_it_was_said(read, url):
    assert read(url) == (url, {})


@pytest.mark.parametrize(
    "url",
    ["broker", "redis://:p/w@broker:6379/0", "redis://:p#w@broker:6379/0",
     "redis://:p?w@broker:6379/0", "redis://broker:x/0"],
)  # fmt: skip
def test_an_address_that_is_cut_off_is_refused_and_not_printed(read, url):
    with pytest.raises(ImproperlyConfigured, match="BROKER_PASSWORD") as refused:
        read(url)
    assert "://:p" not in str(refused.value)


def test_two_passwords_are_refused(read):
    with pytest.raises(ImproperlyConfigured, match="too"):
        read("redis://:a@broker:6379/0", "b")


def test_celery_is_told_it_where_it_looks_first(read):
    url, _ = read("redis://broker:6379/0", "p@ss/w#rd")

    assert Celery("one").conf.broker_write_url == url
    assert read(url, "p@ss/w#rd") == (url, {}), "and so is a process that it starts"


def test_the_demo_needs_no_broker(read, tmp_path):
    url, files = read("")

    assert url == "filesystem://"
    assert files["data_folder_in"] == files["data_folder_out"] == str(tmp_path / "broker")
