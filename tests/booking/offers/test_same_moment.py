"""What ends in the same moment as it is answered, and answers that come too late or wait."""

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.identifiers.actors import CLOCK, PATIENT
from booking.models import EPOCH, Appointment, AuditEntry, Offer, Slot
from booking.offers import answering, ending, standing
from booking.offers.signals import offer_ended
from sites import places
from sites.models import Scanner
from tests.booking.offers.conftest import HOURS
from tests.booking.offers.test_answering import over


@pytest.fixture
def ends_as(monkeypatch, now):
    """Have an offer taken back while a function of a module is asked, which answers `says`."""

    def ends_as(offer, module, name, says):
        def asked(*_args, **_more):
            ending.withdraw([offer], now=now, actor=CLOCK)
            return says

        monkeypatch.setattr(module, name, asked)

    return ends_as


def test_a_yes_that_would_wait_is_none_if_the_offer_ends_meanwhile(
    jane, tom, make_slot, ask, ends_as, now
):
    slot = make_slot()
    ask(jane, slot)
    offer = ask(tom, slot, rank=1)
    ends_as(offer, answering, "_may_be_taken_before", True)

    assert over(answering.accept, offer, now=now) == "withdrawn"
    assert Offer.objects.get(pk=offer.pk).answered_at is None


def test_a_no_is_none_if_the_offer_ends_meanwhile(jane, make_slot, ask, ends_as, now):
    offer = ask(jane, make_slot())
    ends_as(offer, standing, "can_be_taken", True)

    assert over(answering.decline, offer, now=now) == "withdrawn"
    assert AuditEntry.objects.filter(action="offer ended").count() == 1


def test_a_yes_books_nothing_if_the_offer_ends_meanwhile(jane, tom, make_slot, ask, ends_as, now):
    answering.accept(ask(tom, make_slot(day=9)), now=now, actor=PATIENT)
    offer = ask(jane, make_slot())
    ends_as(offer, standing, "can_be_taken", True)

    assert over(answering.accept, offer, now=now) == "withdrawn"
    assert Appointment.objects.get().referral == tom


@pytest.mark.parametrize("act", [answering.accept, answering.decline])
def test_late_is_late_though_the_time_is_still_kept(act, jane, make_slot, ask, now):
    offer = ask(jane, make_slot(), until=now + HOURS, kept_until=now + 9 * HOURS)

    assert over(act, offer, now=now + 2 * HOURS) == "lapsed"
    assert not Appointment.objects.exists()
    assert Offer.objects.get(pk=offer.pk).is_open


def test_a_time_that_is_taken_away_as_it_is_booked_is_gone(jane, make_slot, ask, monkeypatch, now):
    offer = ask(jane, make_slot())

    def taken(one, _now):
        Slot.objects.filter(pk=one.slot_id).update(free_at=None, held_by=None, status="busy")

    monkeypatch.setattr(answering, "_have_it_kept", taken)
    assert over(answering.accept, offer, now=now) == "gone"


def test_who_is_refused_is_told_of_which_offer(jane, make_slot, ask, now):
    offer = ask(jane, make_slot())
    with pytest.raises(answering.OfferOver) as refused:
        answering.accept(offer, now=now + 5 * HOURS, actor=PATIENT)
    assert (refused.value.offer, refused.value.state) == (offer, "lapsed")


def test_what_was_handed_over_to_who_cannot_be_booked_is_let_go(jane, tom, make_slot, ask, now):
    slot, late = make_slot(), now + 4 * HOURS
    ask(jane, slot, kept_until=now + 9 * HOURS)
    answering.accept(ask(tom, slot, rank=1), now=now, actor=PATIENT)
    answer(tom, "pacemaker", "yes", version=file.current().version, now=now, actor=PATIENT)

    assert answering.settle(now=late) == 0
    assert Slot.objects.get(pk=slot.pk).held_by == tom
    ending.end_due(now=late)

    slot.refresh_from_db()
    assert (slot.free_at, slot.held_by) == (EPOCH, None)


def test_who_is_booked_late_keeps_the_time_that_they_look_at(jane, tom, make_slot, ask, now):
    slot, chosen, late = make_slot(), make_slot(day=9), now + 6 * HOURS
    ask(jane, slot)
    answering.accept(ask(tom, slot, rank=1), now=now, actor=PATIENT)
    holds.hold(tom, chosen.pk, now=late)

    assert answering.settle(now=late) == 1

    assert Slot.objects.get(pk=chosen.pk).held_by == tom


def test_a_time_that_another_held_and_let_go_meanwhile_is_booked_late(
    jane, tom, make_referral, make_slot, ask, now
):
    slot, third = make_slot(), make_referral(code="9GWP3KTY", given_name="Ann")
    ask(jane, slot)
    answering.accept(ask(tom, slot, rank=1), now=now, actor=PATIENT)
    holds.hold(third, slot.pk, now=now + 5 * HOURS)
    holds.release(third, now=now + 5 * HOURS)

    assert answering.settle(now=now + 6 * HOURS) == 1

    assert Appointment.objects.get().referral == tom


def test_a_kept_time_whose_scanner_cannot_do_the_scan_any_more_is_gone(jane, make_slot, ask, now):
    offer = ask(jane, make_slot())
    Scanner.objects.update(excluded_exams=[jane.exam.code])
    places.forget()

    assert over(answering.accept, offer, now=now) == "gone"


