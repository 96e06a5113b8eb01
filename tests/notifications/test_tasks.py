import base64
import inspect
import json
from datetime import timedelta

import pytest
import time_machine

from config.celery import app
from notifications import tasks
from notifications.gateways.outcomes import Doubtful
from notifications.models import Message
from tests.notifications.conftest import NOON
from tests.notifications.test_outbox import assert_nothing_personal

pytestmark = pytest.mark.django_db


def test_one_wake_up_sends_all_that_is_ready(enqueue, provider):
    for number in range(25):
        enqueue(subject=f"REF{number}")
    with time_machine.travel(NOON, tick=False):
        tasks.dispatch()
    assert len(provider.calls) == 25


def test_a_tick_finds_a_due_reminder_and_sends_it(enqueue, provider):
    enqueue(kind="reminder_2_days", due_at=NOON + timedelta(hours=1))
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        tasks.tick()
    assert Message.objects.get().state == "accepted"


def test_every_name_that_beat_knows_is_a_task(settings):
    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert names == {
        tasks.tick.name, tasks.reconcile.name, tasks.receipts.name, tasks.purge.name
    }  # fmt: skip


def test_no_task_takes_an_argument():
    ours = [task for name, task in app.tasks.items() if name.startswith("notifications.")]
    assert len(ours) == 5
    for task in ours:
        assert not inspect.signature(task.run).parameters


def test_the_brokers_files_hold_nothing_of_a_patient(enqueue, tmp_path, monkeypatch):
    names = ("data_folder_in", "data_folder_out")
    folders = {**dict.fromkeys(names, str(tmp_path)), "control_folder": str(tmp_path / "control")}
    monkeypatch.undo()  # the stub for wake-ups
    enqueue()
    with app.connection_for_write("filesystem://", transport_options=folders) as broker:
        tasks.dispatch.apply_async(connection=broker)
    (file,) = (path for path in tmp_path.iterdir() if path.is_file())
    wake_up = json.loads(file.read_text())
    assert wake_up["headers"]["task"] == "notifications.tasks.dispatch"
    assert json.loads(base64.b64decode(wake_up["body"]))[:2] == [[], {}]
    assert_nothing_personal(file.read_text())


def test_a_tick_goes_on_at_the_providers_rate_until_all_is_sent(
    enqueue, provider, settings, monkeypatch
):
    settings.SMS_PER_SECOND = 5
    for number in range(12):
        enqueue(subject=f"REF{number}")
    with time_machine.travel(NOON, tick=False) as clock:
        monkeypatch.setattr(tasks.time, "sleep", lambda seconds: clock.shift(seconds + 0.01))
        tasks.tick()
    assert len(provider.calls) == 12


def test_a_tick_sends_the_doubtful_text_that_reconcile_releases(enqueue, provider):
    provider.script = [Doubtful("call broke off")]
    enqueue()
    with time_machine.travel(NOON, tick=False) as clock:
        tasks.dispatch()
        for _ in range(15):
            clock.shift(timedelta(minutes=1))
            tasks.tick()
            tasks.reconcile()
    message = Message.objects.get()
    assert (message.state, message.possible_duplicate, len(provider.calls)) == (
        "accepted", True, 2,
    )  # fmt: skip
