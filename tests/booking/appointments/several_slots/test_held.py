"""Times of several slots, joined or in two visits: held and booked whole, or not at all."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from booking.appointments import booking, choices, holds
from booking.appointments.holds import SlotTaken
from booking.appointments.time_state import TimeState, state_of
from booking.exams import overlaps
from booking.identifiers.actors import PATIENT
from booking.models import (
    Appointment,
    AppointmentPart,
    Exam,
    Referral,
    Slot,
)
from notifications.models import Message
from tests.booking.appointments.several_slots.scene import HALF, book, booked, free, held_by

# Holds


def test_a_hold_is_of_all_slots_and_again_renews_it(scene, jane, now):
    held = holds.hold(jane, scene.slots[0].pk, now=now)

    assert held.pk == scene.slots[0].pk
    assert held_by(jane) == scene.keys(0)
    assert set(Slot.objects.filter(held_by=jane).values_list("free_at")) == {(now + holds.HOLD,)}

    later = now + timedelta(minutes=10)
    holds.hold(jane, held.pk, now=later)
    assert held_by(jane) == scene.keys(0)
    holds.renew(jane, held.pk, now=later + timedelta(minutes=10))
    until = later + timedelta(minutes=10) + holds.HOLD
    assert set(Slot.objects.filter(held_by=jane).values_list("free_at")) == {(until,)}


def test_another_hold_lets_go_of_all_of_the_one_before(scene, jane, now):
    holds.hold(jane, scene.slots[0].pk, now=now)

    holds.hold(jane, scene.slots[3].pk, now=now)

    assert held_by(jane) == scene.keys(3)
    assert len(free()) == 16 - len(scene.keys(3))


def test_letting_go_frees_all(scene, jane, now):
    holds.hold(jane, scene.slots[0].pk, now=now)

    holds.release(jane, now=now)

    assert len(free()) == 16


def test_nothing_is_held_where_a_part_of_it_is_taken_in_that_moment(
    scene, jane, thomas, now, monkeypatch
):
    last = scene.keys(0)[-1]
    choose = choices.free_for

    def choose_and_lose(*args, **options):
        choice = choose(*args, **options)
        Slot.objects.filter(pk=last).update(free_at=now + HALF, held_by=thomas)
        return choice

    monkeypatch.setattr(choices, "free_for", choose_and_lose)
    with pytest.raises(holds.SlotTaken):
        holds.hold(jane, scene.slots[0].pk, now=now)

    assert held_by(jane) == []
    assert held_by(thomas) == [last]


def test_where_no_second_part_is_free_nothing_is_held(scene, jane, thomas, now):
    Slot.objects.exclude(pk=scene.slots[0].pk).update(free_at=now + HALF, held_by=thomas)

    with pytest.raises(holds.SlotTaken):
        holds.hold(jane, scene.slots[0].pk, now=now)

    assert held_by(jane) == []


def test_a_hold_that_ran_out_says_so_until_a_part_of_it_is_gone(scene, jane, thomas, now):
    holds.hold(jane, scene.slots[0].pk, now=now)
    late = now + holds.HOLD

    for act in (holds.renew, lambda *args, now: booking.book(*args, now=now, actor=PATIENT)):
        with pytest.raises(holds.HoldExpired):
            act(jane, scene.slots[0].pk, now=late)
    Slot.objects.exclude(pk=scene.slots[0].pk).update(free_at=None)
    for act in (holds.renew, lambda *args, now: booking.book(*args, now=now, actor=PATIENT)):
        with pytest.raises(holds.SlotTaken):
            act(jane, scene.slots[0].pk, now=late)


def test_a_hold_of_which_a_part_is_gone_is_neither_renewed_nor_booked(scene, jane, now):
    holds.hold(jane, scene.slots[0].pk, now=now)
    until = Slot.objects.get(pk=scene.slots[0].pk).free_at
    Slot.objects.filter(pk=scene.keys(0)[-1]).update(free_at=None, held_by=None, status="busy")
    Slot.objects.filter(held_by=None, status="free").update(free_at=now + HALF)

    with pytest.raises(holds.SlotTaken):
        holds.renew(jane, scene.slots[0].pk, now=now + HALF / 3)
    with pytest.raises(holds.SlotTaken):
        booking.book(jane, scene.slots[0].pk, now=now, actor=PATIENT)

    assert Slot.objects.get(pk=scene.slots[0].pk).free_at == until
    assert not Appointment.objects.exists()


def test_any_free_seats_are_held(scene, jane, thomas, now):
    for slot in list(Slot.objects.all()):
        slot.pk, slot.seat = None, 1
        slot.save()
    book(thomas, scene.slots[0], now)

    made = book(jane, scene.slots[0], now)

    assert Appointment.objects.count() == 2
    assert not {*made.slot_ids()} & {*scene.keys(0)}
    assert len(booked()) == 2 * len(scene.keys(0))


# Booking


def test_a_booking_takes_all_and_says_when(scene, made, now):
    keys = scene.keys(0)

    assert made.slot_ids() == keys
    assert booked() == set(keys)
    assert made.start == scene.slots[0].start
    assert made.end == (scene.slots[1].end if len(keys) == 2 else scene.slots[0].end)
    assert made.last_end == Slot.objects.get(pk=keys[-1]).end
    assert made.further()[0].visit == (1 if len(keys) == 2 else 2)
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_a_second_press_makes_nothing(scene, made, jane, now):
    again = booking.book(jane, scene.slots[0].pk, now=now, actor=PATIENT)

    assert (again.pk, again.version) == (made.pk, 1)
    assert AppointmentPart.objects.count() == len(scene.keys(0)) - 1


def test_a_slot_is_a_part_of_one_live_appointment(scene, made, thomas, now):
    last = Slot.objects.get(pk=scene.keys(0)[-1])
    other = book(thomas, scene.slots[2], now)

    with pytest.raises(IntegrityError), transaction.atomic():
        AppointmentPart.objects.create(
            appointment=other, slot=last, position=9, visit=1, start=last.start, end=last.end
        )


def test_a_taken_part_is_neither_offered_nor_held(scene, made, thomas, now):
    for key in scene.keys(0):
        assert state_of(Slot.objects.get(pk=key), thomas, now=now) == TimeState.TAKEN
        assert state_of(Slot.objects.get(pk=key), made.referral, now=now) == TimeState.YOURS
        with pytest.raises(holds.SlotTaken):
            holds.hold(thomas, key, now=now)


def test_what_overlaps_with_a_part_is_taken(scene, made, thomas, make_slot, now):
    last = Slot.objects.get(pk=scene.keys(0)[-1])
    rival = make_slot(start=last.start, end=last.end + 4 * HALF)

    with pytest.raises(holds.SlotTaken):
        holds.hold(thomas, rival.pk, now=now)
    assert overlaps.is_blocked(rival, now=now)


def test_nobody_books_a_part_whose_rival_another_has(scene, jane, thomas, make_slot, now):
    last = Slot.objects.get(pk=scene.keys(0)[-1])
    holds.hold(jane, scene.slots[0].pk, now=now)
    rival = make_slot(start=last.start, end=last.start + 2 * HALF, free_at=None)
    Exam.objects.update(minutes=60, visits=1)
    thomas.exam.refresh_from_db()
    Appointment.objects.create(
        reference="X", referral=thomas, slot=rival, site=rival.site, start=rival.start,
        end=rival.end, status="booked", booked_at=now, changed_at=now,
    )  # fmt: skip

    with pytest.raises(holds.SlotTaken):
        booking.book(jane, scene.slots[0].pk, now=now, actor=PATIENT)
    assert not Appointment.objects.filter(referral=jane).exists()


def test_what_is_joined_is_not_kept_for_suspected_cancer_unless_it_is_for_that(
    scene, jane, thomas, now
):
    rest = Slot.objects.exclude(pk=scene.slots[0].pk)
    rest.update(reserved_until=scene.slots[0].start)
    Referral.objects.filter(pk=thomas.pk).update(urgency="suspected_cancer")
    thomas.refresh_from_db()

    with pytest.raises(SlotTaken):
        holds.hold(jane, scene.slots[0].pk, now=now)
    assert held_by(jane) == []
    holds.hold(thomas, scene.slots[0].pk, now=now)
    assert held_by(thomas) == scene.keys(0)
