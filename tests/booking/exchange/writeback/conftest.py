"""A second trust, and bookings at either."""

import pytest

from booking.appointments import booking, holds
from booking.models import Feed
from sites.models import Trust


@pytest.fixture
def blackpool(trust, make_site, now):
    """Another trust's site that scans knees too."""
    other = Trust.objects.create(code="RXL", name="Blackpool Teaching Hospitals")
    Feed.objects.create(trust=other, last_contact_at=now, last_change_at=now)
    site = make_site("Blackpool", "FY3 8NR", 53.82, -3.02)
    site.trust = other
    site.save()
    return site


@pytest.fixture
def book(now):
    def book(referral, slot, at=now):
        holds.hold(referral, slot.pk, now=at)
        return booking.book(referral, slot.pk, now=at, actor="patient")

    return book
