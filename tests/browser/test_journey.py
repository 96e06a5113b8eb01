"""The whole journey in a real browser: narrow and wide, with and without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from booking.models import Appointment, Slot
from notifications.models import Message
from tests.browser.walk import press, press_time, sign_in, to_booked, to_check, to_places

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_patient_books_the_first_time_at_the_nearest_place(open_page, width, javascript):
    page = open_page(width, javascript)

    to_places(page)
    assert page.get_by_role("status").inner_text().startswith("3 places have appointments")
    names = page.locator(".finder-place__name").all_inner_texts()
    assert [name.split(".")[-1].strip() for name in names] == [
        "Furness General Hospital",
        "Royal Lancaster Infirmary",
        "Fleetwood Community Diagnostic Centre",
    ]
    press_time(page)
    assert "We are keeping this time for you until" in page.get_by_role("status").inner_text()
    press(page, "Book this appointment")

    booked = Appointment.objects.get()
    reference = f"{booked.reference[:4]} {booked.reference[4:]}"
    assert page.get_by_role("heading", level=1).inner_text() == "Your scan is booked"
    assert reference in page.inner_text("main")
    assert booked.site.name in page.inner_text("main")
    assert Message.objects.filter(kind="confirmation").count() == 1


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_scrolls_sideways(open_page, width):
    page = open_page(width)
    seen = []

    def look():
        wide = page.evaluate("document.documentElement.scrollWidth")
        seen.append((page.url.rsplit("/", 2)[-2], wide <= width))

    to_check(page)
    look()
    page.go_back()
    look()
    page.goto("/check/")
    press(page, "Book this appointment")
    look()
    page.goto("/demo/phone/")
    look()

    assert [fits for _, fits in seen] == [True] * 4, seen


def test_filters_swap_the_list_and_keep_the_address_for_reload(open_page):
    page = open_page(1280)
    to_places(page)

    page.get_by_text("Choose dates, times and what you need there").click()
    page.get_by_role("checkbox", name="Community diagnostic centre").check()
    page.get_by_role("checkbox", name="Evening").check()
    page.get_by_role("button", name="Show times").click()
    page.get_by_text("1 place has appointments").wait_for()

    assert page.locator("button.finder-time").first.inner_text().startswith("6pm")
    page.wait_for_url("**kind=cdc**")
    page.reload()
    assert page.get_by_role("status").inner_text().startswith("1 place has appointments")


def test_back_after_booking_and_again_makes_one_appointment(open_page):
    page = open_page()
    to_booked(page)

    page.go_back()
    page.wait_for_url("**/appointment/")

    assert page.get_by_role("heading", level=1).inner_text() == "Your scan is booked"
    assert Appointment.objects.count() == 1


def test_a_hold_that_ran_out_offers_the_same_time_again(open_page):
    page = open_page()
    to_check(page)
    Slot.objects.filter(held_by__isnull=False).update(free_at=timezone.now() - timedelta(seconds=1))

    press(page, "Book this appointment")
    assert page.get_by_role("heading", level=1).inner_text() == "Your 15 minutes ran out"
    press(page, "Take this time again")
    press(page, "Book this appointment")

    assert page.get_by_role("heading", level=1).inner_text() == "Your scan is booked"


def test_who_loses_a_race_is_offered_three_times_near_it(open_page):
    page = open_page()
    to_check(page)
    Slot.objects.filter(held_by__isnull=False).update(free_at=None, held_by=None)

    press(page, "Book this appointment")

    assert page.get_by_role("heading", level=1).inner_text() == "This time has just been taken"
    assert page.locator("button.finder-time").count() == 3
    press_time(page)
    press(page, "Book this appointment")
    assert Appointment.objects.count() == 1


def test_changing_keeps_the_old_time_until_the_new_one_is_booked(open_page):
    page = open_page()
    to_booked(page)
    first = Appointment.objects.get()

    press(page, "Change your appointment", "link")
    press_time(page, 3)
    assert Appointment.objects.get().slot_id == first.slot_id
    press(page, "Change my appointment")

    moved = Appointment.objects.get()
    assert moved.slot_id != first.slot_id
    assert Slot.objects.get(pk=first.slot_id).free_at is not None


def test_cancelling_asks_once_and_frees_the_time(open_page):
    page = open_page()
    to_booked(page)

    press(page, "Cancel your appointment", "link")
    press(page, "Yes, cancel it")

    assert page.get_by_role("heading", level=1).inner_text() == "Your appointment is cancelled"
    assert Appointment.objects.get().status == "cancelled"


def test_a_wrong_answer_says_what_to_do_and_focus_goes_to_it(open_page):
    page = open_page()
    sign_in(page, born=("1", "1", "1990"))

    assert page.title().startswith("Error: ")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    assert "We cannot find that booking code" in page.inner_text("main")
