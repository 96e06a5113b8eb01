"""Somebody who changes a booking again and again: every one stands, and few texts are sent."""

import pytest
from django.utils import timezone

from booking.models import Appointment
from notifications.models import Message, State
from tests.booking.patient.conftest import send_what_is_due, text

NOT_SENT = (State.CANCELLED, State.SUPPRESSED)


@pytest.fixture
def change(patient, make_slot, jane):
    """Choose and confirm another time on the patient's pages; return the page after it."""
    days = iter(range(8, 60))

    def change():
        slot = make_slot(day=next(days))
        patient.post("/hold/", {"slot": slot.pk})
        patient.post("/confirm/", {"slot": slot.pk})
        assert Appointment.objects.get(status="booked").slot == slot
        return " ".join(text(patient.get("/appointment/")).split())

    return change


def test_the_booking_stands_and_the_page_says_when_its_text_goes(change, clock, settings):
    settings.TEXTS_AN_HOUR = 2
    pages = []
    for _ in range(5):
        pages.append(change())
        clock.shift(60)  # so that it cannot be undone any more
        send_what_is_due(timezone.now())

    assert "We are sending you a text with these details" in pages[1]
    for page in pages[2:]:
        assert "We will text you these details from 11" in page
        assert "on Tuesday 24 November" in page
    told = Message.objects.filter(kind__in=("confirmation", "changed")).exclude(state__in=NOT_SENT)
    last = told.order_by("-created_at").first()
    assert last.subject_version == Appointment.objects.get(status="booked").version
    assert told.filter(due_at__gte=timezone.now()).count() == 1, "of those that wait the last alone"
