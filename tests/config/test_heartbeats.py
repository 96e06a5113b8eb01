"""Who stands still shows: beat and the worker each have a heartbeat of their own."""

from datetime import UTC, datetime, timedelta

import pytest
from celery.signals import before_task_publish
from django.db import DatabaseError

from config import celery as wiring
from config.health import heartbeats, tasks
from config.health.heartbeats import BEAT, LATE, WORKER

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_a_worker_that_does_the_tick_shows_itself(db, time_machine):
    time_machine.move_to(NOON, tick=False)
    assert heartbeats.why_late(WORKER, NOON) == "has never run"

    tasks.heartbeat()

    assert heartbeats.age(WORKER, NOON) == timedelta(0)
    assert heartbeats.why_late(WORKER, NOON + LATE) == ""
    late = heartbeats.why_late(WORKER, NOON + LATE + timedelta(seconds=1))
    assert late == "has not shown itself for 2 minutes"
    assert heartbeats.why_late(BEAT, NOON) == "has never run", "that is another's"


@pytest.fixture
def watched():
    wiring.watch_beat()
    yield
    before_task_publish.disconnect(wiring.show_beat, sender=wiring.HEARTBEAT)


def test_beat_shows_itself_as_it_sends_the_tick(transactional_db, time_machine, watched):
    time_machine.move_to(NOON, tick=False)

    before_task_publish.send(sender="notifications.tasks.tick")
    assert heartbeats.age(BEAT, NOON) is None
    before_task_publish.send(sender=tasks.heartbeat.name)

    assert heartbeats.age(BEAT, NOON) == timedelta(0)
    assert heartbeats.age(WORKER, NOON) is None


def test_no_other_process_passes_for_beat(transactional_db):
    before_task_publish.send(sender=tasks.heartbeat.name)

    assert heartbeats.age(BEAT, NOON) is None


def test_beat_goes_on_without_a_database(monkeypatch, caplog):
    def away(*_args):
        raise DatabaseError

    monkeypatch.setattr(heartbeats, "close_old_connections", lambda: None)
    monkeypatch.setattr(heartbeats, "write", away)

    heartbeats.try_to_write(BEAT, NOON)

    assert "heartbeat of beat could not be written" in caplog.text


def test_beat_sends_the_tick(settings):
    sent = [row["task"] for row in settings.CELERY_BEAT_SCHEDULE.values()]

    assert tasks.heartbeat.name in sent
    assert tasks.heartbeat.name == wiring.HEARTBEAT
    assert tasks.heartbeat.name in wiring.app.tasks


def test_metrics_say_how_old_each_is(db, client, time_machine):
    time_machine.move_to(NOON, tick=False)
    heartbeats.write(BEAT, NOON - timedelta(seconds=90))

    said = client.get("/metrics").content.decode()

    assert 'heartbeat_age_seconds{of="beat"} 90.0' in said
    assert 'heartbeat_age_seconds{of="worker"} +Inf' in said


@pytest.mark.parametrize("name", [BEAT, WORKER])
def test_a_second_later_is_written_over_the_first(db, name):
    heartbeats.write(name, NOON)
    heartbeats.write(name, NOON + timedelta(seconds=15))

    assert heartbeats.age(name, NOON + timedelta(seconds=20)) == timedelta(seconds=5)
