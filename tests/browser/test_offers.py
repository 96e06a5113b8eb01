"""A time that is kept for somebody who is asked: their page and the desk, in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booking.appointments import booking, holds
from booking.models import Appointment, Offer, Slot, StopQuestion
from booking.offers import making
from booking.offers.making import Terms
from sites.models import Site
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.test_desk import sign_in as staff_sign_in  # noqa: F401 - a fixture
from tests.browser.walk import press, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def offer(demo):
    """Jane is booked on the last day that there is, and asked about one in six days."""
    now = timezone.now()
    slots = Slot.objects.order_by("start", "pk")
    holds.hold(demo, slots.last().pk, now=now)
    mine = booking.book(demo, slots.last().pk, now=now, actor="patient")
    soon = slots.filter(start__gt=now + timedelta(days=6)).first()
    terms = Terms(Offer.Why.SOONER, now + timedelta(hours=20), appointment=mine)
    return making.make(demo, soon.pk, terms, now=now, actor="clock")


@pytest.mark.parametrize(("width", "javascript"), [(390, False), (1280, True)])
def test_a_patient_says_yes(open_page, offer, width, javascript):
    page = open_page(width, javascript)
    sign_in(page)
    assert page.url.endswith("/offer/")
    found = html_errors(page) + (faults(page) if javascript else [])

    press(page, "Continue")
    page.get_by_label("Yes, I want this time").check()
    press(page, "Continue")

    assert page.url.endswith("/appointment/")
    assert Appointment.objects.get().slot_id == offer.slot_id
    page.goto("/offer/")
    found += html_errors(page) + (faults(page) if javascript else [])
    assert found == []


def test_a_clerk_hears_no(staff_sign_in, demo, offer):  # noqa: F811
    page = staff_sign_in()
    page.goto(f"/staff/patient/{demo.patient_id}/")
    found = html_errors(page) + faults(page)
    press(page, "They say no")
    assert page.get_by_text("They do not want it: the time is let go.").is_visible()
    offer.refresh_from_db()
    assert offer.state == "declined"
    assert not Slot.objects.filter(held_by=demo, free_at__gt=timezone.now()).exists()
    assert found == []


@pytest.fixture
def moved(demo):
    """Jane is booked, and her scanner stands at another place than it did."""
    now = timezone.now()
    slot = Slot.objects.filter(start__gt=now + timedelta(days=6)).order_by("start", "pk").first()
    holds.hold(demo, slot.pk, now=now)
    made = booking.book(demo, slot.pk, now=now, actor="patient")
    return StopQuestion.objects.create(
        appointment=made, version=made.version, was_at=Site.objects.exclude(pk=made.site_id)[0],
        asked_at=now, until=now + timedelta(hours=20),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("width", "javascript", "said", "state"),
    [(390, False, "No, let this time go", "declined"), (1280, True, "Yes, it suits me", "kept")],
)
def test_a_patient_says_if_the_new_place_suits(open_page, moved, width, javascript, said, state):
    page = open_page(width, javascript)
    sign_in(page)
    page.goto("/appointment/")
    assert page.get_by_role("heading", name="Does the new place suit you?").is_visible()
    found = html_errors(page) + (faults(page) if javascript else [])
    press(page, said)
    assert page.url.endswith("/appointment/")
    assert not page.get_by_text("Does the new place suit you?").is_visible()
    moved.refresh_from_db()
    assert moved.state == state
    assert found == []


def test_a_clerk_hears_that_it_suits(staff_sign_in, demo, moved):  # noqa: F811
    page = staff_sign_in()
    page.goto(f"/staff/patient/{demo.patient_id}/")
    found = html_errors(page) + faults(page)
    press(page, "It suits")
    assert page.get_by_text("The other place suits: the time stays as it is.").is_visible()
    moved.refresh_from_db()
    assert moved.state == "kept"
    assert found == []
