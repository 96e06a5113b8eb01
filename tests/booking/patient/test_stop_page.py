"""The mobile scanner stands elsewhere: the appointment asks if it suits, and takes the answer."""

from datetime import timedelta

import pytest

from booking.appointments import booking
from booking.models import Appointment, StopQuestion, WorklistRow
from tests.booking.patient.conftest import text

ASKED = "Does the new place suit you?"


@pytest.fixture
def made(jane, booked):
    return booked(jane)


@pytest.fixture
def question(made, lancaster, now):
    return StopQuestion.objects.create(
        appointment=made, version=made.version, was_at=lancaster,
        asked_at=now, until=now + timedelta(hours=24),
    )  # fmt: skip


def press(client, suits, **more):
    return client.post("/appointment/place/", {"suits": suits, **more})


def test_the_appointment_says_both_places_and_asks(patient, question):
    page = text(patient.get("/appointment/"))
    assert ASKED in page
    assert "was going to be at Lancaster" in page
    assert "It will be at <b>Furness" in page
    assert patient.get("/appointment/place/").url == "/appointment/"


def test_nothing_is_asked_of_whom_it_does_not_concern(patient, made):
    assert ASKED not in text(patient.get("/appointment/"))
    assert press(patient, "no").url == "/appointment/"
    made.refresh_from_db()
    assert made.status == "booked"


@pytest.mark.parametrize("state", ["open", "silent"])
def test_yes_keeps_it_and_asks_no_more(patient, made, question, state):
    StopQuestion.objects.update(state=state)
    for _ in range(2):
        assert press(patient, "yes").url == "/appointment/"
    made.refresh_from_db()
    question.refresh_from_db()
    assert (made.status, made.version, question.state) == ("booked", 1, "kept")
    assert ASKED not in text(patient.get("/appointment/"))


def test_no_lets_it_go_once_and_leads_to_other_times(patient, made, question):
    old = patient.carried("/appointment/")
    for _ in range(2):
        assert press(patient, "no", **old).url == "/appointment/"
    question.refresh_from_db()
    assert (Appointment.objects.get().status, question.state) == ("cancelled", "declined")
    assert WorklistRow.objects.filter(kind="not_rebooked", closed_at=None).count() == 1
    assert "Choose another time" in text(patient.get("/appointment/"))


def test_what_is_no_answer_does_nothing(patient, made, question):
    for wrong in ("", "maybe", "x" * 50):
        assert press(patient, wrong).url == "/appointment/"
    question.refresh_from_db()
    assert (Appointment.objects.get().status, question.state) == ("booked", "open")


def test_an_old_page_does_nothing_to_what_was_booked_since(patient, made, question, booked, jane):
    old = patient.carried("/appointment/")
    booking.cancel(made, made.version, now=question.asked_at, actor="patient")
    booked(jane, day=22)
    assert press(patient, "no", **old).status_code == 409
    assert Appointment.objects.get(status="booked").referral == jane


def test_who_says_no_and_yes_at_once_is_told_what_is_so(patient, made, question, monkeypatch):
    monkeypatch.setattr(
        "booking.offers.stop_moved.answering.open_question", lambda _appointment: question
    )
    StopQuestion.objects.update(state="kept")
    assert press(patient, "no").status_code == 409
    assert Appointment.objects.get().status == "booked"
