"""What a list says when it cannot be shown: a wrong date, nobody signed in, no network."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.browser.walk import next_page, to_places

pytestmark = pytest.mark.browser
FILTERS = "Choose dates, times and what you need there"


@pytest.fixture
def at_places(open_page):
    def at_places(javascript=True, width=1280):
        page = open_page(width, javascript)
        to_places(page)
        page.get_by_text(FILTERS).click()
        page.get_by_role("checkbox", name="Evening").check()
        return page

    return at_places


def ask_for(page, last_day):
    """Type what no calendar of a browser would, and press the button."""
    page.locator("#to").evaluate("(box) => { box.type = 'text'; }")
    page.locator("#to").fill(last_day)
    page.get_by_role("button", name="Show times").click()


def times_of(page):
    shown = page.locator("button.finder-time").all_inner_texts()
    return {time.partition(",")[0].strip() for time in shown}


def test_a_wrong_date_is_said_where_the_list_was_and_at_its_field(at_places):
    page = at_places()
    page.evaluate("window.kept = 1")

    ask_for(page, "31/2/2027")

    summary = page.locator("#results .nhsuk-error-summary")
    expect(summary).to_be_focused()
    assert page.title().startswith("Error: ")
    expect(page.locator("#to-error")).to_contain_text("Type the last date like")
    expect(page.locator("#to")).to_have_value("31/2/2027")
    assert "to-error" in page.locator("#to").get_attribute("aria-describedby")
    assert times_of(page) == {"6pm"}, "evenings, as was asked"
    assert page.evaluate("window.kept") == 1, "no other page was loaded"
    summary.get_by_role("link").click()
    expect(page.locator("#to")).to_be_focused()

    page.locator("#to").fill("")
    page.get_by_role("button", name="Show times").click()
    expect(page.locator(".nhsuk-error-summary")).to_have_count(0)
    expect(page.locator("#to-error")).to_have_count(0)
    assert not page.title().startswith("Error: ")
    expect(page.get_by_role("button", name="Show times")).to_be_focused()


def test_without_javascript_it_is_a_page_that_says_the_same(at_places):
    page = at_places(javascript=False)

    page.goto(f"{page.url}?to=31/2/2027&daypart=evening")

    expect(page.locator(".nhsuk-error-summary")).to_contain_text("Type the last date like")
    expect(page.locator("#to-error")).to_be_visible()
    expect(page.locator("#to")).to_have_value("31/2/2027")
    assert times_of(page) == {"6pm"}


def test_who_is_signed_out_meanwhile_sees_that_page_and_not_a_page_in_the_list(at_places):
    page = at_places()
    Session.objects.all().delete()

    with next_page(page):
        page.get_by_role("button", name="Show times").click()

    assert page.get_by_role("heading", level=1).all_inner_texts() == ["You are signed out"]
    expect(page.locator("header")).to_have_count(1)
    assert page.url.endswith("/signed-out/")


@pytest.mark.parametrize("fault", ["offline", "proxy"])
def test_offline_says_so_and_the_next_press_tries_again(at_places, fault):
    page = at_places()
    answer = {"status": 502, "content_type": "text/html", "body": "<html><h1>Bad</h1></html>"}
    if fault == "offline":
        page.context.set_offline(True)
    else:
        page.route("**/choose/**", lambda route: route.fulfill(**answer))

    page.get_by_role("button", name="Show times").click()

    said = page.locator("#results .nhsuk-error-summary")
    expect(said).to_contain_text("We could not show you times")
    expect(said).to_be_focused()
    expect(page.locator("button.finder-time")).to_have_count(0)
    expect(page.get_by_role("checkbox", name="Evening")).to_be_checked()
    page.faults.clear()  # the 502 that the test itself made
    page.context.set_offline(False)
    page.unroute_all()
    page.get_by_role("button", name="Show times").click()
    expect(page.locator("button.finder-time").first).to_contain_text("6pm")


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_an_address_of_a_form_leads_on(at_places, javascript):
    page = at_places(javascript)

    page.goto("/confirm/")

    assert page.get_by_role("heading", level=1).inner_text() == "Choose a place and time"
