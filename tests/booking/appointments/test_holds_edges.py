"""Holds at their edges: when a time begins, which seat, whose, and what a refusal carries."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.changes import feed_locks
from booking.changes.transactions import TransactionRuleBroken
from booking.exams.misfit import Misfit
from booking.exams.needed import Needed
from booking.models import EPOCH, Appointment, Offer, Patient, Slot
from booking.offers import making
from sites.models import Scanner, Site

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE


def fresh(slot):
    return Slot.objects.get(pk=slot.pk)


@pytest.fixture
def needy(jane):
    """Jane needs a hoist, and the scanner has one."""
    Scanner.objects.update(hoist=True)
    Patient.objects.filter(pk=jane.patient_id).update(needs=["hoist"])
    jane.refresh_from_db()
    return jane


def refusal_of(kind, act, *args, **more):
    with pytest.raises(kind) as refused:
        act(*args, **more)
    return refused.value


def test_a_refusal_carries_the_time_the_exam_and_what_is_needed(needy, tom, make_slot, now):
    slot = make_slot()
    Scanner.objects.update(hoist=True)
    holds.hold(tom, slot.pk, now=now)
    begun = make_slot(day=9)

    for refused in (
        refusal_of(holds.SlotTaken, holds.hold, needy, slot.pk, now=now),
        refusal_of(holds.SlotTaken, holds.renew, needy, slot.pk, now=now),
        refusal_of(holds.HoldExpired, holds.renew, needy, slot.pk, now=now + HOUR),
    ):
        carried = (refused.slot, refused.exam, refused.needed)
        assert carried == (slot, needy.exam, Needed(hoist=True))
    late = refusal_of(holds.SlotTaken, holds.hold, needy, begun.pk, now=begun.start)
    assert (late.slot, late.needed) == (begun, Needed(hoist=True))


def test_a_time_that_begins_now_is_not_had(jane, make_slot, now):
    slot = make_slot()
    assert refusal_of(holds.SlotTaken, holds.hold, jane, slot.pk, now=slot.start)
    begun = {"now": slot.start, "earliest": slot.start + MINUTE}
    assert refusal_of(holds.SlotTaken, holds.hold, jane, slot.pk, **begun)
    assert isinstance(holds.why_not(jane, slot.pk, slot.start), holds.SlotTaken)
    a_moment_before = slot.start - timedelta(microseconds=1)
    assert isinstance(holds.why_not(jane, slot.pk, a_moment_before), holds.HoldExpired)
    assert holds.hold(jane, slot.pk, now=a_moment_before).held_by == jane


def test_at_a_place_that_closed_nothing_is_had(jane, make_slot, furness, now):
    slot = make_slot()
    Site.objects.filter(pk=furness.pk).update(closed=True)
    assert refusal_of(holds.SlotNotSuitable, holds.hold, jane, slot.pk, now=now).misfit is None
    slot = Slot.objects.select_related("site").get()
    assert refusal_of(holds.SlotNotSuitable, holds.must_fit, jane, slot, now=now).misfit is None


def test_a_time_is_neither_booked_nor_held_again_once_its_scanner_lacks_what_is_needed(
    needy, make_slot, now
):
    slot = make_slot()
    Scanner.objects.update(hoist=True)
    holds.hold(needy, slot.pk, now=now)
    Scanner.objects.update(hoist=False)

    refused = refusal_of(
        holds.SlotNotSuitable, booking.book, needy, slot.pk, now=now, actor="patient"
    )

    assert refused.misfit == Misfit.HOIST
    assert not Appointment.objects.exists()
    assert refusal_of(holds.SlotNotSuitable, holds.hold, needy, slot.pk, now=now).misfit


def test_too_soon_says_when_and_no_other_reason_does(jane, make_slot, now):
    soon, xray = make_slot(day=1), make_slot(day=1, modality="DX")
    earliest = soon.start + MINUTE

    refused = refusal_of(
        holds.SlotNotSuitable, holds.hold, jane, soon.pk, now=now, earliest=earliest
    )
    assert (refused.misfit, refused.earliest) == (Misfit.TOO_SOON, earliest)
    other = refusal_of(holds.SlotNotSuitable, holds.hold, jane, xray.pk, now=now, earliest=earliest)
    assert (other.misfit, other.earliest) == (Misfit.MODALITY, None)
    assert holds.hold(jane, soon.pk, now=now, earliest=soon.start)
    assert holds.hold(jane, soon.pk, now=now, earliest=earliest), "held already"
    ran_out = {"now": now + holds.HOLD, "earliest": earliest}
    assert refusal_of(holds.SlotNotSuitable, holds.hold, jane, soon.pk, **ran_out).earliest


def test_a_request_that_ended_is_carried_as_it_is_now(jane, make_slot, now):
    slot = make_slot()
    type(jane).objects.filter(pk=jane.pk).update(ended_at=now, end_reason="elsewhere")
    for act in (holds.hold, holds.renew):
        refused = refusal_of(holds.ReferralEnded, act, jane, slot.pk, now=now)
        assert refused.referral.end_reason == "elsewhere"


def test_the_next_free_seat_is_had_in_order_and_of_the_same_trust(
    jane, tom, make_referral, make_slot, blackburn, now
):
    theirs = make_slot(external_id="two", seat=1, site=blackburn)
    seats = [make_slot(external_id="two", seat=seat) for seat in (0, 2, 1)]
    ann = make_referral(code="9GWP3KTY", given_name="Ann")

    had = [holds.hold(one, seats[0].pk, now=now).pk for one in (jane, tom, ann)]

    assert had == [seats[0].pk, seats[2].pk, seats[1].pk]
    assert fresh(theirs).free_at == EPOCH


def test_a_choice_lets_go_of_the_one_before_but_not_of_what_others_hold(jane, tom, make_slot, now):
    first, second, toms = make_slot(day=8), make_slot(day=9), make_slot(day=10)
    holds.hold(tom, toms.pk, now=now)
    holds.hold(jane, first.pk, now=now)

    held = holds.hold(jane, second.pk, now=now)

    assert (held.held_by, held.free_at, held.hold_limit) == (jane, now + 15 * MINUTE, now + HOUR)
    assert (fresh(first).free_at, fresh(first).held_by) == (EPOCH, None)
    assert fresh(toms).held_by == tom
    holds.release(jane, now=now, keep=[second.pk])
    assert fresh(second).held_by == jane


def test_only_who_was_last_kept_it_has_reached_its_limit(jane, tom, make_slot, now):
    slot = make_slot()
    assert not holds.reached_limit(slot, jane)
    held = holds.hold(jane, slot.pk, now=now, until=now + HOUR)
    assert holds.reached_limit(held, jane)
    assert not holds.reached_limit(held, tom)
    held.free_at -= MINUTE
    assert not holds.reached_limit(held, jane)


@pytest.fixture
def offered(jane, make_slot, now):
    """Jane is asked about one slot until four hours from now, and looks at another."""
    slot, chosen = make_slot(day=8), make_slot(day=9)
    holds.hold(jane, chosen.pk, now=now)
    terms = making.Terms(Offer.Why.SOONER, now + 4 * HOUR)
    making.make(jane, slot.pk, terms, now=now, actor="staff 1")
    return slot, chosen


def in_the_feeds_lock(act, *args, **more):
    with transaction.atomic():
        feed_locks.lock_feeds_shared(["RTX"])
        return act(*args, **more)


def test_which_slots_are_offered_is_known_while_they_are_kept(jane, tom, offered, now):
    slot, _ = offered
    assert holds.offered_slots(jane, now=now) == {slot.pk}
    assert holds.offered_slots(tom, now=now) == set()
    assert holds.offered_slots(jane, now=now + 4 * HOUR) == set()
    Offer.objects.update(is_kept=False)
    assert holds.offered_slots(jane, now=now) == set()


def test_an_offer_that_says_anew_shortens_its_own_slot_alone(jane, offered, now):
    slot, chosen = offered
    in_the_feeds_lock(holds.shorten, jane, slot.pk, now + MINUTE, now=now)

    assert (fresh(slot).free_at, fresh(slot).hold_limit) == (now + MINUTE, now + MINUTE)
    assert (fresh(chosen).free_at, fresh(chosen).hold_limit) == (now + 15 * MINUTE, now + HOUR)


def test_an_offer_that_says_anew_changes_nobody_elses_time_and_none_that_ran_out(
    jane, tom, offered, make_slot, now
):
    slot, _ = offered
    toms, until = make_slot(day=10), now + 4 * HOUR
    holds.hold(tom, toms.pk, now=now, until=until)

    in_the_feeds_lock(holds.shorten, jane, toms.pk, now + MINUTE, now=now)
    assert (fresh(slot).free_at, fresh(toms).free_at) == (until, until)
    in_the_feeds_lock(holds.shorten, jane, slot.pk, now + MINUTE, now=now)
    assert fresh(toms).free_at == until
    in_the_feeds_lock(holds.shorten, jane, slot.pk, now + 2 * HOUR, now=now + HOUR)
    assert fresh(slot).free_at == now + MINUTE


def test_a_time_that_somebody_chose_is_not_offered_to_them_for_an_offer_to_another(
    jane, tom, offered, make_slot, now
):
    """Both are kept until the same minute."""
    slot, chosen = offered
    terms = making.Terms(Offer.Why.SOONER, fresh(chosen).hold_limit)
    making.make(tom, make_slot(day=10).pk, terms, now=now, actor="staff 1")

    assert holds.offered_slots(jane, now=now) == {slot.pk}


def test_what_was_kept_until_then_is_let_go_and_said(jane, tom, offered, now):
    slot, chosen = offered
    limit = now + 4 * HOUR
    assert in_the_feeds_lock(holds.release_offered, jane, now + 3 * HOUR) == []
    assert in_the_feeds_lock(holds.release_offered, tom, limit) == []
    assert in_the_feeds_lock(holds.release_offered, jane, limit) == [slot.pk]
    assert in_the_feeds_lock(holds.release_offered, jane, limit) == []
    assert (fresh(slot).free_at, fresh(slot).held_by) == (EPOCH, None)
    assert fresh(chosen).held_by == jane


def test_what_its_trust_took_is_not_let_go(jane, offered, now):
    slot, _ = offered
    Slot.objects.filter(pk=slot.pk).update(free_at=None)
    assert in_the_feeds_lock(holds.release_offered, jane, now + 4 * HOUR) == []


def test_what_is_kept_is_handed_over_and_nothing_else(jane, tom, offered, now):
    slot, chosen = offered
    limit = now + 4 * HOUR
    assert not in_the_feeds_lock(holds.hand_over, jane, tom, now + 3 * HOUR, now=now)
    assert not in_the_feeds_lock(holds.hand_over, jane, tom, limit, now=limit)
    assert in_the_feeds_lock(holds.hand_over, jane, tom, limit, now=now)
    assert not in_the_feeds_lock(holds.hand_over, jane, tom, limit, now=now)
    assert (fresh(slot).held_by, fresh(slot).hold_limit) == (tom, limit)
    assert fresh(chosen).held_by == jane


def test_a_hold_in_a_transaction_keeps_imports_out(jane, make_slot, now):
    slot = make_slot()
    with transaction.atomic(), pytest.raises(TransactionRuleBroken):
        holds.hold(jane, slot.pk, now=now)
    assert in_the_feeds_lock(holds.hold, jane, slot.pk, now=now)
    with transaction.atomic(), pytest.raises(TransactionRuleBroken):
        holds.release(jane, now=now)
