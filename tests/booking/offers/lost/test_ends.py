"""Everybody in a lost clinic ends in one state, whoever makes it so; the numbers always add up."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds, undo
from booking.models import Appointment, LostPerson, Offer, Slot, WorklistRow
from booking.offers import answering, ending
from booking.offers.lost import confirming, states
from booking.referrals import ending as referral_ending
from booking.worklists import nobody_lost
from notifications.models import Message
from tests.booking.offers.lost.conftest import LEAD

PHONED = {
    "soon": {},
    "no_mobile": {"mobile": ""},
    "interpreter": {"needs": ["bsl_interpreter"]},
    "hoist": {"needs": ["hoist"]},
}


@pytest.fixture
def told(day, book_on, now):
    """Tell everybody of a lost clinic, of which Jane is one; return her referral."""

    def told(**jane):
        referral = book_on(**jane)
        clinic = day.say()
        confirming.confirm(clinic, now=now, actor=LEAD)
        day.work()
        return referral

    return told


def offer_of(referral):
    return Offer.objects.get(referral=referral)


def no_one_is_lost(now):
    return not nobody_lost.lost(now).exists()


def test_yes_moves_them_to_the_time_that_was_held(told, day, now):
    jane = told()

    made = answering.accept(offer_of(jane), now=now, actor="texts")

    assert day.state_of(jane) == "moved"
    assert made.slot == LostPerson.objects.get().slot
    assert not WorklistRow.objects.filter(closed_at=None).exists()


def test_another_time_that_they_choose_is_their_end(told, day, make_slot, lancaster, now):
    jane, other = told(), make_slot(day=20, site=lancaster)

    holds.hold(jane, other.pk, now=now)
    booking.book(jane, other.pk, now=now, actor="patient")

    assert day.state_of(jane) == "chose"


def test_no_puts_them_on_the_list_due_at_once(told, day, now):
    jane = told()

    answering.decline(offer_of(jane), now=now, actor="texts")

    assert day.state_of(jane) == "to_phone"
    row = WorklistRow.objects.get(closed_at=None)
    assert (row.kind, row.due_at) == ("displaced", now)
    assert "said no to the time" in row.reason


@pytest.mark.parametrize(("urgency", "keeps"), [
    ("suspected_cancer", True), ("urgent", True), ("routine", False), ("planned", False),
])  # fmt: skip
def test_silence_is_phoned_and_only_who_presses_keeps_the_held_time(told, day, now, urgency, keeps):
    jane = told(urgency=urgency)
    offer = offer_of(jane)

    later = offer.until + timedelta(seconds=1)
    ending.end_due(now=later)

    assert day.state_of(jane) == "to_phone"
    row = WorklistRow.objects.get(closed_at=None)
    assert row.due_at == later, "first in line"
    slot = Slot.objects.get(pk=offer.slot_id)
    assert (slot.held_by == jane and slot.free_at > later) is keeps
    assert ("Held:" in row.reason) is keeps
    jane.refresh_from_db()
    assert jane.target_day == jane.clock_start + timedelta(days=42), "the clock goes on"


@pytest.mark.parametrize("why", PHONED)
def test_who_cannot_be_asked_by_text_alone_is_phoned_about_the_held_time(
    told, day, now, make_slot, why
):
    fields = dict(PHONED[why])
    if why == "soon":
        fields["slot"] = make_slot(day=1, hour=17)
        day.lost = day.lost.__class__(
            day.lost.trust, "site", fields["slot"].site_id, now, now + timedelta(days=9), "staff"
        )

    jane = told(**fields)

    person = LostPerson.objects.get()
    assert (person.state, person.phone_why) == ("to_phone", why)
    row = WorklistRow.objects.get(kind="displaced", closed_at=None)
    assert row.due_at <= person.start - timedelta(hours=4)
    assert person.get_phone_why_display() in row.reason
    assert not Message.objects.filter(kind="offer_displaced").exists()
    assert Message.objects.filter(kind="displaced").exists() is (why != "no_mobile")
    if why != "hoist":  # no scanner is known to have one
        assert offer_of(jane).channel == "phone"


def test_for_whom_nothing_fits_a_person_looks(day, book_on, now):
    people = [book_on() for _ in range(4)]
    confirming.confirm(day.say(), now=now, actor=LEAD)
    day.work()

    states_now = [day.state_of(one) for one in people]
    assert sorted(states_now) == ["asked", "asked", "asked", "to_phone"]
    assert LostPerson.objects.get(state="to_phone").phone_why == "no_time"
    assert no_one_is_lost(now + timedelta(days=1))


def test_cancelled_by_themselves_before_or_after_they_are_told(day, book_on, now):
    early, late = book_on(), book_on()
    clinic = day.say()
    made = Appointment.objects.get(referral=early)
    booking.cancel(made, made.version, now=now, actor="patient")

    confirming.confirm(clinic, now=now, actor=LEAD)
    day.work()

    assert (day.state_of(early), day.state_of(late)) == ("cancelled", "asked")
    assert not Slot.objects.filter(held_by=early, free_at__gt=now).exists(), "nothing is kept"
    assert Slot.objects.get(pk=made.slot_id).free_at > now + timedelta(days=999), "still off sale"
    assert states.numbers(clinic)["cancelled"] == 1


def test_whose_request_ends_is_out_of_it(told, day, now):
    jane = told()

    referral_ending.end(jane, "not_wanted", now=now, actor="staff 1")
    day.work()

    assert day.state_of(jane) == "cancelled"


def test_a_booking_that_is_undone_puts_them_back_to_be_phoned(told, day, now):
    jane = told()
    made = answering.accept(offer_of(jane), now=now, actor="staff 7")

    undo.undo(made, made.version, now=now + timedelta(seconds=5), actor="staff 7")

    assert day.state_of(jane) == "to_phone"
    assert WorklistRow.objects.filter(kind="displaced", closed_at=None).count() == 1


def test_the_numbers_add_up_whatever_happens(day, book_on, now):
    people = [book_on() for _ in range(6)]
    clinic = day.say()
    assert sum(states.numbers(clinic).values()) == 6
    confirming.confirm(clinic, now=now, actor=LEAD)
    for act in (day.work, lambda: answering.accept(Offer.objects.first(), now=now, actor="texts")):
        act()
        assert sum(states.numbers(clinic).values()) == len(people)
