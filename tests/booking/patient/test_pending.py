"""What a patient sees where the hospital confirms each time itself."""

import pytest

from booking.appointments import booking, trust_answers
from booking.models import Appointment, Feed
from tests.booking.patient.conftest import text


@pytest.fixture
def asked(patient, make_slot, trust):
    """Jane has booked at a trust that confirms."""
    Feed.objects.update(confirms=True)
    slot = make_slot(day=20)
    patient.post("/hold/", {"slot": slot.pk})
    patient.get("/check/")
    patient.post("/confirm/", {"slot": slot.pk})
    return Appointment.objects.get()


def test_before_booking_the_page_says_that_the_hospital_confirms(patient, make_slot):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})

    assert "hospital confirms each time" not in text(patient.get("/check/"))
    Feed.objects.update(confirms=True)
    assert "hospital confirms each time" in text(patient.get("/check/"))


def test_the_page_waits_with_the_patient_and_says_what_happens_next(patient, asked):
    page = text(patient.get("/appointment/"))

    assert "Waiting for the hospital to confirm" in page
    assert "10am on Wednesday 25 November 2026, we ask it" in page
    assert "Add to your calendar" not in page
    assert "Cancel your appointment" in page


def test_once_confirmed_the_scan_is_booked(patient, asked, now):
    trust_answers.confirm(asked, 1, now=now, actor="feed RTX")

    page = text(patient.get("/appointment/"))
    assert "Your scan is booked" in page
    assert "Add to your calendar" in page


def test_once_refused_another_time_is_offered(patient, asked, now):
    trust_answers.refuse(asked, 1, now=now, actor="feed RTX")

    page = text(patient.get("/appointment/"))
    assert "The hospital cannot see you at this time" in page
    assert "Choose another time" in page


def test_a_pending_appointment_can_be_cancelled(patient, asked):
    patient.post("/appointment/cancel/")

    assert Appointment.objects.get().status == "cancelled"


def test_a_change_that_meets_another_of_the_old_time_is_asked_again(
    patient, make_slot, monkeypatch
):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})

    def meet(*args, **kwargs):
        raise booking.AppointmentChanged

    monkeypatch.setattr(booking, "book", meet)

    assert patient.post("/confirm/", {"slot": slot.pk})["Location"] == "/check/"
