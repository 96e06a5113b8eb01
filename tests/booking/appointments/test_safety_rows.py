"""What the row about answers says, of which time, by when; and when it says nothing more."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds, safety
from booking.exams.questions import asking, file
from booking.exams.questions.answering import answer
from booking.identifiers.actors import PATIENT
from booking.models import Patient, Referral, WorklistRow
from sites import places
from sites.models import Scanner
from tests.booking.appointments.test_safety import CLERK, KEY, book, rows

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def texts_of(row):
    """The row's notes, in their order."""
    return list(row.events.filter(action="noted").order_by("pk").values_list("detail", flat=True))


def test_a_row_is_never_due_later_than_it_was_and_is_noted_only_when_it_says_another_thing(
    jane, hold, say, make_slot, now
):
    say("operation", "yes")
    made = book(jane, hold(make_slot(day=8)), now)
    (row,) = rows()
    due, notes = row.due_at, texts_of(row)

    say("other_implant", "yes", at=now + DAY)

    row.refresh_from_db()
    assert (row.reason, row.due_at, row.appointment) == (safety.TO_CHECK, due, made)
    assert texts_of(row) == notes

    say("pacemaker", "yes", at=now + DAY, actor=CLERK)
    row.refresh_from_db()
    assert row.reason == safety.TO_PHONE
    assert texts_of(row) == [*notes, safety.TO_PHONE]
    last = row.events.order_by("pk").last()
    assert (last.actor, last.at) == ("staff 7", now + DAY)


def test_a_row_that_presses_more_is_due_sooner(jane, hold, say, make_slot, now):
    say("operation", "yes")
    book(jane, hold(make_slot(day=8)), now)

    say("pacemaker", "yes")

    (row,) = rows()
    assert row.due_at == now + DAY


def test_an_answer_that_comes_too_late_to_check_is_a_call_before_the_scan(
    jane, hold, say, make_slot, now
):
    made = book(jane, hold(make_slot(day=1, hour=9)), now)
    evening = now.replace(hour=17, minute=30)

    say("operation", "yes", at=evening)

    (row,) = rows()
    assert (row.reason, row.appointment, row.due_at) == (safety.TO_PHONE, made, made.start)


@pytest.mark.parametrize("at", [-1, 0, 1])
def test_of_a_time_that_has_begun_nothing_is_checked(jane, hold, say, make_slot, now, at):
    made = book(jane, hold(make_slot(day=1)), now)

    say("operation", "yes", at=made.start + at * timedelta(minutes=1))

    assert bool(rows()) is (at < 0)


def test_of_a_time_that_was_cancelled_nothing_is_checked(jane, hold, say, make_slot, now):
    made = book(jane, hold(make_slot(day=8)), now)
    booking.cancel(made, made.version, now=now, actor=PATIENT)

    say("operation", "yes")

    assert not rows()


def test_what_was_to_be_asked_says_so_until_all_is_asked(make_referral, make_slot, now):
    ann, slot = make_referral(is_answered=False), make_slot()
    holds.hold(ann, slot.pk, now=now)
    made = book(ann, slot, now, CLERK)
    (row,) = rows()
    assert (row.reason, row.appointment) == (safety.TO_ASK, made)

    while question := asking.next_question(ann, now=now):
        row.refresh_from_db()
        assert row.reason == safety.TO_ASK
        answer(ann, question.id, "no", version=file.current().version, now=now, actor=CLERK)

    row.refresh_from_db()
    assert (row.reason, row.appointment) == (safety.NOTHING_NOW, made)


def test_a_row_that_only_a_time_needed_is_closed_by_whoever_takes_the_time_off(
    jane, hold, say, make_slot, now
):
    say("operation", "yes")
    made = book(jane, hold(make_slot()), now)
    (row,) = rows()

    booking.cancel(made, made.version, now=now + HOUR, actor=CLERK)

    row.refresh_from_db()
    assert (row.outcome, row.closed_at) == ("resolved", now + HOUR)
    assert row.events.order_by("pk").last().actor == "staff 7"


