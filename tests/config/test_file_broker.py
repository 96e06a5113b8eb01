"""The broker of plain files: nobody reads half a message; who is killed keeps nobody else out."""

import os
import shutil
import threading
from pathlib import Path
from queue import Empty

import pytest
from celery import Celery
from kombu import Connection
from kombu.exceptions import KombuError
from kombu.transport import filesystem

from config import file_broker


@pytest.fixture
def folders(tmp_path):
    for name in ("broker", "control"):
        (tmp_path / name).mkdir()
    broker = str(tmp_path / "broker")
    return {
        "data_folder_in": broker, "data_folder_out": broker,
        "control_folder": str(tmp_path / "control"),
    }  # fmt: skip


@pytest.fixture
def channel(folders):
    with Connection("filesystem://", transport_options=folders) as connected:
        yield connected.channel()


@pytest.fixture
def app(folders, monkeypatch):
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)  # Celery looks there first
    app = Celery("x", broker="filesystem://", set_as_current=False)
    app.conf.broker_transport_options = folders
    app.conf.task_publish_retry = False
    with app:
        yield app


def test_the_address_means_it(channel):
    assert type(channel) is file_broker.Channel


def test_nobody_sees_a_message_before_it_is_whole(channel, folders, monkeypatch):
    seen = []
    write = Path.write_text

    def look_meanwhile(path, words):
        done = write(path, words)
        with pytest.raises(Empty):
            channel._get("finder")
        seen.append(path.parent)
        return done

    monkeypatch.setattr(Path, "write_text", look_meanwhile)
    channel._put("finder", {"a": 1})

    assert seen == [Path(folders["data_folder_in"])]
    assert channel._get("finder") == {"a": 1}


def test_messages_come_in_the_order_in_which_they_were_put(channel, monkeypatch):
    clock = iter([0.5, 1.0, 9.999, 10.0, 3_000_000.0])
    monkeypatch.setattr(file_broker, "monotonic", lambda: next(clock))
    for number in range(5):
        channel._put("finder", number)

    assert [channel._get("finder") for _ in range(5)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("left", ["", '{"body": "W1td', "\0\0\0"])
def test_half_a_message_that_lies_there_is_passed_over(channel, folders, left, caplog):
    (Path(folders["data_folder_in"]) / f"{0:015}_x.finder.msg").write_text(left)
    channel._put("finder", {"a": 1})

    assert channel._get("finder") == {"a": 1}
    assert "cut off" in caplog.text
    assert os.listdir(folders["data_folder_in"]) == []
    with pytest.raises(Empty):
        channel._get("finder")


def test_a_table_of_queues_that_was_cut_off_keeps_nobody_from_publishing(app, folders):
    table = Path(folders["control_folder"]) / "celery.exchange"
    table.write_text("")

    app.send_task("anything")

    assert len(os.listdir(folders["data_folder_in"])) == 1
    assert '"celery"' in table.read_text()


def test_two_who_bind_at_once_are_both_in_the_table(channel, folders):
    ready = threading.Barrier(8)

    def bind(name):
        with Connection("filesystem://", transport_options=folders) as connected:
            there = connected.channel()
            ready.wait()
            there._queue_bind("all", "", "", name)

    threads = [threading.Thread(target=bind, args=(f"queue-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {one.queue for one in channel.get_table("all")} == {f"queue-{n}" for n in range(8)}


def test_a_folder_that_is_away_is_said_as_a_broker_that_is_away(app, folders):
    """What a page expects of a broker is KombuError or OSError (notifications/outbox.py)."""
    app.send_task("anything")
    shutil.rmtree(folders["data_folder_in"])

    with pytest.raises((KombuError, OSError)):
        app.send_task("anything")


def test_a_message_that_does_not_fit_the_disk_leaves_nothing(channel, folders, monkeypatch):
    def full(path, words):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)

    with pytest.raises(OSError, match="No space"):
        channel._put("finder", {"a": 1})
    assert os.listdir(folders["data_folder_in"]) == []


def test_kombu_itself_still_writes_where_others_read(folders):
    """Once it does not, config/file_broker.py can go."""
    there = Path(folders["data_folder_in"])
    with Connection(
        transport=filesystem.Transport, transport_options=folders
    ) as connected, pytest.MonkeyPatch.context() as patch:  # fmt: skip
        seen = []
        patch.setattr(filesystem, "lock", lambda *_: seen.append(os.listdir(there)))
        connected.channel()._put("finder", {"a": 1})

    assert seen[0][0].endswith(".finder.msg")
