"""The desk: what is kept for a caller, and what they say to it."""

from datetime import timedelta

import pytest

from booking.models import Appointment, Offer, Slot
from booking.offers import making
from booking.offers.making import Terms
from notifications.models import Message
from tests.booking.clerk.conftest import problems

HOUR = timedelta(hours=1)


@pytest.fixture
def offer(jane, make_slot, now):
    terms = Terms(Offer.Why.DISPLACED, now + 4 * HOUR, channel=Offer.Channel.PHONE)
    return making.make(jane, make_slot(day=8).pk, terms, now=now, actor="staff 1")


def test_the_screen_says_what_is_kept_and_until_when(at_desk, offer):
    page = at_desk.screen()
    assert "Kept for them: ask whether they want it" in page
    assert "They can answer until 2pm, Tuesday 24 November" in page
    assert "For a time that was lost, asked by phone" in page


def test_they_say_yes(at_desk, offer):
    page = at_desk.after(at_desk("offer", offer=offer.pk, do="yes"))
    assert Appointment.objects.get().slot == offer.slot
    assert "Kept for them" not in page
    assert "Undo" in page
    waits = Message.objects.get(kind="confirmation")
    assert waits.due_at > waits.created_at, "until it cannot be undone any more"


def test_yes_pressed_twice_is_one_appointment(at_desk, offer):
    about = at_desk.carried("offer")
    at_desk("offer", offer=offer.pk, do="yes", about=about)
    answer = at_desk("offer", offer=offer.pk, do="yes", about=about)
    assert answer.status_code == 302
    assert Appointment.objects.count() == 1


def test_they_say_no(at_desk, offer):
    page = at_desk.after(at_desk("offer", offer=offer.pk, do="no"))
    offer.refresh_from_db()
    assert offer.state == "declined"
    assert "They do not want it: the time is let go." in page


def test_after_the_deadline_the_screen_says_so(at_desk, jane, make_slot, clock, now):
    terms = Terms(Offer.Why.SOONER, now + HOUR / 6)
    offer = making.make(jane, make_slot(day=8).pk, terms, now=now, actor="staff 1")
    about = at_desk.carried("offer")
    clock.shift(HOUR / 6)
    page = at_desk.after(at_desk("offer", offer=offer.pk, do="yes", about=about))
    assert "Its deadline is over" in problems(page)["referrals"]
    assert not Appointment.objects.exists()


def test_a_time_that_is_gone_is_said_to_be_gone(at_desk, offer):
    about = at_desk.carried("offer")
    Slot.objects.filter(pk=offer.slot_id).update(status="withdrawn", free_at=None, held_by=None)
    page = at_desk.after(at_desk("offer", offer=offer.pk, do="yes", about=about))
    assert "The time is gone" in problems(page)["referrals"]


def test_silence_of_who_presses_keeps_the_time_for_a_call(at_desk, jane, make_slot, clock, now):
    terms = Terms(Offer.Why.URGENT, now + HOUR, kept_until=now + 30 * HOUR)
    making.make(jane, make_slot(day=8).pk, terms, now=now, actor="staff 1")
    clock.shift(2 * HOUR)
    page = at_desk.screen()
    assert "No answer by 11am, Tuesday 24 November" in page
    assert "Kept until 4pm, Wednesday 25 November: phone them" in page


def test_of_a_wave_they_wait(at_desk, jane, tom, make_slot, now):
    slot = make_slot(day=1)
    terms = {"why": Offer.Why.SOONER, "until": now + HOUR, "kept_until": now + 2 * HOUR}
    making.make(tom, slot.pk, Terms(**terms), now=now, actor="staff 1")
    theirs = making.make(jane, slot.pk, Terms(**terms, rank=1), now=now, actor="staff 1")
    page = at_desk.after(at_desk("offer", offer=theirs.pk, do="yes"))
    assert "They said yes. Somebody who was asked before may take the time" in page
    assert "They said yes, and wait" in page


def test_somebody_elses_offer_is_not_answered_here(at_desk, tom, make_slot, now):
    terms = Terms(Offer.Why.SOONER, now + HOUR)
    theirs = making.make(tom, make_slot(day=9).pk, terms, now=now, actor="staff 1")
    assert at_desk("offer", offer=theirs.pk, do="yes").status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "open"


def test_who_may_only_look_is_not_asked(sign_in, at_desk, offer, jane):
    imaging = sign_in("imaging", username="iris")
    assert "Kept for them" not in at_desk.screen(imaging)
    answer = imaging.post(f"/staff/patient/{jane.patient_id}/offer/", {"offer": offer.pk})
    assert answer.status_code == 403
