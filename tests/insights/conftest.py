"""The same trust, places and people as in the bookings' tests; and rows made for counting."""

from datetime import date, timedelta

import pytest

from booking.identifiers.codes import ALPHABET
from booking.models import Appointment, Referral
from insights.days import at
from tests.booking.conftest import (  # noqa: F401 - fixtures
    blackburn,
    furness,
    jane,
    lancaster,
    make_referral,
    make_site,
    make_slot,
    now,
    trust,
)


@pytest.fixture
def wait(make_referral):  # noqa: F811
    """Make a request of a new patient; the fields are the referral's."""
    codes = iter(f"22222{a}{b}{c}" for a in ALPHABET for b in ALPHABET for c in ALPHABET)

    def wait(since: date, *, modality="MR", patient=None, **fields):
        made = make_referral(
            code=next(codes), modality=modality, is_answered=False, **(patient or {})
        )
        Referral.objects.filter(pk=made.pk).update(clock_start=since, **fields)
        made.refresh_from_db()
        return made

    return wait


@pytest.fixture
def scan(wait, make_slot):  # noqa: F811
    """Make an appointment at a moment of England's clock, attended if nothing else is said."""
    numbers = iter(range(10_000))

    def scan(day: date, clock, *, waited=20, status="attended", site=None, **fields):
        begins = at(day, clock)
        referral = wait(day - timedelta(days=waited), **fields)
        slot = make_slot(site=site, modality=referral.exam.modality, start=begins)
        return Appointment.objects.create(
            reference=f"S{next(numbers):06}", referral=referral, slot=slot, site=slot.site,
            start=begins, end=begins + timedelta(minutes=30), status=status,
            booked_at=begins - timedelta(days=1), changed_at=begins,
        )  # fmt: skip

    return scan
