"""E-mails to staff: sent once, again if a sender died, called off, and too late."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from notifications import emails, retention
from notifications.models import Email


@pytest.fixture
def now():
    return datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.fixture
def write(db, now):
    def write(key="p1:1", **changes):
        fields = {"to": "ann@trust.example", "heading": "1 urgent request waits", "body": "See it"}
        return emails.enqueue(
            key=key, not_after=now + timedelta(hours=6), now=now, **{**fields, **changes}
        )

    return write


def test_one_goes_once_however_often_it_is_written_or_the_clock_ticks(write, now):
    assert [write(), write()] == [True, False]
    assert [emails.send_due(now), emails.send_due(now)] == [1, 0]

    [sent] = mail.outbox
    assert (sent.subject, sent.to) == ("1 urgent request waits", ["ann@trust.example"])
    assert Email.objects.get().sent_at == now


def test_a_mail_server_that_is_down_is_tried_again(write, now, settings):
    write()
    settings.EMAIL_BACKEND = "nowhere.Backend"
    assert emails.send_due(now) == 0
    one = Email.objects.get()
    assert (one.attempts, one.error, one.sent_at) == (1, "ModuleNotFoundError", None)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert emails.send_due(now + timedelta(seconds=1)) == 0
    assert emails.send_due(one.due_at) == 1


def test_one_whose_sender_died_goes_when_its_lease_is_over(write, now):
    write()
    Email.objects.update(due_at=now + emails.LEASE, attempts=1)  # taken, and never finished

    assert emails.send_due(now + timedelta(seconds=30)) == 0
    assert emails.send_due(now + emails.LEASE) == 1


def test_what_is_called_off_or_too_late_never_goes(write, now):
    write("p1:1")
    write("p2:1")
    assert emails.call_off("p1", now=now) == 1

    assert emails.send_due(now + timedelta(hours=7)) == 0
    assert set(Email.objects.values_list("error", flat=True)) == {"called off", "too late"}
    assert mail.outbox == []


def test_it_is_given_up_after_eight_tries(write, now, settings):
    settings.EMAIL_BACKEND = "nowhere.Backend"
    write()
    for _ in range(9):
        emails.send_due(Email.objects.get().due_at)

    assert (Email.objects.get().attempts, Email.objects.get().ended_at is None) == (8, False)


def test_whom_it_went_to_is_forgotten_after_30_days(write, now):
    write()
    emails.send_due(now)
    retention.purge(now + timedelta(days=31))

    assert (Email.objects.get().to, Email.objects.get().body) == ("", "")
