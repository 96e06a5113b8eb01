"""People who are booked, would come sooner, and slots that come free."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.identifiers.actors import PATIENT
from booking.models import FreedSlot, Referral, SoonerWish
from booking.offers.sooner import wishes
from booking.offers.sooner.wishes import Wanted
from tests.booking.patient.conftest import Browser, clock, sign_in, write  # noqa: F401 - fixtures

PAGE = SoonerWish.Door.PAGE
CODES = ("7KQ49CRB", "3XRD7JQF", "4HT8VMXD", "9GWP3KTY", "6MCK2VBH", "8PDF5WGX", "2BCD3FGH")


@pytest.fixture
def client():
    return Browser()


@pytest.fixture
def book(make_slot, now):
    """Book a time `day` days ahead for a referral."""

    def book(referral, day=20, **slot):
        place = make_slot(day=day, **slot)
        holds.hold(referral, place.pk, now=now)
        return booking.book(referral, place.pk, now=now, actor=PATIENT)

    return book


@pytest.fixture
def wish(now):
    """Put a referral on the list, any time and place with a day's notice unless said."""

    def wish(referral, notice_days=1, **wanted):
        made = wishes.put_on(
            referral, Wanted(notice_days, **wanted), door=PAGE, now=now, actor=PATIENT
        )
        wishes.refresh_reach(now=now)
        made.refresh_from_db()
        return made

    return wish


@pytest.fixture
def make_person(make_referral, book, wish, now):
    """Make somebody who is booked and on the list; `target` is days ahead, `waited` days since
    their clock started."""
    codes = iter(CODES)

    def make_person(urgency="routine", day=20, target=42, waited=0, wanted=None, slot=None, **who):
        number = next(codes)
        mobile = f"+4477009004{CODES.index(number):02}"
        referral = make_referral(code=number, **{"mobile": mobile, "given_name": number, **who})
        Referral.objects.filter(pk=referral.pk).update(
            urgency=urgency,
            target_day=now.date() + timedelta(days=target),
            clock_start=now.date() - timedelta(days=waited),
        )
        referral.refresh_from_db()
        book(referral, **{"day": day, "hour": 8 + CODES.index(number), **(slot or {})})
        wish(referral, **(wanted or {}))
        return referral

    return make_person


@pytest.fixture
def freed(make_slot, now):
    """Make a slot that came free just now."""

    def freed(day=8, depth=0, **slot):
        return FreedSlot.objects.create(slot=make_slot(day=day, **slot), freed_at=now, depth=depth)

    return freed
