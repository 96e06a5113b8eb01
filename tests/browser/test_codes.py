"""A link's code leaves the address, tabs do not mix, and Back shows nothing after the end."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from booking.models import Exam, Patient, Referral
from tests.answers import answered
from tests.browser.awaited import watch
from tests.browser.walk import next_page, press, press_time, to_places

EITHER = pytest.mark.parametrize("javascript", [True, False])


def answer_birthday(page):
    for part, value in (("Day", "12"), ("Month", "3"), ("Year", "1961")):
        page.get_by_label(part).fill(value)
    press(page, "Continue")


def heading(page):
    return page.get_by_role("heading", level=1).inner_text()


def another_tab(page):
    """Open a second tab of the same browser: it has the same cookies."""
    tab = page.context.new_page()
    tab.faults = []
    watch(tab)
    return tab


def leave_for(page, minutes):
    """Let so long pass without use, as the server counts it."""
    (key,) = [one["value"] for one in page.context.cookies() if one["name"] == "finder"]
    session = SessionStore(key)
    session["used_at"] = (timezone.now() - timedelta(minutes=minutes)).isoformat()
    session.save()


@pytest.fixture
def tom(demo):
    patient = Patient.objects.create(given_name="Tom", family_name="Beck", born=demo.patient.born)
    return answered(Referral.objects.create(
        code="3XRD7JQF", patient=patient, exam=Exam.objects.get(), trust=demo.trust,
        urgency="routine", clock_start=demo.clock_start, target_day=demo.target_day,
    ))  # fmt: skip


@EITHER
def test_a_link_leaves_no_code_behind(open_page, javascript):
    page = open_page(javascript=javascript)
    asked = []
    page.on("request", lambda one: asked.append((one.url, one.headers.get("referer", ""))))

    page.goto("/a/7KQ49CRB")
    assert page.url.endswith("/born/")
    assert "7KQ4" not in page.content()
    page.reload()
    answer_birthday(page)

    assert page.url.endswith("/referral/")
    assert [url for url, _ in asked if "7KQ4" in url] == [asked[0][0]]
    assert not [referer for _, referer in asked if "7KQ4" in referer]
    page.go_back()
    assert page.url.endswith("/born/"), "the link itself is no step of the history"


@EITHER
def test_two_tabs_with_two_codes_each_open_their_own(open_page, tom, javascript):
    first = open_page(javascript=javascript)
    first.goto("/a/7KQ49CRB")
    second = another_tab(first)
    second.goto("/a/3XRD7JQF")

    answer_birthday(first)
    assert "For Jane Fell" in first.inner_text("body")
    answer_birthday(second)
    assert heading(second) == "We need your booking code again"
    first.reload()
    assert "For Jane Fell" in first.inner_text("body")


@EITHER
def test_back_after_signing_out_shows_nothing(open_page, javascript):
    page = open_page(javascript=javascript)
    to_places(page)
    press(page, "Sign out")
    assert heading(page) == "You are signed out"

    page.go_back()
    assert page.url.endswith("/signed-out/")
    assert "Jane" not in page.content()


@EITHER
def test_after_half_an_hour_the_page_says_so_and_the_time_comes_back(open_page, javascript):
    page = open_page(javascript=javascript)
    to_places(page)
    press_time(page)
    assert page.url.endswith("/check/")
    leave_for(page, 31)

    press(page, "Book this appointment")
    assert heading(page) == "We signed you out"
    assert "What you pressed last was not done" in page.inner_text("main")
    page.go_back()
    assert page.url.endswith("/signed-out/")
    assert "Jane" not in page.content()

    press(page, "Sign in")
    page.get_by_label("What is your booking code?").fill("7KQ4 9CRB")
    press(page, "Continue")
    answer_birthday(page)
    assert page.url.endswith("/check/")
    press(page, "Book this appointment")
    assert heading(page) == "Your scan is booked"


def test_filters_that_come_too_late_open_the_page_that_says_so(open_page):
    page = open_page(1280)
    to_places(page)
    leave_for(page, 31)
    page.get_by_text("Choose dates, times and what you need there").click()
    page.get_by_role("checkbox", name="Evening").check()

    with next_page(page):
        page.get_by_role("button", name="Show times").click()
    assert heading(page) == "We signed you out"
