from datetime import timedelta

import pytest
import time_machine

from notifications import tasks
from notifications.models import Message
from tests.notifications.conftest import NOON

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


def test_the_names_that_beat_knows_are_kept(settings):
    known = {beat["task"] for beat in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks.tick.name in known