def test_what_a_patient_books_leaves_a_row_that_a_person_must_read(jane, hold, say, make_slot, now):
    say("pacemaker", "yes")
    say("pacemaker", "no")
    slot = hold(make_slot())

    book(jane, slot, now, CLERK)

    row = WorklistRow.objects.get(kind="needs_person")
    assert (row.outcome, row.closed_at) == ("booked", now)


def test_staff_who_book_what_must_be_checked_leave_it_to_be_checked(jane, say, make_slot, now):
    say("operation", "yes")
    slot = make_slot(day=8)
    holds.hold(jane, slot.pk, now=now)

    made = book(jane, slot, now, CLERK)

    (row,) = rows()
    assert (row.reason, row.appointment) == (safety.TO_CHECK, made)


def test_a_hold_that_is_refused_is_due_as_a_call_by_the_actor_who_tried(jane, say, make_slot, now):
    made = say("pacemaker", "yes")
    WorklistRow.objects.update(closed_at=now, outcome="reached")
    slot = make_slot()

    with pytest.raises(safety.MustPhone):
        safety.must_allow_hold(jane, slot, now=now + HOUR, actor=KEY)

    (row,) = rows()
    assert (row.reason, row.due_at, row.referral) == (safety.TO_PHONE, now + HOUR + DAY, jane)
    assert row.appointment is None
    assert row.events.get().actor == KEY
    assert made.is_current


# What the patient needs of the scanner

WHY = f"There is no hoist there to lift people onto the scanner. {safety.UNFIT}"


@pytest.fixture
def ask(jane, furness):
    """Jane needs a hoist since she booked, and Furness has none: look at her time."""
    Scanner.objects.filter(site=furness).update(hoist=False)
    places.forget()

    def ask(at, actor=CLERK):
        Patient.objects.filter(pk=jane.patient_id).update(needs=["hoist"])
        with transaction.atomic():
            referral = Referral.objects.get(pk=jane.pk)
            safety.follow_needs(referral=referral, now=at, actor=actor)
        found = WorklistRow.objects.filter(about__startswith="unfit").order_by("pk")
        return [(row.reason, row.appointment) for row in found]

    return ask


def test_a_scanner_that_cannot_do_what_is_needed_now_is_said_once_of_a_time(
    jane, ask, make_slot, now
):
    made = book(jane, hold_as_staff(jane, make_slot(day=8), now), now)

    assert ask(now) == [(WHY, made)]
    row = WorklistRow.objects.get(about__startswith="unfit")
    assert (row.kind, row.events.get().actor, row.opened_at) == ("needs_person", "staff 7", now)
    WorklistRow.objects.update(closed_at=now, outcome="resolved")
    assert ask(now + HOUR) == [(WHY, made)]


def test_of_another_time_it_is_said_anew(jane, ask, make_slot, now):
    first = book(jane, hold_as_staff(jane, make_slot(day=8), now), now)
    ask(now)
    WorklistRow.objects.update(closed_at=now, outcome="resolved")
    Patient.objects.update(needs=[])
    Scanner.objects.update(hoist=None)
    jane = Referral.objects.get(pk=jane.pk)
    book(jane, hold_as_staff(jane, make_slot(day=9), now + HOUR), now + HOUR)
    Scanner.objects.update(hoist=False)
    places.forget()

    assert ask(now + HOUR) == [(WHY, first)] * 2


@pytest.mark.parametrize("minutes", [-1, 0])
def test_of_a_time_that_has_begun_it_is_not_said(jane, ask, make_slot, now, minutes):
    made = book(jane, hold_as_staff(jane, make_slot(day=8), now), now)

    assert bool(ask(made.start + minutes * timedelta(minutes=1))) is (minutes < 0)


def test_of_nobody_who_is_booked_or_of_a_time_that_fits_it_is_not_said(jane, ask, make_slot, now):
    assert ask(now) == []
    Patient.objects.update(needs=[])
    jane = Referral.objects.get(pk=jane.pk)
    made = book(jane, hold_as_staff(jane, make_slot(day=8), now), now)
    Scanner.objects.update(hoist=True)
    places.forget()
    assert ask(now) == []
    Scanner.objects.update(hoist=False)
    booking.cancel(made, made.version, now=now, actor=PATIENT)
    assert ask(now) == []


def hold_as_staff(referral, slot, now):
    return holds.hold(referral, slot.pk, now=now)
