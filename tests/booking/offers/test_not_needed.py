"""A referral that ends, changes or is joined, and a feed that takes the time away."""

import pytest
from django.db import transaction

from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import EPOCH, FreedSlot, Offer, Slot
from booking.offers import ending as offers
from booking.offers.answering import accept
from booking.patients import merging
from booking.patients.comparison import compare
from booking.referrals import ending
from booking.referrals.exam_change import change_exam
from booking.referrals.urgency import change_urgency
from tests.booking.exchange.feeds.conftest import location, push, schedule  # noqa: F401 - a fixture
from tests.booking.exchange.feeds.conftest import slot as line

STAFF = Actor(ActorKind.STAFF, 1)


@pytest.fixture
def offer(jane, make_slot, ask):
    return ask(jane, make_slot(), why=Offer.Why.URGENT)


def state(offer):
    return Offer.objects.get(pk=offer.pk).state


@pytest.mark.parametrize("reason", ["withdrawn", "died", "elsewhere"])
def test_an_end_takes_the_offer_back_and_lets_the_slot_go(reason, jane, offer, ends, now):
    ending.end(jane, reason, now=now, actor=STAFF)
    assert state(offer) == "withdrawn"
    assert ends == [(offer.pk, "withdrawn")]
    offers.end_due(now=now)
    offer.slot.refresh_from_db()
    assert (offer.slot.free_at, offer.slot.held_by) == (EPOCH, None)
    assert FreedSlot.objects.get().slot == offer.slot


def test_lowered_an_offer_that_was_made_for_its_urgency_is_taken_back(jane, offer, now):
    type(jane).objects.update(urgency="suspected_cancer")
    change_urgency(jane, "urgent", now=now, actor=STAFF, reason="read again")
    assert state(offer) == "open"
    change_urgency(jane, "routine", now=now, actor=STAFF, reason="read again")
    assert state(offer) == "withdrawn"


def test_lowered_an_offer_for_another_reason_stands(jane, make_slot, ask, now):
    offer = ask(jane, make_slot(), why=Offer.Why.DISPLACED)
    type(jane).objects.update(urgency="urgent")
    change_urgency(jane, "routine", now=now, actor=STAFF, reason="read again")
    assert state(offer) == "open"


def test_another_exam_takes_the_offer_back(jane, make_referral, offer, now):
    other = make_referral(code="9GWP3KTY", modality="DX").exam
    with transaction.atomic():
        change_exam(jane, other, now=now, actor=STAFF)
    assert state(offer) == "withdrawn"


def test_joined_with_another_record_the_offer_stands_and_is_the_kept_ones(
    make_referral, make_slot, ask, now
):
    hers = {"given_name": "Jane", "family_name": "Fell"}
    kept = make_referral(code="9GWP3KTY", **hers)
    lost = make_referral(code="9GWP3KTZ", modality="DX", **hers)
    offer = ask(lost, make_slot(modality="DX"))
    seen = compare(kept.patient, lost.patient, now=now).version
    asked = merging.Asked(seen, "one person")
    merging.merge(kept.patient, lost.patient, asked, now=now, actor=STAFF)

    booked = accept(offer, now=now, actor=PATIENT)

    assert booked.referral.patient == kept.patient


@pytest.fixture
def fed(furness, push):  # noqa: F811
    """Slots as the trust's own feed named them."""

    def fed(**changes):
        push(location(furness), schedule(furness), line(furness, **changes))
        return Slot.objects.get(external_id="s1")

    return fed


@pytest.mark.parametrize("status", ["busy", "busy-unavailable", "entered-in-error"])
def test_a_feed_that_takes_the_time_ends_the_offer_with_its_import(
    status, jane, fed, ask, ends, now
):
    offer = ask(jane, fed())
    fed(status=status, stamp="2026-11-24T09:00:00Z")
    assert ends == [(offer.pk, "gone")]
    assert not FreedSlot.objects.exists()


def test_a_feed_that_names_it_again_changes_nothing(jane, fed, ask, ends, now):
    offer = ask(jane, fed())
    fed(stamp="2026-11-24T09:00:00Z")
    assert (state(offer), ends) == ("open", [])
    assert accept(offer, now=now, actor=PATIENT)


def test_a_time_that_was_moved_is_gone(jane, fed, ask, now):
    offer = ask(jane, fed())
    fed(hour=16, stamp="2026-11-24T09:00:00Z")
    assert state(offer) == "gone"
