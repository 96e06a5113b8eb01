"""A real worker with beat, on the broker that the settings name, sends what a page wrote."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from notifications import outbox
from notifications.models import Message

ROOT = Path(__file__).resolve().parents[2]
WITHIN = 60.0
"""Seconds that a worker may take to start and send, before the test gives up."""


@pytest.fixture
def worker(transactional_db, tmp_path):
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    for folder in ("broker", "broker-control"):
        (settings.VAR_DIR / folder).mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "DATABASE_URL": url, "SMS_TICK_SECONDS": "1"}
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-B", "--concurrency", "1"]
    command += ["-s", str(tmp_path / "schedule"), "--loglevel", "WARNING"]
    log = tmp_path / "worker.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True
        )
    yield log
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_text_written_with_a_booking_is_sent_by_the_worker(worker):
    now = timezone.now()
    with transaction.atomic():
        outbox.enqueue(
            kind="confirmation", subject="7KQ49CRB", version=1, to="+447700900461",
            context={"first_name": "Jane", "when_time": "9am", "when_day": "Monday 7 December",
                     "place": "Furness General Hospital", "link": "https://scans.example/a/X"},
            due_at=now, not_after=now + timedelta(days=1), now=now,
        )  # fmt: skip

    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline and not Message.objects.filter(state="accepted").exists():
        connection.close()

    message = Message.objects.get()
    assert message.state == "accepted", worker.read_text()
    assert message.attempts == 1
    assert "Jane" not in worker.read_text()
    assert "900461" not in worker.read_text()
