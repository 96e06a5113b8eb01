"""Yes and no, in time and late, once and twice."""

import pytest

from booking.appointments import booking, holds
from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.exams.questions.outcomes import MustPhone
from booking.identifiers.actors import PATIENT
from booking.models import EPOCH, Appointment, AuditEntry, FreedSlot, Offer, Slot
from booking.offers import answering, ending
from booking.offers.answering import OfferOver, accept, decline, settle
from notifications.models import Message
from tests.booking.offers.conftest import HOURS


def over(act, offer, **more):
    """Return the state that a refused answer names."""
    with pytest.raises(OfferOver) as refused:
        act(offer, actor=PATIENT, **more)
    return refused.value.state


def test_yes_moves_the_appointment_and_frees_its_old_time_at_once(
    jane, make_slot, ask, book, ends, now
):
    old = make_slot(day=20)
    mine, sooner = book(jane, old), make_slot(day=8)
    offer = ask(jane, sooner, appointment=mine, depth=1)

    booked = accept(offer, now=now + HOURS, actor=PATIENT)

    old.refresh_from_db()
    offer.refresh_from_db()
    assert (booked.pk, booked.slot) == (mine.pk, sooner)
    assert old.free_at == EPOCH
    assert (offer.state, offer.answered_at, offer.is_kept) == ("accepted", now + HOURS, False)
    assert ends == [(offer.pk, "accepted")]
    freed = FreedSlot.objects.get()
    assert (freed.slot, freed.depth) == (old, 2)
    assert Message.objects.filter(kind="changed", subject=mine.reference).exists()
    assert AuditEntry.objects.get(action="moved").detail["reason"] == f"offer {offer.reference}"


def test_yes_books_who_had_nothing(jane, make_slot, ask, now):
    offer = ask(jane, make_slot(), why=Offer.Why.DISPLACED)
    assert accept(offer, now=now, actor=PATIENT).referral == jane
    assert not FreedSlot.objects.exists()


def test_yes_twice_is_one_appointment(jane, make_slot, ask, now):
    offer = ask(jane, make_slot())
    first = accept(offer, now=now, actor=PATIENT)
    assert accept(offer, now=now + HOURS, actor=PATIENT) == first
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_yes_again_after_that_appointment_was_cancelled_says_that_it_is_over(
    jane, make_slot, ask, now
):
    offer = ask(jane, make_slot())
    made = accept(offer, now=now, actor=PATIENT)
    booking.cancel(made, made.version, now=now, actor=PATIENT)
    assert over(accept, offer, now=now) == "accepted"


def test_no_lets_the_slot_go_and_changes_nothing_else(
    jane, tom, make_slot, ask, book, ends, now, django_capture_on_commit_callbacks
):
    mine, sooner = book(jane, make_slot(day=20)), make_slot(day=8)
    offer = ask(jane, sooner)

    with django_capture_on_commit_callbacks(execute=True):
        decline(offer, now=now, actor=PATIENT)
    decline(offer, now=now, actor=PATIENT)

    offer.refresh_from_db()
    mine.refresh_from_db()
    assert (offer.state, mine.status) == ("declined", "booked")
    assert ends == [(offer.pk, "declined")]
    assert FreedSlot.objects.get().slot == sooner
    assert holds.hold(tom, sooner.pk, now=now)
    assert over(accept, offer, now=now) == "declined"


def test_no_after_yes_does_not_cancel(jane, make_slot, ask, now):
    offer = ask(jane, make_slot())
    accept(offer, now=now, actor=PATIENT)
    assert over(decline, offer, now=now) == "accepted"
    assert Appointment.objects.get().status == "booked"


