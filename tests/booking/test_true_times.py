"""The last act is read back and undone, and a time is called taken while it is."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from booking.appointments import booking, holds, undo
from booking.appointments.time_state import state_of
from booking.identifiers.actors import PATIENT
from booking.models import Referral, Slot
from booking.pages.subject import subject_of, subject_token
from booking.referrals import ending
from tests.answers import answered
from tests.booking.conftest import NOW
from tests.booking.signing_in import prove
from tests.booking.true_words import (
    FEED,
    THEN,
    book,
    clerk_sees,
    patient_sees,
    plain,
    read_back,
    told_by,
    withdraw,
)


@pytest.fixture
def staff(make_staff):
    return make_staff(username="carol")


@pytest.fixture
def two(jane, make_slot, make_referral):
    """Jane's two requests, and a time for each."""
    second = answered(Referral.objects.create(
        code="8XRD7JQF", patient=jane.patient, exam=jane.exam, trust=jane.trust,
        urgency="routine", clock_start=jane.clock_start, target_day=jane.target_day,
    ))  # fmt: skip
    return (jane, make_slot(day=9)), (second, make_slot(day=8))


LATER_ACTS = {
    "a colleague books": lambda one, other, staff: book(
        other[0], other[1], now=THEN, actor="staff 98"
    ),
    "the patient books online": lambda one, other, staff: book(other[0], other[1], now=THEN),
    "the hospital takes it away": lambda one, other, staff: withdraw(one),
    "the hospital cancels it": lambda one, other, staff: told_by("ours", "RTX", "pat")(one),
    "the other request ends": lambda one, other, staff: ending.end(
        other[0], "withdrawn", now=THEN, actor=FEED
    ),
    "the patient cancels by text": lambda one, other, staff: booking.cancel(
        one, 1, now=THEN, actor=PATIENT
    ),
}


@pytest.mark.parametrize("act", LATER_ACTS)
def test_only_the_last_act_on_a_patient_is_read_back_and_undone(act, two, staff):
    (referral, slot), other = two
    one = book(referral, slot, now=THEN, actor=staff.actor, undo_window=undo.UNDO)
    with time_machine.travel(THEN + timedelta(seconds=5), tick=False):
        assert "You are booked" in read_back(clerk_sees(staff, referral))
        LATER_ACTS[act](one, other, staff)

        assert read_back(clerk_sees(staff, referral)) == ""
        with pytest.raises((undo.TooLateToUndo, holds.ReferralEnded)):
            undo.undo(one, one.version, now=THEN, actor=staff.actor)


def test_of_ones_own_two_acts_the_last_is_read_back_and_undone(two, staff):
    (first, slot), (second, sooner) = two
    at = {"now": THEN, "actor": staff.actor, "undo_window": undo.UNDO}
    book(second, sooner, **at)  # the sooner time, which the list of appointments has last
    last = book(first, slot, **at)
    with time_machine.travel(THEN, tick=False):
        assert "Thursday 3 December" in read_back(clerk_sees(staff, first))
        undo.undo(last, 1, now=THEN, actor=staff.actor)
        assert read_back(clerk_sees(staff, first)) == ""


def withdrawn(slot, tom):
    Slot.objects.filter(pk=slot.pk).update(status="withdrawn", free_at=None)


STATES = {
    "free": (lambda slot, tom: None, "This time is free again", "Take this time"),
    "chosen": (
        lambda slot, tom: holds.hold(tom, slot.pk, now=THEN),
        "Somebody else is choosing", "just now",
    ),
    "taken": (
        lambda slot, tom: book(tom, slot, now=THEN),
        "somebody else", "Somebody else has booked",
    ),
    "withdrawn": (withdrawn, "The hospital does not give", "not in our list any more"),
    "moved": (
        lambda slot, tom: Slot.objects.filter(pk=slot.pk).update(start=slot.start + timedelta(1)),
        "The hospital does not give", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_former_time_is_said_to_be_somebody_elses_only_if_it_is(
    state, jane, tom, make_slot, staff
):
    slot = make_slot()
    one = book(jane, slot)
    booking.cancel(one, 1, now=NOW, actor=PATIENT)
    become, said, gone = STATES[state]
    become(slot, tom)

    with time_machine.travel(THEN, tick=False):
        page = patient_sees()
        assert said in page
        for words in ("gone to somebody else", "is free again", "does not give"):
            assert words in page or words not in said
            assert words not in page or words in said or state == "taken"
        assert ("gone to somebody else" in page) == (state == "taken")
        assert ("Take this time again" in page) == (state == "free")
        if state != "moved":
            browser = Client()
            browser.force_login(staff.user)
            lost = plain(browser.get(f"/staff/patient/{jane.patient_id}/?taken={slot.pk}"))
            assert ("is free again" in lost) == (state == "free")
            assert ("has just been taken" in lost) == (state in ("taken", "chosen"))
            assert ("does not give" in lost) == (state == "withdrawn")
            answer = pressed(slot, jane)
            assert "/check/" in answer if state == "free" else gone in answer


def pressed(slot, referral):
    """What the patient's browser says when the time is pressed."""
    browser = Client()
    prove(browser, referral.code)
    about = subject_token(subject_of(referral, booking.live_appointment(referral)))
    answer = browser.post("/hold/", {"slot": slot.pk, "about": about})
    return answer.get("Location", "") or plain(answer)


def test_a_time_with_room_for_two_is_free_while_one_seat_is(jane, tom, make_slot):
    first, second = (make_slot(external_id="both", seat=seat) for seat in (0, 1))
    book(tom, first)
    assert state_of(first, jane, now=THEN) == "free"
    assert state_of(first, tom, now=THEN) == "yours"
    holds.hold(jane, second.pk, now=NOW)
    assert state_of(first, jane, now=THEN) == "kept"
    assert state_of(second, None, now=THEN) == "chosen"


def test_ones_own_time_is_never_somebody_elses(jane, make_slot):
    slot = make_slot()
    book(jane, slot)
    with time_machine.travel(NOW, tick=False):
        assert pressed(slot, jane) == "/appointment/"
