"""Cancelled, missed, moved, ended: nobody is asked about it any more, and its slots are known."""

from datetime import timedelta

import pytest
from django.db.transaction import atomic

from booking.appointments import booking, double_bookings, holds
from booking.changes import commit_numbers
from booking.changes.transactions import TransactionRuleBroken
from booking.models import (
    Appointment,
    AuditAction,
    AuditEntry,
    Feed,
    FreedSlot,
    Referral,
    Slot,
    WorklistRow,
)
from booking.worklists import chasing, rows, subjects
from notifications.models import Message


@pytest.fixture
def book(make_slot, now):
    def book(referral, day, at=now):
        slot = make_slot(day=day)
        holds.hold(referral, slot.pk, now=at)
        return booking.book(referral, slot.pk, now=at, actor="patient")

    return book


@pytest.fixture
def passed(jane, book):
    """A time of Jane's that has passed: the clerks are asked whether she came."""
    made = book(jane, day=1)
    chasing.open_due_rows(now=made.end + timedelta(hours=1))
    return made


def asked_whether_they_came():
    row = WorklistRow.objects.get(kind="unmarked")
    return (row.outcome, row.closed_at)


def freed():
    return set(FreedSlot.objects.values_list("slot", flat=True))


def test_whether_they_came_is_not_asked_of_a_time_that_is_cancelled(passed):
    at = passed.end + timedelta(hours=2)
    assert asked_whether_they_came()[1] is None

    booking.cancel(passed, 1, now=at, actor="staff 1")

    assert asked_whether_they_came() == ("resolved", at)


def test_whether_they_came_is_known_of_who_books_again(passed, jane, book):
    at = passed.end + timedelta(hours=2)

    book(jane, day=9, at=at)

    assert asked_whether_they_came() == ("did_not_attend", at)


@pytest.mark.parametrize("act", ["cancel", "move"])
def test_who_has_a_time_is_asked_no_more_once_it_is_let_go(jane, book, now, act):
    made = book(jane, day=8)
    atomic(double_bookings.ask_who_has_it)(made, now=now, actor="feed RTX")

    if act == "cancel":
        booking.cancel(made, 1, now=now, actor="staff 1")
    else:
        book(jane, day=9)

    assert WorklistRow.objects.get(kind="needs_person").outcome == "resolved"


@pytest.mark.parametrize("act", ["cancel", "move", "end"])
def test_whoever_would_come_sooner_can_be_asked_about_what_was_let_go(jane, book, now, act):
    made = book(jane, day=8)

    if act == "cancel":
        booking.cancel(made, 1, now=now, actor="staff 1")
    elif act == "move":
        book(jane, day=9)
    else:
        atomic(booking.cancel_as_ended)(made, now=now, actor="staff 1", reason="done", text=True)

    assert freed() == {made.slot_id if act != "move" else Slot.objects.get(free_at__year=1970).pk}


def test_of_the_end_of_a_request_the_patient_hears_and_the_audit_says_why(jane, book, now):
    Feed.objects.update(confirms=True)
    made = book(jane, day=8)
    assert made.confirm_by

    atomic(booking.cancel_as_ended)(made, now=now, actor="staff 1", reason="elsewhere", text=True)

    assert Appointment.objects.get().confirm_by is None
    assert Message.objects.filter(kind="ended").count() == 1
    said = AuditEntry.objects.get(action="cancelled")
    assert (said.actor, said.detail["reason"]) == ("staff 1", "elsewhere")


@pytest.mark.parametrize("hours", [0, 1])
def test_of_a_time_that_has_passed_nobody_is_told_that_it_is_cancelled(jane, book, now, hours):
    made = book(jane, day=8)

    booking.cancel(made, 1, now=made.start + timedelta(hours=hours), actor="patient")

    assert not Message.objects.filter(subject_version=2).exists()


@pytest.mark.parametrize(
    ("actor", "reason", "words"),
    [
        ("import RTX", "exam_changed",
         "The exam was changed, and the time that was booked does not suit it. Offer another."),
        ("key ab", "pat-mv",
         "The patient told a trust that they cannot come, and no other time is booked."),
        ("key ab", "other",
         "The trust that referred cancelled it. Ask it whether the scan is still needed."),
    ],
)  # fmt: skip
def test_whoever_sees_to_a_cancelled_time_reads_whose_doing_it_was(
    jane, book, now, actor, reason, words
):
    booking.cancel(book(jane, day=8), 1, now=now, actor=actor, reason=reason)

    assert WorklistRow.objects.get(kind="not_rebooked").reason == words


def test_a_time_that_is_not_there_is_neither_booked_nor_moved_to(jane, book, now):
    nowhere = 10**12
    with pytest.raises(holds.SlotNotSuitable):
        booking.book(jane, nowhere, now=now, actor="patient")
    made = book(jane, day=8)
    with pytest.raises(holds.SlotNotSuitable):
        booking.book(jane, nowhere, now=now, actor="patient")

    assert booking.live_appointment(jane) == made


@pytest.mark.parametrize(("actor", "says"), [("patient", True), ("staff 1", False)])
def test_that_the_patient_cancelled_is_said_only_if_they_did(jane, book, now, actor, says):
    booking.cancel(book(jane, day=8), 1, now=now, actor=actor)

    text = Message.objects.get(kind="cancelled_by_you")
    assert ("you cancelled" in text.body) is says


def test_a_time_that_is_shortened_as_it_is_booked_is_not_had(jane, make_slot, monkeypatch, now):
    first = make_slot()
    shorter = first.start + timedelta(minutes=20)
    make_slot(start=shorter, end=first.end)
    holds.hold(jane, first.pk, now=now)

    def shorten(*_, **__):
        Slot.objects.filter(pk=first.pk).update(end=shorter)

    monkeypatch.setattr(booking, "must_be_alone", shorten)
    with pytest.raises(holds.SlotNotSuitable) as refused:
        booking.book(jane, first.pk, now=now, actor="patient")

    assert refused.value.misfit == "too_short"
    assert not Appointment.objects.exists()


def test_an_appointment_is_not_changed_after_the_commit_numbers(jane, book, now):
    made = book(jane, day=8)
    with atomic():
        commit_numbers.next_numbers(["x"], now=now)
        with pytest.raises(TransactionRuleBroken, match="Changing an appointment must come"):
            booking.cancel(made, 1, now=now, actor="staff 1")


def test_whoever_moves_leaves_the_lists_of_those_to_book(jane, book, now):
    book(jane, day=8)
    about = subjects.of_referral(jane)
    atomic(rows.open_row)(rows.Kind.BREACH, about, "x", now=now, actor="clock")

    book(jane, day=9)

    row = WorklistRow.objects.get(kind="breach")
    assert (row.outcome, row.closed_at) == ("booked", now)


def test_an_act_says_whether_it_concerned_anybody(jane, book, now):
    made = book(jane, day=8)

    def say():
        return atomic(booking.record)(made, AuditAction.PLACE_CHANGED, now, "clock")

    assert say() is False
    Referral.objects.filter(pk=jane.pk).update(urgency="suspected_cancer")
    made.refresh_from_db()
    assert say() is True
