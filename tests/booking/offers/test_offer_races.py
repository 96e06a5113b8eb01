"""Real threads on one offer, each with its own connection: one outcome, whoever was first."""

from functools import partial

import pytest

from booking.appointments import booking, holds
from booking.identifiers.actors import CLOCK, PATIENT
from booking.models import Appointment, FreedSlot, Offer, Slot
from booking.offers import ending
from booking.offers.answering import OfferOver, accept, decline, settle
from booking.offers.making import AlreadyOffered
from tests import racing
from tests.booking.offers.conftest import HOURS

pytestmark = pytest.mark.django_db(transaction=True)

at_once = partial(racing.at_once, refusals=(OfferOver, AlreadyOffered, holds.SlotTaken))
ROUNDS = range(4)


@pytest.fixture
def outcome(now):
    """What an offer came to: its state, and who has the slot; nothing half done."""

    def outcome(offer):
        ending.end_due(now=now)  # what on_commit does in production it has done here, too
        offer.refresh_from_db()
        booked = Appointment.objects.filter(slot=offer.slot_id, status="booked").count()
        slot = Slot.objects.get(pk=offer.slot_id)
        assert booked == (offer.state == "accepted")
        assert (slot.free_at is None) == bool(booked)
        assert offer.is_kept == (offer.state == "open")
        return offer.state

    return outcome


@pytest.mark.parametrize("_round", ROUNDS)
def test_yes_against_the_clock(_round, jane, make_slot, ask, ends, outcome, now):
    offer = ask(jane, make_slot())

    yes, _ = at_once(
        lambda: accept(offer, now=now + 4 * HOURS - HOURS / 60, actor=PATIENT),
        lambda: ending.end_due(now=now + 4 * HOURS),
    )

    state = outcome(offer)
    assert state == ("lapsed" if isinstance(yes, OfferOver) else "accepted")
    assert ends == [(offer.pk, state)]


@pytest.mark.parametrize("_round", ROUNDS)
def test_yes_against_a_withdrawal(_round, jane, make_slot, ask, ends, outcome, now):
    offer = ask(jane, make_slot())

    yes, _ = at_once(
        lambda: accept(offer, now=now, actor=PATIENT),
        lambda: ending.withdraw([offer], now=now, actor="staff 1"),
    )

    state = outcome(offer)
    assert state == ("withdrawn" if isinstance(yes, OfferOver) else "accepted")
    assert ends == [(offer.pk, state)]


@pytest.mark.parametrize("_round", ROUNDS)
def test_yes_against_no(_round, jane, make_slot, ask, ends, outcome, now):
    offer = ask(jane, make_slot())
    yes, _ = at_once(
        lambda: accept(offer, now=now, actor=PATIENT),
        lambda: decline(offer, now=now, actor="staff 1"),
    )
    state = outcome(offer)
    assert state == ("declined" if isinstance(yes, OfferOver) else "accepted")
    assert ends == [(offer.pk, state)]


def test_yes_eight_times_is_one_appointment(jane, make_slot, ask, ends, outcome, now):
    offer = ask(jane, make_slot())
    booked = at_once(*[lambda: accept(offer, now=now, actor=PATIENT) for _ in range(8)])
    assert len({one.pk for one in booked}) == 1
    assert outcome(offer) == "accepted"
    assert ends == [(offer.pk, "accepted")]


def test_no_eight_times_is_one_end(jane, make_slot, ask, ends, outcome, now):
    offer = ask(jane, make_slot())
    at_once(*[lambda: decline(offer, now=now, actor=PATIENT) for _ in range(8)])
    assert outcome(offer) == "declined"
    assert ends == [(offer.pk, "declined")]
    assert FreedSlot.objects.count() == 1


def test_one_slot_is_offered_to_one_of_two(jane, tom, make_slot, ask, now):
    slot = make_slot()
    answers = at_once(lambda: ask(jane, slot), lambda: ask(tom, slot))
    assert sum(isinstance(one, Offer) for one in answers) == 1
    made = Offer.objects.get()
    slot.refresh_from_db()
    assert slot.held_by == made.referral


def test_one_person_is_asked_once_for_one_reason(jane, make_slot, ask, now):
    slots = [make_slot(day=8), make_slot(day=9)]
    answers = at_once(*[lambda slot=slot: ask(jane, slot) for slot in slots])
    assert sum(isinstance(one, Offer) for one in answers) == 1
    assert Slot.objects.filter(held_by=jane).count() == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_offers_of_one_person_end_as_one_yes(_round, jane, make_slot, ask, outcome, now):
    one = ask(jane, make_slot(day=8))
    other = ask(jane, make_slot(day=9), why=Offer.Why.DISPLACED)
    at_once(
        lambda: accept(one, now=now, actor=PATIENT), lambda: accept(other, now=now, actor=PATIENT)
    )
    assert {outcome(one), outcome(other)} == {"accepted", "withdrawn"}
    assert Appointment.objects.filter(status="booked").count() == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_yes_while_they_book_another_time_by_another_door(
    _round, jane, make_slot, ask, outcome, now
):
    offer, other = ask(jane, make_slot(day=8)), make_slot(day=9)
    holds.hold(jane, other.pk, now=now)
    at_once(
        lambda: accept(offer, now=now, actor=PATIENT),
        lambda: booking.book(jane, other.pk, now=now, actor=PATIENT),
    )
    live = Appointment.objects.get(status="booked")
    offer.refresh_from_db()
    # The second of the two moved the appointment, or came too late for the offer.
    assert offer.state in ("accepted", "withdrawn")
    assert live.slot_id in (offer.slot_id, other.pk)


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_wave_settled_by_two_workers_at_once_books_one(_round, jane, tom, make_slot, ask, now):
    slot = make_slot(day=1)
    terms = {"until": now + HOURS, "kept_until": now + 2 * HOURS}
    ask(jane, slot, **terms)
    behind = ask(tom, slot, **terms, rank=1)
    accept(behind, now=now, actor=PATIENT)

    at_once(lambda: settle(now=now + HOURS), lambda: settle(now=now + HOURS))

    assert Appointment.objects.get().referral == tom
    assert sorted(Offer.objects.values_list("state", flat=True)) == ["accepted", "lapsed"]


def test_two_ticks_at_once_end_each_offer_once(jane, tom, make_slot, ask, ends, now):
    offers = [ask(jane, make_slot(day=8)), ask(tom, make_slot(day=9))]
    at_once(
        lambda: ending.end_due(now=now + 5 * HOURS, actor=CLOCK),
        lambda: ending.end_due(now=now + 5 * HOURS, actor=CLOCK),
    )
    assert sorted(ends) == [(one.pk, "lapsed") for one in offers]
