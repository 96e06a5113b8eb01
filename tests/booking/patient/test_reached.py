"""Texts reach a patient again: rows close, and what was missed and still holds goes."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking
from booking.messages import texts
from booking.models import Patient, WorklistRow
from booking.patients import record
from notifications import dead_numbers, dispatch, gateways, opt_outs, receipts
from notifications.gateways.outcomes import Sent
from notifications.models import Message, State
from tests.booking.patient.conftest import JANES

pytestmark = pytest.mark.django_db
HASH = opt_outs.hash_of(JANES)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def carrier(monkeypatch):
    monkeypatch.setattr(gateways, "send", lambda message: Sent(sid=f"sid-of-{message.pk.hex}"))


def row():
    return WorklistRow.objects.get(kind="not_reached")


def tick(at):
    dispatch.run_scheduled_steps(at)
    while dispatch.dispatch_due(at):
        pass


def states(kind):
    return list(Message.objects.filter(kind=kind).values_list("state", flat=True))


def told(message, status, code, at):
    receipts.take(
        message.pk, f"sid-of-{message.pk.hex}", status, source="callback", now=at, error_code=code
    )


def test_a_reminder_that_stop_held_back_goes_after_start(jane, booked, write, now):
    live = booked(jane)
    write("STOP")
    due = live.start - 2 * DAY
    tick(live.start - 7 * DAY)
    tick(due)
    assert states("reminder_2_days") == ["suppressed"]
    assert row().closed_at is None

    write("START", at=due + timedelta(hours=1))
    tick(due + timedelta(hours=1))

    assert states("reminder_2_days") == ["accepted"]
    assert states("reminder_7_days") == ["suppressed"]  # it says the same
    assert states("details") == []
    assert row().outcome == "resolved"


def test_what_was_still_to_come_goes_in_its_time(jane, booked, write, now):
    live = booked(jane)
    write("STOP")
    dispatch.run_scheduled_steps(now)
    Message.objects.filter(kind__startswith="reminder").update(state=State.SUPPRESSED)
    write("START")
    assert states("reminder_2_days") == ["scheduled"]
    assert Message.objects.get(kind="reminder_2_days").due_at == live.start - 2 * DAY
    assert row().closed_at is not None


def test_what_is_over_or_changed_does_not_go(jane, booked, write, now):
    live = booked(jane)
    write("STOP")
    booking.cancel(live, live.version, now=now, actor="patient")
    tick(now)
    held = Message.objects.filter(state__in=("suppressed", "cancelled")).count()
    write("START", at=live.start + DAY)
    tick(live.start + DAY)
    assert Message.objects.filter(state__in=("suppressed", "cancelled")).count() == held


def test_who_missed_the_invitation_gets_it_after_start(jane, write, now):
    write("STOP")
    with transaction.atomic():
        texts.send_invitation(jane, now)
    assert states("invitation") == ["suppressed"]
    write("START", at=now + timedelta(hours=1))
    tick(now + timedelta(hours=1))
    assert "accepted" in states("invitation")
    assert states("invitation").count("accepted") == 1
    assert row().closed_at is not None


def test_start_for_somebody_who_has_died_sends_nothing(jane, booked, write, now):
    booked(jane)
    write("STOP")
    Patient.objects.filter(pk=jane.patient_id).update(died_at=now)
    before = Message.objects.count()
    write("START")
    tick(now)
    assert Message.objects.count() == before
    assert row().closed_at is None


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("30003", "The phone was off or out of reach. Phone instead."),
        ("30005", "The number is not in use. Phone instead."),
        ("30006", "The number is not a UK mobile. Phone instead."),
        ("30007", "The network did not carry a text. Phone instead."),
    ],
)
def test_the_row_says_why_and_closes_when_the_text_arrives(jane, booked, now, code, why):
    booked(jane)
    tick(now)
    message = Message.objects.get(kind="confirmation", state="accepted")
    told(message, "undelivered", code, now)
    assert (row().reason, row().closed_at) == (why, None)
    told(message, "delivered", "", now)
    assert row().outcome == "resolved"


def test_another_reason_is_noted_on_the_row(jane, booked, now):
    booked(jane)
    tick(now)
    told(Message.objects.get(kind="confirmation", state="accepted"), "undelivered", "30003", now)
    tick(now + timedelta(hours=1))
    again = Message.objects.get(kind="confirmation", state="accepted")
    told(again, "undelivered", "30005", now)
    notes = row().events.filter(action="noted").values_list("detail", flat=True)
    assert list(notes) == ["The number is not in use. Phone instead."]


@pytest.mark.parametrize("typed", ["07700 900462", "07700\u00a0900461"])
def test_a_corrected_number_and_one_that_is_right_are_texted(jane, booked, now, typed):
    booked(jane)
    tick(now)
    told(Message.objects.get(kind="confirmation", state="accepted"), "undelivered", "30005", now)
    assert dead_numbers.why_dead(HASH)

    kept = record.correct_mobile(jane.patient, typed, now=now, actor="staff 1")
    tick(now)

    assert states("details") == ["accepted"]
    assert Message.objects.get(kind="details").to == kept
    assert row().outcome == "resolved"


def test_a_corrected_number_is_told_once_not_by_the_old_try_too(jane, booked, now):
    booked(jane)
    tick(now)
    told(Message.objects.get(kind="confirmation", state="accepted"), "undelivered", "30003", now)
    record.correct_mobile(jane.patient, "07700 900462", now=now, actor="staff 1")
    tick(now + timedelta(hours=1))
    assert (
        Message.objects.filter(to_hash=opt_outs.hash_of("+447700900462"), state="accepted").count()
        == 1
    )


def test_a_number_that_writes_to_us_lives(jane, booked, write, now):
    booked(jane)
    dead_numbers.mark(HASH, 30005, now=now)
    write("hello", number="\u202a+44\u00a07700\u2011900461\u202c")
    assert dead_numbers.why_dead(HASH) is None


def test_start_from_a_joined_record_s_number_sends_nothing_there(jane, tom, booked, write, now):
    live = booked(jane)
    Patient.objects.filter(pk=tom.patient_id).update(
        mobile="+447700900462", merged_into=jane.patient
    )
    Message.objects.filter(kind="reminder_2_days").update(state=State.SUPPRESSED)
    write("STOP", number="+447700900462")
    write("START", number="+447700900462")
    assert (
        not Message.objects.filter(subject=live.reference)
        .exclude(to_hash=opt_outs.hash_of(JANES))
        .exists()
    )
    assert states("reminder_2_days") == ["suppressed"]


def test_what_was_held_back_from_another_number_does_not_go_there_after_start(
    jane, booked, write, now
):
    live = booked(jane)
    write("STOP")
    tick(live.start - 2 * DAY)
    write("STOP", number="+447700900462")
    record.correct_mobile(jane.patient, "07700 900462", now=now, actor="staff 1")
    opt_outs.opt_in(HASH, now=now)
    at = live.start - DAY
    write("START", number="+447700900462", at=at)
    tick(at)
    (gone,) = Message.objects.filter(state="accepted", due_at=at)
    assert (gone.kind, gone.to) == ("details", "+447700900462")
