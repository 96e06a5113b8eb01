"""A few letters instead of a long list: by keyboard, by touch, without JavaScript, and clean."""

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from booking.appointments import booking, displacing, holds
from booking.models import Exam, Slot
from tests.browser.keyboard import Keyboard
from tests.browser.test_accessibility import faults
from tests.browser.test_desk import jane  # noqa: F401 - a fixture
from tests.browser.walk import let_in, next_page

pytestmark = pytest.mark.browser


@pytest.fixture
def lists(open_page, make_staff, live_server, jane):  # noqa: F811 - the fixture
    """Return a page of the lists, on which one row is about a time that was taken away."""
    slot, now = Slot.objects.order_by("start").first(), timezone.now()
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")
    with transaction.atomic():
        displacing.withdraw_slots([slot.pk], now=now, actor="feed RTX")
    clerk = make_staff()

    def lists(width=390, javascript=True):
        page = open_page(width, javascript)
        let_in(page, clerk, live_server.url)
        page.goto("/staff/lists/")
        return page

    lists.place = slot.site
    return lists


def test_a_place_is_chosen_by_a_few_letters(lists):
    page, place = lists(), lists.place
    keys, box = Keyboard(page), page.get_by_role("combobox", name="Place", exact=True)
    options = page.locator("#place-choices [role=option]")

    box.focus()
    keys.type("nowhere")
    expect(options).to_have_text(["Nothing fits. Type other words"])
    keys.press("Enter")
    assert page.url.endswith("/staff/lists/"), "what is not chosen is not sent"
    keys.press("Escape")
    expect(box).to_have_value("All")
    box.select_text()
    keys.type("hosp fur")
    expect(options).to_have_text([place.name])
    expect(box).to_have_attribute("aria-activedescendant", "place-choices-0")
    expect(page.locator(".choose [role=status]").first).to_have_text("1 fits")
    found = faults(page)
    keys.press("Enter")
    expect(box).to_have_value(place.name)
    expect(box).to_have_attribute("aria-expanded", "false")
    with next_page(page):
        keys.press("Enter")

    assert f"place={place.pk}" in page.url
    expect(box).to_have_value(place.name)
    assert found + faults(page) == []


def test_a_finger_or_an_arrow_chooses_and_what_is_left_is_as_it_was(lists):
    page = lists()
    box = page.get_by_role("combobox", name="Place", exact=True)

    box.click()
    page.get_by_role("option", name=lists.place.name).click()
    expect(page.locator("select[name=place]")).to_have_value(str(lists.place.pk))
    box.press("ArrowUp")
    box.press("Tab")
    expect(page.locator("select[name=place]")).to_have_value("")
    box.fill("furn")
    box.press("Escape")
    box.blur()

    expect(box).to_have_value("All")
    expect(page.locator("select[name=place]")).to_have_value("")


def test_several_that_fit_are_never_taken_by_going_on(lists):
    Exam.objects.create(
        code="MR-HIP", name="an MRI scan of your hip", modality="MR", body_part="hip", minutes=30
    )
    page = lists()
    page.goto("/staff/refer/")
    box = page.get_by_role("combobox", name="Exam")

    box.fill("mri scan")
    expect(page.locator("#exam-choices [role=option]")).to_have_count(2)
    box.press("Tab")
    expect(box).to_have_value("mri scan")
    box.fill("hip")
    box.press("Tab")

    expect(box).to_have_value("An MRI scan of your hip (MR-HIP)")
    assert faults(page) == []


def test_without_javascript_the_select_stays(lists):
    page = lists(javascript=False)

    page.get_by_label("Place", exact=True).select_option(str(lists.place.pk))
    with next_page(page):
        page.get_by_role("button", name="Show", exact=True).click()

    assert f"place={lists.place.pk}" in page.url
    assert page.locator("[role=combobox]").count() == 0
