"""Jane has a time on day 20, and is asked about another; Tom waits, too."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.identifiers.actors import PATIENT
from booking.models import Offer
from booking.offers import making
from booking.offers.making import Terms
from booking.offers.signals import offer_ended

HOURS = timedelta(hours=1)


@pytest.fixture
def book(now):
    """Book a slot for somebody, as a patient does."""

    def book(referral, slot, at=now):
        holds.hold(referral, slot.pk, now=at)
        return booking.book(referral, slot.pk, now=at, actor=PATIENT)

    return book


@pytest.fixture
def ask(now):
    """Make an offer: for four hours, for something sooner, if nothing else is said."""

    def ask(referral, slot, at=now, **terms):
        terms = {"why": Offer.Why.SOONER, "until": at + 4 * HOURS, **terms}
        return making.make(referral, slot.pk, Terms(**terms), now=at, actor="staff 1")

    return ask


@pytest.fixture
def ends():
    """What those who made offers are told of their ends."""
    heard = []

    def hear(*, offer, **signal):
        heard.append((offer.pk, offer.state))

    offer_ended.connect(hear)
    yield heard
    offer_ended.disconnect(hear)
