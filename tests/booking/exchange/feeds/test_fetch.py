"""Where we go, and where we do not."""

import gzip
import io
import socket
import time

import pytest

from booking.demo.publisher import Page, Publisher
from booking.exchange.feeds.fetch import FetchFailed, fetch
from booking.exchange.safe_http import is_public


@pytest.fixture
def server():
    with Publisher() as publisher:
        yield publisher


def get(url, private=True, limit=10_000, seconds=5.0):
    into = io.BytesIO()
    deadline = time.monotonic() + seconds
    fetch(url, into, deadline=deadline, limit=limit, private=private)
    return into.getvalue()


def test_redirects_are_followed_three_times(server):
    server.pages["/end"] = Page(b"here")
    for n in range(4):
        target = f"/{n - 1}" if n else "/end"
        server.pages[f"/{n}"] = Page(b"", status=302, headers={"Location": target})

    assert get(f"{server.url}/2") == b"here"
    with pytest.raises(FetchFailed, match="more than 3 times"):
        get(f"{server.url}/3")


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://example.com/", "gopher://x", "//", "http://["]
)
def test_a_redirect_elsewhere_than_to_the_web_is_not_followed(server, target):
    server.pages["/a"] = Page(b"", status=302, headers={"Location": target})

    with pytest.raises(FetchFailed):
        get(f"{server.url}/a")


def test_without_leave_only_https_and_public_addresses_are_called(server, monkeypatch):
    server.pages["/a"] = Page(b"secret")
    with pytest.raises(FetchFailed, match="https"):
        get(f"{server.url}/a", private=False)
    with pytest.raises(FetchFailed, match="public internet"):
        get("https://localhost/a", private=False)
    assert server.asked == []


def test_a_name_with_one_private_address_among_its_own_is_not_called(monkeypatch):
    def answers(host, port, *_, **__):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("93.184.215.14", "10.0.0.7")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answers)

    with pytest.raises(FetchFailed, match="public internet"):
        get("https://rebound.example/", private=False)


def test_the_address_that_was_checked_is_the_one_that_is_called(server, monkeypatch):
    """A name that answers differently the second time is asked only once."""
    server.pages["/a"] = Page(b"here")
    asked = []

    def answers(host, port, *_, **__):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("booking.exchange.safe_http.socket.getaddrinfo", answers)
    port = server.server_address[1]

    assert get(f"http://scans.example:{port}/a") == b"here"
    assert asked.count("scans.example") == 1


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
    "100.64.0.1", "224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1",
    "2002:7f00:1::", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.7", "64:ff9b:1::1",
    "2001::7f00:1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::7f00:1", "fec0::1", "ff02::1",
    "::ffff:169.254.169.254", "255.255.255.255", "240.0.0.1",
])  # fmt: skip
def test_addresses_that_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", [
    "93.184.215.14", "2a00:1450:4009:80b::200e", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14",
    "2002:5db8:d70e::1",
])  # fmt: skip
def test_addresses_that_are(address):
    assert is_public(address)


def test_a_body_that_breaks_off_is_not_taken_for_whole(server):
    server.pages["/a"] = Page(b"x" * 100, fault="break_off")

    with pytest.raises(FetchFailed, match="broke off"):
        get(f"{server.url}/a")


def test_a_packed_body_comes_as_it_was_sent(server):
    """Its limit is of bytes on the wire; who reads it unpacks it within limits of its own."""
    packed = gzip.compress(b"x" * 5000)
    server.pages["/a"] = Page(packed, headers={"Content-Encoding": "gzip"})

    assert get(f"{server.url}/a", limit=len(packed)) == packed


def test_a_redirect_to_letters_beyond_ascii_is_asked_for_as_an_address(server):
    server.pages["/a"] = Page(b"", status=302, headers={"Location": "/caf\u00e9 1?q=%41"})
    server.pages["/caf%C3%A9%201?q=%41"] = Page(b"here")

    assert get(f"{server.url}/a") == b"here"


def test_a_body_over_the_limit_is_given_up(server):
    server.pages["/a"] = Page(b"x" * 101)

    with pytest.raises(FetchFailed, match="larger"):
        get(f"{server.url}/a", limit=100)


@pytest.mark.parametrize(
    "url", ["", "x", "http://", "http://[::1", "http://a:b/", "http://h:0/", "http://a..b/"]
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(FetchFailed):
        get(url)


def test_a_server_that_is_not_there_is_said_plainly(server):
    port = server.server_address[1]
    server.server_close()

    with pytest.raises(FetchFailed, match="could not be read"):
        get(f"http://127.0.0.1:{port}/")
