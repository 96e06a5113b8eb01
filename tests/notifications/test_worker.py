"""A real worker with beat sends what a page wrote, on every broker that can be reached.

On the one that the settings name, and on RabbitMQ where it answers (TEST_AMQP_URL).
"""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from kombu import Connection

from notifications import outbox
from notifications.models import Message
from tests.notifications.conftest import CONTEXT

ROOT = Path(__file__).resolve().parents[2]
WITHIN = 60.0
"""Seconds that a worker may take to start and send, before the test gives up."""
RABBITMQ = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")


def answers(url: str) -> bool:
    there = urlsplit(url)
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((there.hostname, there.port or 5672)) == 0


@pytest.fixture(params=["settings", "rabbitmq"])
def broker(request):
    """Name a broker, and a queue on it that is only ours."""
    url = settings.CELERY_BROKER_URL if request.param == "settings" else RABBITMQ
    if request.param == "rabbitmq" and not answers(url):
        pytest.skip("no RabbitMQ answers: set TEST_AMQP_URL")
    queue = f"finder-test-{uuid4().hex[:8]}"
    yield url, queue
    if not url.startswith("filesystem"):
        with Connection(url) as connected:
            channel = connected.default_channel
            channel.queue_delete(queue)
            channel.exchange_delete(queue)


@pytest.fixture
def worker(transactional_db, tmp_path, broker):
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        database = f"sqlite:///{name}"
    else:
        database = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    for folder in ("broker", "broker-control"):
        (tmp_path / folder).mkdir()
    url, queue = broker
    env = {
        **os.environ, "DATABASE_URL": database, "SMS_TICK_SECONDS": "1", "VAR_DIR": str(tmp_path),
        "CELERY_BROKER_URL": url, "CELERY_QUEUE": queue,
    }  # fmt: skip
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-B", "--concurrency", "1"]
    command += ["-s", str(tmp_path / "schedule"), "--loglevel", "INFO"]
    log = tmp_path / "worker.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True
        )
    yield log
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.broker
def test_a_text_written_with_a_booking_is_sent_by_the_worker(worker):
    now = timezone.now()
    with transaction.atomic():
        outbox.enqueue(
            kind="confirmation", subject="7KQ49CRB", version=1, to="+447700900461",
            context=CONTEXT, due_at=now, not_after=now + timedelta(days=1), now=now,
        )  # fmt: skip

    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline and not Message.objects.filter(state="accepted").exists():
        connection.close()

    message = Message.objects.get()
    assert message.state == "accepted", worker.read_text()
    assert message.attempts == 1
    left_behind = b"".join(
        path.read_bytes() for path in worker.parent.rglob("*") if path.is_file()
    ).decode(errors="replace")
    assert "notifications.tasks.tick" in left_behind
    for personal in ("Jane", "900461", "7KQ49CRB", "Preston", "7567"):
        assert personal not in left_behind
