"""Real Celery workers with real beats on a real broker, which is taken away."""

import shutil
from datetime import timedelta

import pytest
from django.db import connection
from kombu import Connection

from booking.appointments import booking, holds
from notifications import tasks
from notifications.models import Message
from tests.booking.conftest import (  # noqa: F401 - fixtures
    NOW,
    furness,
    jane,
    make_referral,
    make_site,
    make_slot,
    trust,
)
from tests.resilience.celery_workers import Files, Redis, Worker, wait_until
from tests.resilience.texts import write_text

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def broker(tmp_path):
    broker = Redis(tmp_path / "redis") if shutil.which("redis-server") else Files(tmp_path)
    yield broker
    broker.lose()


@pytest.fixture
def start(fake, broker, tmp_path):
    """Start a worker; all are killed at the end, and must not have logged anything personal."""
    workers = []

    def start(now, **how):
        workers.append(Worker(fake, broker, tmp_path / f"worker{len(workers)}", now, **how))
        return workers[-1]

    yield start
    for worker in workers:
        if worker.process.poll() is None:
            worker.kill()
        log = worker.log.read_text()
        assert not any(personal in log for personal in ("Jane", "7700900", "7KQ49CRB", "Furness"))


@pytest.fixture
def wakes(broker, monkeypatch):
    """Let the wake-up of a booking go to this test's broker, there or not."""
    tried = []

    def wake():
        tried.append(1)
        with Connection(broker.url, connect_timeout=1) as there:
            tasks.dispatch.apply_async(connection=there)

    monkeypatch.setattr(tasks.dispatch, "delay", wake)
    return tried


def states():
    connection.close()
    return set(Message.objects.filter(due_at__lte=NOW).values_list("state", flat=True))


def test_a_confirmed_booking_with_the_broker_down_and_the_worker_killed_twice_texts_once(
    jane, make_slot, broker, wakes, start, fake  # noqa: F811
):  # fmt: skip
    slot = make_slot()
    holds.hold(jane, slot.pk, now=NOW)
    booking.book(jane, slot.pk, now=NOW, actor="patient")  # nobody listens at the broker
    assert (len(wakes), states()) == (1, {"ready"})
    broker.start()

    first = start(NOW + MINUTE, step="claimed")
    first.wait_until(first.reached.exists)
    first.kill()
    assert (states(), fake.sent().total()) == ({"sending"}, 0)
    broker.lose()
    broker.start()

    second = start(NOW + 4 * MINUTE, step="answered")
    second.wait_until(second.reached.exists)
    second.kill()
    assert (states(), fake.sent().total()) == ({"sending"}, 1)

    third = start(NOW + 7 * MINUTE, speed=60)
    third.wait_until(lambda: states() == {"accepted"})
    confirmation = Message.objects.get(due_at__lte=NOW)
    assert fake.sent() == {(confirmation.to, confirmation.body): 1}
    assert fake.calls.total() == 1
    assert not confirmation.possible_duplicate


def test_the_broker_dies_with_its_files_under_two_workers_with_beats(broker, wakes, start, fake):
    if isinstance(broker, Files):
        pytest.skip("no redis-server: a filesystem broker does not come back by itself")
    broker.start()
    workers = [start(NOW + MINUTE) for _ in range(2)]
    write_text(0, now=NOW)
    workers[0].wait_until(lambda: states() == {"accepted"})
    broker.lose()
    for number in range(1, 11):
        write_text(number, now=NOW)
    broker.start()

    def all_sent():
        # Celery 5.7 ends on some losses of Redis ("Unrecoverable error"); its supervisor starts
        # it again, as docker-compose.yml says.
        if all(worker.process.poll() is not None for worker in workers):
            workers.append(start(NOW + 3 * MINUTE, speed=60))
        return states() == {"accepted"}

    wait_until(all_sent, broker.server)
    sent = fake.sent()
    assert (sent.total(), max(sent.values())) == (11, 1)
