"""A link to one time, and a hospital that confirms: in a real browser, clean to axe."""

import pytest
from django.utils import timezone

from booking.appointments import trust_answers
from booking.models import Appointment, Feed, Slot
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.walk import press

pytestmark = pytest.mark.browser


def sign_in_from_here(page):
    page.get_by_label("What is your booking code?").fill("7KQ4 9CRB")
    press(page, "Continue")
    for part, value in (("Day", "12"), ("Month", "3"), ("Year", "1961")):
        page.get_by_label(part).fill(value)
    press(page, "Continue")


def heading(page):
    return page.get_by_role("heading", level=1).inner_text()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_link_to_one_time_leads_to_that_time_booked(open_page, width, javascript):
    page = open_page(width, javascript)
    slot = Slot.objects.order_by("start")[4]

    page.goto(f"/slot/{slot.pk}/?source=maps")
    press(page, "Continue")
    sign_in_from_here(page)
    assert "We are keeping this time for you until" in page.get_by_role("status").inner_text()
    press(page, "Book this appointment")

    assert heading(page) == "Your scan is booked"
    assert Appointment.objects.get().slot_id == slot.pk


def test_a_time_that_has_gone_leads_to_the_nearest(open_page):
    page = open_page()
    slot = Slot.objects.order_by("start")[4]
    Slot.objects.filter(pk=slot.pk).update(free_at=None)

    page.goto(f"/slot/{slot.pk}/")
    assert heading(page) == "This time has gone"
    press(page, "Continue")
    sign_in_from_here(page)

    assert heading(page) == "This time has just been taken"
    assert page.locator("button.finder-time").count() == 3


@pytest.mark.parametrize("width", [320, 1280])
def test_these_pages_are_clean(open_page, demo, width):
    page = open_page(width)
    slot, gone = Slot.objects.order_by("start")[4:6]
    Slot.objects.filter(pk=gone.pk).update(free_at=None)
    found = []

    def look():
        found.extend(faults(page))
        found.extend(html_errors(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append((page.url, "scrolls sideways"))

    for address in (f"/slot/{slot.pk}/", f"/slot/{gone.pk}/", "/slot/999999/"):
        page.goto(address)
        look()
    Feed.objects.update(confirms=True)
    page.goto(f"/slot/{slot.pk}/")
    press(page, "Continue")
    sign_in_from_here(page)
    look()
    press(page, "Book this appointment")
    assert heading(page) == "Waiting for the hospital to confirm"
    look()

    assert found == []


def test_a_confirmed_time_shows_as_booked_on_the_same_page(open_page, demo):
    page = open_page()
    Feed.objects.update(confirms=True)
    slot = Slot.objects.order_by("start")[4]
    page.goto(f"/slot/{slot.pk}/")
    press(page, "Continue")
    sign_in_from_here(page)
    press(page, "Book this appointment")

    made = Appointment.objects.get()
    trust_answers.confirm(made, 1, now=timezone.now(), actor="feed RTX")
    page.reload()

    assert heading(page) == "Your scan is booked"
