"""Something sooner in a real browser: onto the list, changed and off it, at both widths, with and
without JavaScript; the clerk's and the leads' pages."""

import os

import pytest
from playwright.sync_api import expect

from booking.models import SoonerWish
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.test_desk import sign_in as staff_sign_in  # noqa: F401 - a fixture
from tests.browser.walk import press, to_booked

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SOONER_SHOTS")


def look(page, name):
    """Keep a picture for whoever wants to look; return what is wrong with the page."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    return html_errors(page)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("javascript", [True, False], ids=["JavaScript", "none"])
def test_a_patient_asks_for_something_sooner_changes_it_and_stops(
    open_page, demo, width, javascript
):
    page, found = open_page(width, javascript), []
    to_booked(page)
    press(page, "Ask for something sooner", role="link")
    found += look(page, f"start-{width}")
    press(page, "Start")
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("Choose how soon you can come")
    page.get_by_label("I need 2 days").check()
    found += look(page, f"notice-{width}")
    press(page, "Continue")
    page.get_by_label("I will choose the places").check()
    press(page, "Continue")
    page.get_by_label("Furness General Hospital").check()
    found += look(page, f"places-{width}")
    press(page, "Continue")
    page.get_by_label("Monday").check()
    press(page, "Continue")
    press(page, "Continue")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check before")
    expect(page.locator("main")).to_contain_text("Any time of day")
    found += look(page, f"check-{width}")
    if javascript:
        found += faults(page)
    press(page, "Put me on the list")
    expect(page.get_by_role("heading", level=1)).to_contain_text("You are on the list")
    found += look(page, f"on-{width}")
    assert SoonerWish.objects.get().state == "on"
    overflows = "document.documentElement.scrollWidth > window.innerWidth"
    assert not page.evaluate(overflows)

    press(page, "Take me off the list", role="link")
    press(page, "Yes, take me off the list")
    assert SoonerWish.objects.get().state == "off"
    assert found == []


def test_the_clerks_and_the_leads_pages_are_clean(
    open_page,
    demo,
    staff_sign_in,  # noqa: F811
):
    page = open_page(390)
    to_booked(page)
    desk = staff_sign_in(1280)
    desk.goto(f"/staff/referrals/{demo.pk}/sooner/")
    found = faults(desk) + look(desk, "clerk")
    desk.get_by_label("I need 3 days").check()
    desk.get_by_label("Any place that does this scan").check()
    press(desk, "Put on the list")
    assert SoonerWish.objects.get().door == "staff"
    desk.goto(f"/staff/patient/{demo.patient_id}/")
    found += faults(desk) + look(desk, "screen")
    assert found == []