@pytest.mark.parametrize("act", [accept, decline])
def test_after_its_deadline_it_is_late_whether_or_not_the_clock_has_come_by(
    act, jane, make_slot, ask, now
):
    """A worker may be down for six hours: the deadline is the offer's own."""
    offer = ask(jane, make_slot())
    assert over(act, offer, now=now + 4 * HOURS) == "lapsed"
    ending.end_due(now=now + 6 * HOURS)
    assert over(act, offer, now=now + 6 * HOURS) == "lapsed"
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("act", [accept, decline])
def test_a_slot_that_its_trust_took_is_gone(act, jane, make_slot, ask, now):
    slot = make_slot()
    offer = ask(jane, slot)
    Slot.objects.filter(pk=slot.pk).update(status="withdrawn", free_at=None, held_by=None)
    assert over(act, offer, now=now) == "gone"


def test_a_yes_that_is_not_enough_leaves_the_offer_open(jane, make_slot, ask, now):
    offer = ask(jane, make_slot())
    version = file.current().version
    answer(jane, "pacemaker", "yes", version=version, now=now, actor=PATIENT)
    with pytest.raises(MustPhone):
        accept(offer, now=now, actor=PATIENT)
    offer.refresh_from_db()
    assert offer.state == "open"


def test_yes_to_two_offers_takes_the_first_yes_and_takes_the_other_back(
    jane, make_slot, ask, ends, now, django_capture_on_commit_callbacks
):
    first, second = make_slot(day=8), make_slot(day=9)
    one, other = ask(jane, first), ask(jane, second, why=Offer.Why.DISPLACED)

    with django_capture_on_commit_callbacks(execute=True):
        accept(one, now=now, actor=PATIENT)

    assert over(accept, other, now=now) == "withdrawn"
    assert sorted(ends) == [(one.pk, "accepted"), (other.pk, "withdrawn")]
    assert Appointment.objects.get().slot == first
    second.refresh_from_db()
    assert (second.free_at, second.held_by) == (EPOCH, None)


def test_booking_the_offered_time_by_another_door_is_a_yes(jane, make_slot, ask, now):
    slot = make_slot()
    offer = ask(jane, slot)
    holds.renew(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="staff 2")
    offer.refresh_from_db()
    assert offer.state == "accepted"


def test_booking_another_time_takes_the_offer_back(
    jane, tom, make_slot, ask, book, now, django_capture_on_commit_callbacks
):
    offered = make_slot(day=8)
    offer = ask(jane, offered)
    with django_capture_on_commit_callbacks(execute=True):
        book(jane, make_slot(day=10))
    assert over(accept, offer, now=now) == "withdrawn"
    assert holds.hold(tom, offered.pk, now=now)


class TestLateWhereTheTimeIsKept:
    """Silence of somebody who is pressing does not lose the time: a person phones."""

    @pytest.fixture
    def offer(self, jane, make_slot, ask, now):
        urgent = {"why": Offer.Why.DISPLACED, "kept_until": now + 30 * HOURS}
        offer = ask(jane, make_slot(), **urgent)
        assert ending.end_due(now=now + 5 * HOURS) == 1
        offer.refresh_from_db()
        return offer

    def test_it_has_lapsed_and_is_kept(self, offer, tom, now):
        assert (offer.state, offer.is_kept) == ("lapsed", True)
        with pytest.raises(holds.SlotTaken):
            holds.hold(tom, offer.slot_id, now=now + 20 * HOURS)

    def test_they_say_yes_on_the_phone(self, offer, ends, now):
        assert accept(offer, now=now + 6 * HOURS, actor="staff 1")
        offer.refresh_from_db()
        assert offer.state == "accepted"
        assert ends[-1] == (offer.pk, "accepted")

    def test_they_say_no_on_the_phone(self, offer, tom, ends, now):
        decline(offer, now=now + 6 * HOURS, actor="staff 1")
        ending.end_due(now=now + 6 * HOURS)
        assert ends[-1] == (offer.pk, "declined")
        assert holds.hold(tom, offer.slot_id, now=now + 7 * HOURS)

    def test_it_is_let_go_once_they_book_another(self, offer, jane, tom, book, make_slot, now):
        book(jane, make_slot(day=11), at=now + 6 * HOURS)
        ending.end_due(now=now + 6 * HOURS)
        assert holds.hold(tom, offer.slot_id, now=now + 7 * HOURS)

    def test_it_ends_for_good_when_it_is_kept_no_more(self, offer, now):
        assert over(accept, offer, now=now + 31 * HOURS) == "lapsed"
        ending.end_due(now=now + 31 * HOURS)
        offer.refresh_from_db()
        assert not offer.is_kept


