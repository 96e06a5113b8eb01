"""Real threads, each with its own connection, on times of several slots."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction

from booking.appointments import booking, displacing, holds
from booking.changes import feed_locks
from booking.identifiers.actors import PATIENT
from booking.models import EPOCH, Appointment, AppointmentPart, Exam, Slot
from tests import racing
from tests.racing import Rival, only_postgresql

pytestmark = pytest.mark.django_db(transaction=True)

HALF = timedelta(minutes=30)
at_once = partial(
    racing.at_once,
    refusals=(holds.SlotTaken, holds.HoldExpired, booking.AppointmentChanged),
)


@pytest.fixture
def slots(make_slot):
    """Half hours that adjoin, whose keys are in another order than their times."""
    first = make_slot(day=20, hour=9)
    order = [5, 2, 0, 3, 1, 4]
    made = {
        n: make_slot(start=first.start + (n + 1) * HALF, end=first.start + (n + 2) * HALF)
        for n in order
    }
    return [made[n] for n in range(6)]


@pytest.fixture
def people(make_referral):
    made = [make_referral(code=f"7KQ49CR{letter}", given_name=letter) for letter in "23456789"]
    Exam.objects.update(minutes=60)
    for referral in made:
        referral.exam.refresh_from_db()
    return made


def test_of_eight_people_who_want_times_that_share_slots_each_has_two_or_none(slots, people, now):
    at_once(
        *[partial(holds.hold, person, slots[n % 4].pk, now=now) for n, person in enumerate(people)]
    )

    held = Counter(Slot.objects.exclude(held_by=None).values_list("held_by", flat=True))
    assert held
    assert set(held.values()) == {2}
    assert Slot.objects.filter(held_by=None).exclude(free_at=EPOCH).count() == 0


def test_of_eight_people_who_hold_and_book_none_shares_a_slot(slots, people, now):
    def hold_and_book(person, slot):
        held = holds.hold(person, slot.pk, now=now)
        return booking.book(person, held.pk, now=now, actor=PATIENT)

    at_once(*[partial(hold_and_book, one, slots[n % 5]) for n, one in enumerate(people)])

    taken = [pk for made in Appointment.objects.all() for pk in made.slot_ids()]
    assert taken
    assert len(taken) == len(set(taken)) == 2 * Appointment.objects.count()
    assert set(Slot.objects.filter(free_at=None).values_list("pk", flat=True)) == set(taken)
    assert AppointmentPart.objects.count() == Appointment.objects.count()


def test_eight_presses_make_one_appointment(slots, people, now):
    jane = people[0]
    holds.hold(jane, slots[0].pk, now=now)

    at_once(*[partial(booking.book, jane, slots[0].pk, now=now, actor=PATIENT) for _ in range(8)])

    assert Appointment.objects.get().slot_ids() == [slots[0].pk, slots[1].pk]
    assert AppointmentPart.objects.count() == 1


def test_who_cancels_and_who_moves_at_once_leave_nothing_half_done(slots, people, now):
    jane, tom = people[:2]
    for person, slot in ((jane, slots[0]), (tom, slots[2])):
        holds.hold(person, slot.pk, now=now)
        booking.book(person, slot.pk, now=now, actor=PATIENT)
    made = Appointment.objects.get(referral=jane)
    holds.hold(tom, slots[4].pk, now=now)

    at_once(
        lambda: booking.cancel(made, 1, now=now, actor=PATIENT),
        lambda: booking.book(tom, slots[4].pk, now=now, actor=PATIENT),
        lambda: holds.hold(people[2], slots[1].pk, now=now),
    )

    taken = set(Slot.objects.filter(free_at=None).values_list("pk", flat=True))
    assert taken == {slots[4].pk, slots[5].pk}
    assert Slot.objects.filter(held_by=people[2]).count() in (0, 2)


@only_postgresql
@pytest.mark.parametrize("what", ["hold", "renew", "cancel"])
def test_several_slots_and_an_import_do_not_deadlock(slots, people, now, what):
    """The import has the one slot and wants the other, in an order of its own."""
    jane = people[0]
    one, other = slots[0], slots[1]
    if what != "hold":
        holds.hold(jane, one.pk, now=now)
    if what == "cancel":
        booking.book(jane, one.pk, now=now, actor=PATIENT)
    act = {
        "hold": lambda: holds.hold(jane, one.pk, now=now),
        "renew": lambda: holds.renew(jane, one.pk, now=now),
        "cancel": lambda: booking.cancel(Appointment.objects.get(), 1, now=now, actor=PATIENT),
    }[what]

    with transaction.atomic():
        feed_locks.lock_feed_exclusively("RTX")
        last = max((one, other), key=lambda slot: slot.pk)
        Slot.objects.select_for_update(no_key=True).get(pk=last.pk)
        acting = Rival(act)
        acting.wait_until_done_or_blocked()
        Slot.objects.select_for_update(no_key=True).get(pk=min(one.pk, other.pk))
    acting.result()

    free_at = set(Slot.objects.filter(pk__in=[one.pk, other.pk]).values_list("free_at", flat=True))
    assert len(free_at) == 1


@only_postgresql
def test_who_cancels_what_is_taken_away_in_that_moment_comes_too_late(slots, people, now):
    jane = people[0]
    holds.hold(jane, slots[0].pk, now=now)
    made = booking.book(jane, slots[0].pk, now=now, actor=PATIENT)

    with transaction.atomic():
        feed_locks.lock_feed_exclusively("RTX")
        Slot.objects.filter(pk=slots[1].pk).update(status="withdrawn", free_at=None)
        cancelling = Rival(lambda: booking.cancel(made, 1, now=now, actor=PATIENT))
        cancelling.wait_until_done_or_blocked()
        displacing.cancel_by_trust([slots[1].pk], now=now, actor="feed RTX")
    with pytest.raises(booking.AppointmentChanged):
        cancelling.result()

    made.refresh_from_db()
    assert made.status == "displaced"
    assert Slot.objects.get(pk=slots[0].pk).free_at == EPOCH
    assert Slot.objects.get(pk=slots[1].pk).free_at is None
