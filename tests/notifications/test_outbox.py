import logging
from datetime import timedelta

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from notifications import outbox, tasks
from notifications.models import Event, Message, State
from tests.notifications.conftest import CONTEXT, NOON, NUMBER

pytestmark = pytest.mark.django_db


def test_a_text_is_written_ready_with_its_words_frozen(enqueue):
    message = enqueue()
    message.refresh_from_db()
    assert (message.state, message.template) == (State.READY, "en/confirmation.v2")
    assert message.body.startswith("Jane, your scan is at 2:30pm")
    assert message.dedupe_key == "7KQ49CRB:1:confirmation"
    assert [event.to_state for event in message.events.all()] == ["ready"]


def test_a_doubled_enqueue_makes_one_row(enqueue):
    assert enqueue() is not None
    assert enqueue() is None
    assert Message.objects.count() == Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_booking_leaves_no_text_and_wakes_nobody(enqueue, wake_ups):
    with transaction.atomic():
        enqueue()
        transaction.set_rollback(True)
    assert Message.objects.count() == 0
    assert wake_ups == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_only_when_the_booking_is_committed(enqueue, wake_ups):
    with transaction.atomic():
        enqueue()
        assert wake_ups == []
    assert wake_ups == ["dispatch"]


@pytest.mark.django_db(transaction=True)
def test_a_reminder_for_later_wakes_nobody(enqueue, wake_ups):
    reminder = enqueue(kind="reminder_2_days", due_at=NOON + timedelta(hours=3))
    assert reminder.state == State.SCHEDULED
    assert wake_ups == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", [OperationalError("gone"), FileNotFoundError("no folder")])
def test_without_a_broker_the_row_is_there_and_nothing_is_raised(
    enqueue, monkeypatch, caplog, fault
):
    def no_broker():
        raise fault

    monkeypatch.setattr(tasks.dispatch, "delay", no_broker)
    with caplog.at_level(logging.DEBUG):
        enqueue()
    assert Message.objects.get().state == State.READY
    assert "no worker woken" in caplog.text
    assert_nothing_personal(caplog.text)


def test_a_patient_without_a_mobile_number_gets_a_suppressed_row(enqueue):
    message = enqueue(to="")
    assert (message.state, message.error) == (State.SUPPRESSED, "There is no mobile number.")


def test_news_at_night_waits_but_an_answer_does_not(enqueue):
    night = NOON + timedelta(hours=10)
    assert enqueue(kind="displaced", due_at=night, now=night).state == State.SCHEDULED
    assert enqueue(kind="changed", due_at=night, now=night).state == State.READY


def test_a_change_cancels_older_texts_that_were_not_sent(enqueue):
    old = enqueue(kind="reminder_2_days", due_at=NOON + timedelta(hours=3))
    other = enqueue(subject="OTHER222", kind="reminder_2_days")
    new = enqueue(version=2, kind="changed")
    assert outbox.cancel_unsent("7KQ49CRB", before_version=2, now=NOON) == 1
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {old.pk: "cancelled", other.pk: "ready", new.pk: "ready"}


def test_a_change_leaves_alone_what_is_sent_or_on_the_wire(enqueue):
    message = enqueue()
    for state in (State.ACCEPTED, State.UNKNOWN):
        Message.objects.update(state=state)
        assert outbox.cancel_unsent("7KQ49CRB", before_version=2, now=NOON) == 0
    Message.objects.update(state=State.SENDING, wire_at=NOON)
    assert outbox.cancel_unsent("7KQ49CRB", before_version=2, now=NOON) == 0
    message.refresh_from_db()
    assert message.state == State.SENDING


def test_a_row_does_not_show_its_number_when_printed(enqueue):
    message = enqueue()
    assert_nothing_personal(f"{message!r} {message} {message.events.get()!r}")


def assert_nothing_personal(text: str) -> None:
    for personal in (NUMBER, NUMBER[1:], CONTEXT["first_name"], CONTEXT["link"], "Preston"):
        assert personal not in text
