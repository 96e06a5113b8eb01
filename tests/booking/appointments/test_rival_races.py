"""Two people who want two slots of one machine that overlap, at the same moment."""

from datetime import timedelta
from functools import partial

import pytest

from booking.appointments import booking, holds
from booking.exchange.writeback import partners
from booking.models import Appointment, Slot
from tests import racing
from tests.racing import only_postgresql

pytestmark = [pytest.mark.django_db(transaction=True), only_postgresql]
ROUNDS = 12
at_once = partial(racing.at_once, refusals=(holds.SlotTaken, holds.HoldExpired))


@pytest.fixture
def two(make_slot, make_referral, now):
    """Make two people, and two slots of one Schedule an hour long and half an hour apart, which
    they hold, or want: of each round on a day of its own."""
    count = iter(range(100))

    def two(*, held=True):
        found, day = [], next(count)
        for number, letters in enumerate(("BC", "DF")):
            who = make_referral(code=f"7KQ49{letters}{'23456789BCDF'[day]}", mobile="")
            slot = make_slot(day=8 + day, hour=10)
            start = slot.start + timedelta(minutes=30 * number)
            Slot.objects.filter(pk=slot.pk).update(start=start, end=start + timedelta(hours=1))
            if held:
                Slot.objects.filter(pk=slot.pk).update(held_by=who, free_at=now + holds.HOLD)
            found.append((who, slot.pk))
        return found

    return two


def by_patient(who, slot, now):
    return booking.book(who, slot, now=now, actor="patient")


def by_partner(who, slot, now):
    return partners.book(who, [slot], now=now, actor="key RTX-1")


@pytest.mark.parametrize("book", [by_patient, by_partner])
def test_however_often_two_press_at_once_one_is_booked(two, now, book):
    for number in range(1, ROUNDS + 1):
        pair = two(held=book is by_patient)
        results = at_once(*[partial(book, who, slot, now) for who, slot in pair])

        assert sum(isinstance(one, Appointment) for one in results) == 1, results
        assert Appointment.objects.filter(status="booked").count() == number
