"""What is forgotten after 30 days, and what stays."""

from datetime import timedelta

import pytest

from notifications import dispatch, replies, retention
from notifications.models import Event, Inbound, Message
from tests.notifications.conftest import NOON, NUMBER

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=30)


def test_words_and_numbers_are_blanked_after_thirty_days_and_counts_stay(enqueue, provider):
    enqueue()
    dispatch.dispatch_due(NOON)
    replies.keep("SM1", number=NUMBER, body="YES 7567", opt_out_type="", now=NOON)
    assert retention.purge(NOON + MONTH - timedelta(minutes=1)) == 0
    assert retention.purge(NOON + MONTH + timedelta(minutes=1)) == 2
    assert retention.purge(NOON + MONTH + timedelta(minutes=1)) == 0

    (message,) = Message.objects.values()
    (inbound,) = Inbound.objects.values()
    everything = f"{message} {inbound} {list(Event.objects.values())}"
    for personal in (NUMBER, NUMBER[1:], "Jane", "Preston", "7567"):
        assert personal not in everything
    assert (message["to_hash"], inbound["number_hash"]) == ("", "")
    assert (message["state"], message["segments"], inbound["command"]) == ("accepted", 2, "yes")


def test_a_text_that_still_waits_keeps_its_words(enqueue):
    reminder = enqueue(kind="reminder_2_days", due_at=NOON + 2 * MONTH, not_after=NOON + 3 * MONTH)
    retention.purge(NOON + MONTH * 1.5)
    reminder.refresh_from_db()
    assert reminder.body
    assert reminder.to == NUMBER


def test_a_suppressed_text_is_forgotten_too(enqueue):
    enqueue(to="+441524123456")
    assert retention.purge(NOON + MONTH) == 1
    assert Message.objects.get().to == ""