def test_who_missed_it_ends_nobody_elses_offer(jane, tom, make_slot, ask, now):
    offer, other = ask(jane, make_slot()), ask(tom, make_slot(day=9))

    ending.end_as_missed(offer, now=now, actor=CLOCK)

    states = [Offer.objects.get(pk=one.pk).state for one in (offer, other)]
    assert states == ["gone", "open"]


def test_settling_asks_no_more_of_offers_that_were_answered_long_ago(
    jane, make_slot, ask, now, django_assert_num_queries
):
    answering.accept(ask(jane, make_slot()), now=now, actor=PATIENT)
    with django_assert_num_queries(1):
        assert answering.settle(now=now) == 0


def test_all_who_waited_are_booked_at_once_and_counted(
    jane, tom, make_referral, make_slot, ask, now
):
    codes = ["9GWP3KTY", "4HT8VMXD"]
    waited = []
    for first, slot, code in zip((jane, tom), (make_slot(), make_slot(day=9)), codes, strict=True):
        ask(first, slot)
        waited.append(ask(make_referral(code=code, given_name="Ann"), slot, rank=1))
        answering.accept(waited[-1], now=now, actor=PATIENT)

    assert answering.settle(now=now + 4 * HOURS) == 2
    assert set(Appointment.objects.values_list("referral", flat=True)) == {
        one.referral_id for one in waited
    }


@pytest.mark.parametrize(
    ("why", "state", "is_kept", "ended"),
    [
        ("urgent", "open", True, 1),
        ("urgent", "lapsed", True, 1),
        ("displaced", "lapsed", True, 1),
        ("urgent", "lapsed", False, 0),
        ("urgent", "withdrawn", True, 0),
        ("sooner", "lapsed", True, 0),
    ],
)
def test_an_answer_ends_what_is_open_or_lapsed_and_kept(
    jane, make_slot, ask, now, why, state, is_kept, ended
):
    offer = ask(jane, make_slot(), why=Offer.Why(why))
    one = Offer.objects.filter(pk=offer.pk)
    one.update(state=state, is_kept=is_kept)

    with transaction.atomic():
        assert ending.end_answered(one, Offer.State.DECLINED, now, PATIENT) == ended
    assert Offer.objects.get().state == ("declined" if ended else state)


def test_the_clock_does_not_call_late_who_said_yes_in_time_and_waits(
    jane, tom, make_slot, ask, now
):
    slot = make_slot()
    ask(jane, slot, kept_until=now + 9 * HOURS)
    offer = ask(tom, slot, rank=1)
    answering.accept(offer, now=now, actor=PATIENT)

    assert ending.end_due(now=now + 4 * HOURS) == 1

    assert Offer.objects.get(pk=offer.pk).is_open
    assert answering.settle(now=now + 4 * HOURS) == 1


@pytest.mark.parametrize(
    "end",
    [
        lambda offers, now: ending.withdraw(offers, now=now, actor=CLOCK),
        lambda offers, now: ending.withdraw_all_of(
            {one.referral for one in offers}, now=now, actor=CLOCK
        ),
        lambda offers, now: ending.end_gone_of("RTX", now=now, actor=CLOCK),
        lambda offers, now: ending.end_as_gone(
            [one.slot_id for one in offers], now=now, actor=CLOCK
        ),
        lambda offers, now: ending.lapse(offers, now=now, actor=CLOCK),
    ],
    ids=["withdraw", "withdraw all", "gone of a trust", "gone", "lapse"],
)
def test_those_that_ended_before_keep_no_open_one_from_its_end(
    jane, make_slot, ask, monkeypatch, now, end
):
    offers = [ask(jane, make_slot(day=8)), ask(jane, make_slot(day=9), why=Offer.Why.DISPLACED)]
    ending.withdraw(offers[:1], now=now, actor=CLOCK)
    Slot.objects.update(free_at=None, held_by=None)
    monkeypatch.setattr(ending, "BATCH", 1)

    assert end(offers, now) == 1

    assert not Offer.objects.filter(state="open").exists()


def test_a_time_that_nobody_pressing_was_asked_about_is_let_go_when_it_is_late(
    jane, make_slot, ask, now
):
    slot = make_slot()
    ask(jane, slot, until=now + HOURS, kept_until=now + 9 * HOURS)
    ending.end_due(now=now + 2 * HOURS)
    slot.refresh_from_db()
    assert (slot.free_at, slot.held_by) == (EPOCH, None)


def test_a_kept_time_stays_kept_whatever_others_book_or_they_booked_and_cancelled(
    jane, tom, make_slot, ask, book, now
):
    offer = ask(jane, make_slot(), why=Offer.Why.URGENT, kept_until=now + 30 * HOURS)
    late = now + 5 * HOURS
    ending.end_due(now=late)
    book(tom, make_slot(day=21), at=late)
    assert ending.let_go(now=late) == 0

    mine = book(jane, make_slot(day=20), at=late)
    booking.cancel(mine, mine.version, now=late, actor=PATIENT)

    assert ending.let_go(now=late) == 0
    assert Offer.objects.get(pk=offer.pk).is_kept


def test_who_made_an_offer_hears_when_it_was_answered(jane, make_slot, ask, now):
    heard = []

    def hear(*, offer, **_signal):
        heard.append((offer.state, offer.ended_at, offer.answered_at))

    offer = ask(jane, make_slot())
    offer_ended.connect(hear)
    try:
        answering.decline(offer, now=now + HOURS, actor=PATIENT)
    finally:
        offer_ended.disconnect(hear)
    assert heard == [("declined", now + HOURS, now + HOURS)]
