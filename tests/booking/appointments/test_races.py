"""Real threads, each with its own connection, on one slot."""

from functools import partial

import pytest
from django.db import transaction

from booking.appointments import booking, holds, safety
from booking.clerk import caller
from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.exams.questions.outcomes import MustPhone
from booking.models import EPOCH, Answer, Appointment, Slot, WorklistRow
from notifications.models import Message
from tests import racing
from tests.racing import Rival, only_postgresql

pytestmark = pytest.mark.django_db(transaction=True)


at_once = partial(racing.at_once, refusals=(holds.SlotTaken, holds.HoldExpired))


def test_of_sixteen_people_who_want_one_time_exactly_one_holds_it(make_referral, make_slot, now):
    slot = make_slot()
    letters = "23456789BCDFGHJK"
    people = [make_referral(code=f"7KQ49CR{letter}") for letter in letters]

    results = at_once(*[lambda p=p: holds.hold(p, slot.pk, now=now) for p in people])

    assert sum(isinstance(result, Slot) for result in results) == 1
    assert sum(isinstance(result, holds.SlotTaken) for result in results) == 15


def test_two_patients_cannot_confirm_one_time(jane, tom, make_slot, now):
    """Tom's hold has run out, Jane holds the time now; both press the button."""
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)

    results = at_once(
        lambda: booking.book(jane, slot.pk, now=now, actor="patient"),
        lambda: booking.book(tom, slot.pk, now=now, actor="patient"),
    )

    assert Appointment.objects.get().referral == jane
    assert isinstance(results[1], holds.SlotTaken)


def test_a_button_pressed_eight_times_at_once_makes_one_appointment_and_one_text(
    jane, make_slot, now
):
    slot = make_slot(day=20)
    holds.hold(jane, slot.pk, now=now)

    results = at_once(
        *[lambda: booking.book(jane, slot.pk, now=now, actor="patient") for _ in range(8)]
    )

    assert {result.pk for result in results} == {Appointment.objects.get().pk}
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_an_answer_and_a_booking_at_once_end_with_a_person_who_phones(jane, make_slot, now):
    """In one tab Jane books, in the other she says that she has a pacemaker."""
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    version = file.current().version

    booked, _ = racing.at_once(
        lambda: booking.book(jane, slot.pk, now=now, actor="patient"),
        lambda: answer(jane, "pacemaker", "yes", version=version, now=now, actor="patient"),
        refusals=(MustPhone,),
    )

    row = WorklistRow.objects.get(kind="needs_person", closed_at=None)
    assert row.reason == safety.TO_PHONE
    assert row.appointment == Appointment.objects.first()
    assert isinstance(booked, MustPhone) == (row.appointment is None)


def test_an_answer_that_is_pressed_eight_times_at_once_is_one(make_referral, now):
    ann, version = make_referral(is_answered=False), file.current().version

    made = racing.at_once(
        *[
            lambda: answer(ann, "pacemaker", "no", version=version, now=now, actor="patient")
            for _ in range(8)
        ]
    )

    assert {one.pk for one in made} == {Answer.objects.get().pk}


def test_a_patient_in_two_browsers_ends_with_one_appointment(jane, make_slot, now):
    first, second = make_slot(hour=9), make_slot(hour=10)
    Slot.objects.update(held_by=jane, free_at=now + holds.HOLD)

    at_once(
        lambda: booking.book(jane, first.pk, now=now, actor="patient"),
        lambda: booking.book(jane, second.pk, now=now, actor="patient"),
    )

    live = Appointment.objects.get(status="booked")
    assert Slot.objects.filter(free_at=None).get().pk == live.slot_id


@only_postgresql
def test_a_clerk_who_lets_go_of_two_times_does_not_deadlock_with_an_import(
    jane, make_slot, make_staff, now
):
    """The import has the first time and wants the second; the clerk frees both meanwhile."""
    second, first = make_slot(hour=10), make_slot(hour=9)
    for slot in (second, first):  # two clerks at once may both hold for one caller
        Slot.objects.filter(pk=slot.pk).update(free_at=now + holds.HOLD, held_by=jane)

    with transaction.atomic():
        Slot.objects.select_for_update(no_key=True).get(pk=first.pk)
        letting_go = Rival(lambda: caller.release(jane, make_staff(), now=now))
        letting_go.wait_until_done_or_blocked()
        Slot.objects.select_for_update(no_key=True).get(pk=second.pk)
    letting_go.result()

    assert set(Slot.objects.values_list("free_at", "held_by")) == {(EPOCH, None)}
