"""A hold ends 60 minutes after its first moment, whoever renews it and however often."""

from datetime import timedelta
from functools import partial

import pytest

from booking.appointments import holds
from booking.clerk import caller
from booking.models import Slot
from tests import racing

MINUTE = timedelta(minutes=1)
RENEWALS = {
    "the next step": lambda jane, slot, staff, now: holds.renew(jane, slot.pk, now=now),
    "the same time again": lambda jane, slot, staff, now: holds.hold(jane, slot.pk, now=now),
    "a clerk": lambda jane, slot, staff, now: caller.keep_holding(jane, slot.pk, staff, now=now),
    "a clerk again": lambda jane, slot, staff, now: caller.hold_for_caller(
        jane, slot.pk, staff, now=now
    ),
}


def until(slot):
    return Slot.objects.get(pk=slot.pk).free_at


@pytest.mark.django_db
@pytest.mark.parametrize("renew", RENEWALS.values(), ids=RENEWALS)
def test_a_hold_that_is_renewed_each_minute_ends_after_sixty(
    jane, tom, make_slot, make_staff, now, renew
):
    slot, staff = make_slot(), make_staff()
    holds.hold(jane, slot.pk, now=now)

    for minute in range(1, 60):
        held = renew(jane, slot, staff, now + minute * MINUTE)
        expected = now + min(minute + 15, 60) * MINUTE
        assert (held.free_at, until(slot)) == (expected, expected)

    assert holds.reached_limit(held, jane)
    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, slot.pk, now=now + 60 * MINUTE - timedelta(microseconds=1))
    with pytest.raises(holds.HoldExpired) as ran_out:
        holds.renew(jane, slot.pk, now=now + 60 * MINUTE)
    assert ran_out.value.longest
    assert holds.hold(tom, slot.pk, now=now + 60 * MINUTE).free_at == now + 75 * MINUTE


@pytest.mark.django_db
@pytest.mark.parametrize("gap", [60 * MINUTE, 90 * MINUTE], ids=["ran out", "long ago"])
def test_who_takes_the_time_again_has_it_for_another_sixty(jane, make_slot, now, gap):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    for minute in range(10, 60, 10):
        holds.renew(jane, slot.pk, now=now + minute * MINUTE)

    again = holds.hold(jane, slot.pk, now=now + gap)

    assert (again.free_at, again.hold_limit) == (now + gap + 15 * MINUTE, now + gap + 60 * MINUTE)
    assert not holds.reached_limit(again, jane)


@pytest.mark.django_db
def test_the_next_to_hold_a_time_is_not_counted_from_the_first(jane, tom, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    holds.release(jane, now=now + 10 * MINUTE)

    theirs = holds.hold(tom, slot.pk, now=now + 50 * MINUTE)

    assert theirs.free_at == now + 65 * MINUTE
    assert holds.renew(tom, slot.pk, now=now + 60 * MINUTE).free_at == now + 75 * MINUTE


@pytest.mark.django_db
def test_a_hold_from_before_there_was_a_limit_gets_one_when_it_is_renewed(jane, make_slot, now):
    first, second = make_slot(hour=9), make_slot(hour=10)
    Slot.objects.filter(pk=first.pk).update(free_at=now + MINUTE, held_by=jane)
    assert holds.renew(jane, first.pk, now=now).hold_limit == now + 60 * MINUTE

    Slot.objects.filter(pk=second.pk).update(free_at=now + MINUTE, held_by=jane)
    held = holds.hold(jane, second.pk, now=now)
    assert (held.free_at, held.hold_limit) == (now + 15 * MINUTE, now + 60 * MINUTE)


@pytest.mark.django_db(transaction=True)
def test_renewed_by_patient_and_clerk_at_once_it_still_ends(jane, tom, make_slot, make_staff, now):
    slot, staff = make_slot(), make_staff()
    holds.hold(jane, slot.pk, now=now)
    for minute in (10, 20, 30, 40):
        holds.renew(jane, slot.pk, now=now + minute * MINUTE)
    at = now + 50 * MINUTE
    acts = [partial(renew, jane, slot, staff, at) for renew in RENEWALS.values()]

    racing.at_once(*acts, partial(holds.hold, tom, slot.pk, now=at), refusals=holds.SlotTaken)

    assert until(slot) == now + 60 * MINUTE
