"""Offers at their edges: what is written of one, whose it is, and what leaves others alone."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import holds
from booking.changes.transactions import TransactionRuleBroken
from booking.exams.needed import needed_of
from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.identifiers.actors import CLOCK, PATIENT
from booking.models import AuditEntry, FreedSlot, Offer, Patient, Slot
from booking.offers import answering, ending, making, standing
from notifications.models import Message
from sites.models import Scanner
from tests.booking.offers.conftest import HOURS


def fresh(offer):
    return Offer.objects.get(pk=offer.pk)


def test_an_offer_keeps_what_it_was_made_with(jane, make_slot, ask, book, now):
    old, slot = book(jane, make_slot(day=20)), make_slot()
    terms = {
        "why": Offer.Why.URGENT,
        "channel": Offer.Channel.PAGE,
        "kept_until": now + 9 * HOURS,
        "appointment": old,
        "wave": 3,
        "depth": 2,
    }

    offer = fresh(ask(jane, slot, **terms))

    assert {name: getattr(offer, name) for name in terms} == terms
    assert (offer.referral, offer.slot, offer.rank) == (jane, slot, 0)
    assert (offer.made_at, offer.until, offer.is_kept) == (now, now + 4 * HOURS, True)
    assert (offer.version, offer.answered_at, offer.ended_at) == (old.version, None, None)
    entry = AuditEntry.objects.get(action="offered another time")
    assert (entry.at, entry.referral) == (now, jane)
    assert entry.detail == {"offer": offer.reference, "slot": slot.pk, "why": "urgent"}


def test_a_time_that_is_held_for_longer_already_is_kept_as_long(jane, make_slot, ask, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    offer = ask(jane, slot, until=now + HOURS / 2)
    assert (offer.until, offer.kept_until) == (now + HOURS / 2, now + HOURS)
    assert standing.state_of(offer, now=now) == "open"


def test_two_at_once_are_told_apart_by_the_database(jane, tom, make_slot, ask, monkeypatch):
    slot = make_slot()
    ask(jane, slot)
    monkeypatch.setattr(making, "_must_be_new", lambda *_: None)
    with pytest.raises(making.AlreadyOffered):
        ask(jane, slot)
    assert Offer.objects.count() == 1


def test_who_is_behind_in_a_wave_is_kept_as_such(jane, tom, make_slot, ask):
    slot = make_slot()
    ask(jane, slot, wave=2)

    behind = fresh(ask(tom, slot, wave=2, rank=1))

    assert (behind.wave, behind.rank, behind.is_kept) == (2, 1, False)


def test_nobody_is_behind_in_a_wave_that_is_not_theirs(
    jane, tom, make_referral, make_slot, ask, now
):
    slot, other = make_slot(), make_slot(day=9)
    ask(jane, slot, wave=1)
    Patient.objects.filter(pk=tom.patient_id).update(needs=["hoist"])
    tom.patient.refresh_from_db()
    Scanner.objects.update(hoist=True)
    ask(make_referral(code="9GWP3KTY", given_name="Ann"), other, wave=2)

    with pytest.raises(holds.SlotTaken):
        ask(tom, slot, wave=2, rank=1)
    with pytest.raises(holds.SlotTaken) as refused:
        ask(tom, other, wave=1, rank=1)
    carried = refused.value
    assert (carried.slot, carried.exam) == (other, tom.exam)
    assert carried.needed == needed_of(tom, now=now)
    assert ask(tom, slot, wave=1, rank=1)


def test_nobody_is_behind_who_comes_before_all_that_are_asked(
    jane, tom, make_referral, make_slot, ask, now
):
    slot = make_slot()
    first = ask(jane, slot)
    ask(make_referral(code="9GWP3KTY", given_name="Ann"), slot, rank=2)
    ending.withdraw([first], now=now, actor=CLOCK)
    with pytest.raises(holds.SlotTaken):
        ask(tom, slot, rank=1)


def test_nobody_is_behind_whose_request_is_over_or_whose_scan_does_not_fit(
    jane, tom, make_referral, make_slot, ask, now
):
    slot = make_slot()
    ask(jane, slot)
    with pytest.raises(holds.SlotNotSuitable):
        ask(make_referral(code="9GWP3KTY", modality="DX"), slot, rank=1)
    tom.ended_at, tom.end_reason = now, "elsewhere"
    tom.save()
    with pytest.raises(holds.ReferralEnded):
        ask(tom, slot, rank=1)
    assert Offer.objects.count() == 1


def test_nobody_is_behind_once_the_time_is_kept_no_more(jane, tom, make_slot, ask, now):
    slot = make_slot()
    ask(jane, slot)
    with pytest.raises(holds.SlotTaken):
        ask(tom, slot, at=now + 4 * HOURS, rank=1)
    Slot.objects.filter(pk=slot.pk).update(status="withdrawn", free_at=None, held_by=None)
    with pytest.raises(holds.SlotTaken):
        ask(tom, slot, rank=1)


def test_an_offer_that_has_ended_keeps_nobody_from_the_next(jane, tom, make_slot, ask, now):
    slot = make_slot()
    answering.decline(ask(jane, slot), now=now, actor=PATIENT)
    ending.let_go(now=now)

    assert ask(tom, slot).is_open
    assert ask(jane, make_slot(day=9)).is_open


def test_of_an_offer_that_has_ended_nobody_is_told(jane, make_slot, ask, now):
    offer = ask(jane, make_slot())
    ending.withdraw([offer], now=now, actor=CLOCK)
    with transaction.atomic():
        making.tell(fresh(offer), now=now)
    assert not Message.objects.filter(subject=offer.reference).exists()


def test_telling_belongs_in_a_transaction(jane, make_slot, ask, now):
    offer = ask(jane, make_slot(), channel=Offer.Channel.PHONE)
    with pytest.raises(TransactionRuleBroken):
        making.tell(offer, now=now)


def test_a_slot_that_somebody_else_holds_since_is_gone_for_who_was_asked(
    jane, tom, make_slot, ask, now
):
    slot = make_slot()
    offer = ask(jane, slot)
    since = {"held_by": tom, "free_at": now + HOURS / 4, "hold_limit": now + HOURS}
    Slot.objects.filter(pk=slot.pk).update(**since)

    assert standing.state_of(offer, now=now) == "gone"
    assert not standing.can_be_taken(offer, now=now)


def test_only_who_is_before_in_the_same_wave_of_the_same_slot_is_waited_for(
    jane, tom, make_slot, ask, now
):
    slot, other = make_slot(), make_slot(day=9)
    first, second = ask(jane, slot), ask(tom, slot, rank=1)
    Offer.objects.filter(pk=first.pk).update(wave=2)
    assert not standing.comes_before(second).exists()
    Offer.objects.filter(pk=first.pk).update(wave=1, slot=other)
    assert not standing.comes_before(second).exists()
    Offer.objects.filter(pk=first.pk).update(slot=slot)
    assert standing.comes_before(second).get() == first
    assert not standing.comes_before(first).exists()


def test_who_waits_keeps_the_moment_of_their_first_yes(jane, tom, make_slot, ask, now):
    slot = make_slot()
    ask(jane, slot)
    offer = ask(tom, slot, rank=1)

    for hours in (1, 2):
        assert answering.accept(offer, now=now + hours * HOURS, actor=PATIENT) is None

    assert fresh(offer).answered_at == now + HOURS
    assert standing.state_of(fresh(offer), now=now + 3 * HOURS) == "open"


def test_who_waits_and_must_be_asked_something_first_is_not_booked(jane, tom, make_slot, ask, now):
    slot = make_slot()
    first, second = ask(jane, slot), ask(tom, slot, rank=1)
    answering.accept(second, now=now, actor=PATIENT)
    answer(tom, "pacemaker", "yes", version=file.current().version, now=now, actor=PATIENT)
    answering.decline(first, now=now, actor=PATIENT)

    assert answering.settle(now=now) == 0

    assert fresh(second).state == "gone"
    entry = AuditEntry.objects.filter(action="offer ended").latest("pk")
    assert (entry.actor, entry.referral) == (CLOCK, tom)


def test_a_no_stands_though_booking_for_who_waited_breaks(
    jane, make_slot, ask, now, monkeypatch, django_capture_on_commit_callbacks
):
    def broken(**_):
        raise RuntimeError

    monkeypatch.setattr(answering, "settle", broken)
    monkeypatch.setattr(ending, "let_go", broken)
    offer = ask(jane, make_slot())
    with django_capture_on_commit_callbacks(execute=True):
        answering.decline(offer, now=now, actor=PATIENT)
    assert fresh(offer).state == "declined"


def test_a_slot_handed_over_in_one_wave_stays_kept_in_others(
    jane, tom, make_referral, make_slot, ask, now
):
    slot = make_slot()
    first, second = ask(jane, slot), ask(tom, slot, rank=1)
    third = make_referral(code="9GWP3KTY", given_name="Ann")
    elsewhere = ask(third, make_slot(day=9))
    answering.accept(second, now=now, actor=PATIENT)
    answering.decline(first, now=now, actor=PATIENT)

    assert answering.settle(now=now) == 1

    assert [fresh(one).is_kept for one in (first, second, elsewhere)] == [False, False, True]


def test_the_text_of_a_yes_waits_as_long_as_it_can_be_taken_back(jane, make_slot, ask, now):
    offer = ask(jane, make_slot())
    answering.accept(offer, now=now, actor=PATIENT, undo_window=timedelta(minutes=9))
    assert Message.objects.get(kind="confirmation").due_at == now + timedelta(minutes=9)


def test_who_waited_is_told_that_they_missed_it(jane, tom, make_slot, ask, now):
    slot = make_slot()
    first, second = ask(jane, slot), ask(tom, slot, rank=1)
    answering.accept(second, now=now, actor=PATIENT)
    answering.accept(first, now=now, actor=PATIENT)

    assert fresh(second).state == "gone"
    (text,) = Message.objects.filter(kind="answer")
    assert text.subject == second.reference
    assert "you could not have the sooner time" in text.body


def test_who_never_answered_is_not_told_that_they_missed_it(jane, tom, make_slot, ask, now):
    slot = make_slot()
    first, second = ask(jane, slot), ask(tom, slot, rank=1)
    answering.accept(first, now=now, actor=PATIENT)

    assert fresh(second).state == "gone"
    assert not Message.objects.filter(kind="answer").exists()


def test_what_is_kept_for_another_offer_says_nothing_of_this_one(jane, tom, make_slot, ask, now):
    slot = make_slot()
    offer, other = ask(jane, slot), ask(tom, make_slot(day=9))
    Slot.objects.filter(pk=slot.pk).update(status="withdrawn", free_at=None, held_by=None)

    assert standing.state_of(offer, now=now) == "gone"
    assert standing.state_of(other, now=now) == "open"


def test_a_late_yes_counts_only_where_somebody_is_pressing(jane, tom, make_slot, ask, now):
    kept = {"until": now + HOURS, "kept_until": now + 9 * HOURS}
    sooner = ask(jane, make_slot(), **kept)
    pressing = ask(tom, make_slot(day=9), why=Offer.Why.URGENT, **kept)

    later = now + 2 * HOURS
    assert [standing.can_be_taken(one, now=later) for one in (sooner, pressing)] == [False, True]


def test_of_the_open_offers_none_has_ended(jane, tom, make_slot, ask, now):
    offer, ended = ask(jane, make_slot()), ask(tom, make_slot(day=9))
    ending.withdraw([ended], now=now, actor=CLOCK)
    assert standing.open_offers().get() == offer


@pytest.fixture
def both(jane, tom, make_slot, ask):
    """Jane and Tom are each asked about a slot of their own."""
    return ask(jane, make_slot()), ask(tom, make_slot(day=9), why=Offer.Why.DISPLACED)


def test_what_a_feed_takes_away_ends_the_offers_of_its_own_trust_only(both, now, ends):
    jane, tom = both
    for one in both:
        Slot.objects.filter(pk=one.slot_id).update(free_at=None, held_by=None)
    assert ending.end_gone_of("RXR", now=now, actor=CLOCK) == 0
    Slot.objects.filter(pk=jane.slot_id).update(
        free_at=jane.kept_until, held_by=jane.referral_id, hold_limit=jane.kept_until
    )
    assert ending.end_gone_of("RTX", now=now, actor=CLOCK) == 1
    assert ends == [(tom.pk, "gone")]


def test_only_the_offers_of_these_slots_are_gone(both, now, ends):
    jane, tom = both
    assert ending.end_as_gone([tom.slot_id], now=now, actor=CLOCK) == 1
    assert ending.end_as_gone([tom.slot_id], now=now, actor=CLOCK) == 0
    assert ends == [(tom.pk, "gone")]
    assert fresh(jane).is_open


def test_only_the_offers_that_are_named_lapse(both, now, ends):
    jane, _ = both
    assert ending.lapse([jane], now=now, actor="staff 1") == 1
    assert ending.lapse([jane], now=now, actor="staff 1") == 0
    assert ends == [(jane.pk, "lapsed")]
    entry = AuditEntry.objects.get(action="offer ended")
    assert (entry.at, entry.actor, entry.referral) == (now, "staff 1", jane.referral)
    assert entry.detail == {"offer": jane.reference, "state": "lapsed"}


def test_of_a_referral_all_offers_are_taken_back_or_those_for_one_reason(
    both, jane, make_slot, ask, now, ends
):
    first, toms = both
    urgent = ask(jane, make_slot(day=10), why=Offer.Why.URGENT)

    def withdraw(**why):
        return ending.withdraw_all_of([jane], now=now, actor=CLOCK, **why)

    assert withdraw(why=[Offer.Why.DISPLACED]) == 0
    assert withdraw(why=[Offer.Why.URGENT]) == 1
    assert withdraw() == 1
    assert ends == [(urgent.pk, "withdrawn"), (first.pk, "withdrawn")]
    assert fresh(toms).is_open


def test_letting_go_is_counted_and_leaves_alone_what_is_asked_or_kept(both, jane, now):
    first, second = both
    assert ending.let_go(now=now) == 0
    ending.withdraw([first], now=now, actor=CLOCK)
    assert ending.let_go(now=now) == 1
    assert ending.let_go(now=now) == 0
    assert FreedSlot.objects.get().freed_at == now
    assert fresh(second).is_kept


def test_a_time_of_somebody_pressing_is_kept_until_its_very_end(jane, make_slot, ask, now):
    offer = ask(jane, make_slot(), why=Offer.Why.URGENT, kept_until=now + 30 * HOURS)
    ending.end_due(now=now + 5 * HOURS)
    almost = now + 30 * HOURS - timedelta(seconds=1)

    assert ending.let_go(now=almost) == 0
    assert standing.can_be_taken(fresh(offer), now=almost)
    assert not standing.can_be_taken(fresh(offer), now=now + 30 * HOURS)
    assert ending.let_go(now=now + 30 * HOURS) == 1


def test_one_of_a_wave_that_said_no_leaves_the_slot_to_those_behind(jane, tom, make_slot, ask, now):
    slot = make_slot()
    first = ask(jane, slot)
    ask(tom, slot, rank=1)
    ending.withdraw([first], now=now, actor=CLOCK)

    assert ending.let_go(now=now) == 0
    slot.refresh_from_db()
    assert slot.free_at == now + 4 * HOURS


def test_a_pressing_offer_is_not_let_go_for_what_was_booked_before_it(
    jane, make_slot, ask, book, now
):
    book(jane, make_slot(day=20))
    later = now + HOURS
    urgent = {"why": Offer.Why.URGENT, "kept_until": now + 30 * HOURS}
    offer = ask(jane, make_slot(), at=later, **urgent)
    ending.end_due(now=now + 6 * HOURS)

    assert ending.let_go(now=now + 6 * HOURS) == 0
    assert fresh(offer).is_kept
    type(jane).objects.filter(pk=jane.pk).update(ended_at=now, end_reason="elsewhere")
    assert ending.let_go(now=now + 6 * HOURS) == 1
