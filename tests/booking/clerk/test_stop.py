"""The desk: a mobile scanner stands elsewhere, and the caller says whether that suits."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.models import Appointment, StopQuestion

ASKED = "Ask whether the new place suits."


@pytest.fixture
def question(jane, make_slot, lancaster, now):
    slot = make_slot(day=8)
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")
    return StopQuestion.objects.create(
        appointment=made, version=made.version, was_at=lancaster,
        asked_at=now, until=now + timedelta(hours=24),
    )  # fmt: skip


def test_the_screen_asks_and_says_both_places(at_desk, question):
    page = at_desk.screen()
    assert ASKED in page
    assert "was going to be at Lancaster" in page


@pytest.mark.parametrize(("said", "status", "state"), [
    ("yes", "booked", "kept"), ("no", "cancelled", "declined"), ("", "booked", "open"),
])  # fmt: skip
def test_what_they_say_is_done(at_desk, question, said, status, state):
    answer = at_desk("place", do=said)
    question.refresh_from_db()
    assert (Appointment.objects.get().status, question.state) == (status, state)
    page = at_desk.after(answer)
    assert (ASKED in page) == (state == "open")
    if state == "declined":
        assert "the time is let go. Find another time now." in page


def test_it_suits_pressed_twice_is_once(at_desk, question):
    about = at_desk.carried("place")
    for _ in range(2):
        assert at_desk("place", do="yes", about=about).status_code == 302
    assert Appointment.objects.get().version == 1
