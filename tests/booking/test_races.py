"""Real threads, each with its own connection, on one slot."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from booking import reserve
from booking.models import Appointment, Slot
from notifications.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """Run every act in a thread of its own, started together; return what each gave or raised."""
    barrier = Barrier(len(acts))

    def run(act):
        barrier.wait()
        try:
            return act()
        except (reserve.SlotTaken, reserve.HoldExpired) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_sixteen_people_who_want_one_time_exactly_one_holds_it(make_referral, make_slot, now):
    slot = make_slot()
    letters = "23456789BCDFGHJK"
    people = [make_referral(code=f"7KQ49CR{letter}") for letter in letters]

    results = at_once(*[lambda p=p: reserve.hold(p, slot.pk, now=now) for p in people])

    assert sum(isinstance(result, Slot) for result in results) == 1
    assert sum(isinstance(result, reserve.SlotTaken) for result in results) == 15


def test_two_patients_cannot_confirm_one_time(jane, tom, make_slot, now):
    """Tom's hold has run out, Jane holds the time now; both press the button."""
    slot = make_slot()
    reserve.hold(jane, slot.pk, now=now)

    results = at_once(
        lambda: reserve.book(jane, slot.pk, now=now, actor="patient"),
        lambda: reserve.book(tom, slot.pk, now=now, actor="patient"),
    )

    assert Appointment.objects.get().referral == jane
    assert isinstance(results[1], reserve.SlotTaken)


def test_a_button_pressed_eight_times_at_once_makes_one_appointment_and_one_text(
    jane, make_slot, now
):
    slot = make_slot(day=20)
    reserve.hold(jane, slot.pk, now=now)

    results = at_once(
        *[lambda: reserve.book(jane, slot.pk, now=now, actor="patient") for _ in range(8)]
    )

    assert {result.pk for result in results} == {Appointment.objects.get().pk}
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_a_patient_in_two_browsers_ends_with_one_appointment(jane, make_slot, now):
    first, second = make_slot(hour=9), make_slot(hour=10)
    Slot.objects.update(held_by=jane, free_at=now + reserve.HOLD)

    at_once(
        lambda: reserve.book(jane, first.pk, now=now, actor="patient"),
        lambda: reserve.book(jane, second.pk, now=now, actor="patient"),
    )

    live = Appointment.objects.get(status="booked")
    assert Slot.objects.filter(free_at=None).get().pk == live.slot_id