class TestAWave:
    """Of those who say yes by the deadline the first in order gets it, not the fastest thumb."""

    @pytest.fixture
    def wave(self, make_referral, make_slot, ask, now):
        slot = make_slot(day=1)
        people = [
            make_referral(code=f"7KQ49CR{letter}", mobile=f"+4477009001{n}0", nhs_number=number)
            for n, (letter, number) in enumerate(
                zip("BCD", ["9434765919", "9434765870", "4010232137"], strict=True)
            )
        ]
        return [
            ask(one, slot, rank=rank, until=now + HOURS, kept_until=now + 2 * HOURS)
            for rank, one in enumerate(people)
        ]

    def states(self, wave):
        return [Offer.objects.get(pk=one.pk).state for one in wave]

    def test_the_first_has_it_at_once_and_the_others_hear_that_it_is_gone(self, wave, ends, now):
        assert accept(wave[0], now=now, actor=PATIENT)
        assert self.states(wave) == ["accepted", "gone", "gone"]
        assert over(accept, wave[1], now=now) == "gone"
        assert sorted(ends) == [(one.pk, s) for one, s in zip(wave, self.states(wave), strict=True)]

    def test_the_last_waits_for_those_before_and_has_it_if_they_stay_silent(self, wave, now):
        assert accept(wave[2], now=now, actor=PATIENT) is None
        assert accept(wave[2], now=now, actor=PATIENT) is None
        assert settle(now=now) == 0
        assert self.states(wave) == ["open"] * 3

        assert settle(now=now + HOURS) == 1

        assert self.states(wave) == ["lapsed", "lapsed", "accepted"]
        assert Appointment.objects.get().referral == wave[2].referral

    def test_a_late_yes_of_one_before_wins_within_the_deadline(self, wave, now):
        accept(wave[2], now=now, actor=PATIENT)
        accept(wave[1], now=now, actor=PATIENT)
        settle(now=now + HOURS)
        assert self.states(wave) == ["lapsed", "accepted", "gone"]

    def test_no_of_those_before_gives_it_at_once(
        self, wave, now, django_capture_on_commit_callbacks
    ):
        accept(wave[1], now=now, actor=PATIENT)
        with django_capture_on_commit_callbacks(execute=True):
            decline(wave[0], now=now, actor=PATIENT)
        assert self.states(wave) == ["declined", "accepted", "gone"]

    def test_it_is_had_even_if_no_worker_ran_for_six_hours(self, wave, now):
        accept(wave[1], now=now, actor=PATIENT)
        assert settle(now=now + 6 * HOURS) == 1
        assert self.states(wave) == ["lapsed", "accepted", "lapsed"]

    def test_if_somebody_else_has_it_by_then_it_is_gone(self, wave, tom, book, now):
        accept(wave[1], now=now, actor=PATIENT)
        book(tom, wave[0].slot, at=now + 5 * HOURS)
        assert settle(now=now + 6 * HOURS) == 0
        assert self.states(wave)[1] == "gone"

    def test_nobody_wants_it(self, wave, tom, now):
        for one in wave:
            decline(one, now=now, actor=PATIENT)
        ending.end_due(now=now)
        assert holds.hold(tom, wave[0].slot_id, now=now)
        assert FreedSlot.objects.count() == 1


def test_refusals_of_a_booking_are_named_for_doors():
    assert MustPhone in answering.booking_refusals()
