"""Times on the desk in a real browser: they follow what colleagues hold, and keep the keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import faults, html_errors
from tests.browser.test_desk import find, jane, make_colleague_call, sign_in  # noqa: F401 - fixtures
from tests.browser.walk import next_page, press

pytestmark = pytest.mark.browser


def test_a_colleagues_hold_goes_from_an_open_screen_and_the_keyboard_is_not_lost(
    sign_in, jane, make_colleague_call  # noqa: F811
):  # fmt: skip
    first, second = sign_in(username="carol"), sign_in(username="bob")
    find(first)
    find(second, make_colleague_call.code)
    times = first.locator("button.desk-time")
    gone, kept = (times.nth(n).get_attribute("value") for n in (0, 1))
    first.locator(f"#slot-{kept}").focus()

    with next_page(second):
        second.locator(f"#slot-{gone}").click()

    expect(first.locator(f"#slot-{gone}")).to_have_count(0)
    expect(first.locator(f"#slot-{kept}")).to_be_focused()
    press(second, "Let it go")
    expect(first.locator(f"#slot-{gone}")).to_have_count(1)
    with next_page(first):
        first.locator(f"#slot-{kept}").click()
    assert first.get_by_text("Held by you until").count() == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_the_week_is_clean_and_holds_without_javascript(sign_in, jane, width):  # noqa: F811
    page = sign_in(width, javascript=False)
    find(page)
    page.get_by_label("Evening").check()
    press(page, "Show times")
    press(page, "Show a week", "link")
    press(page, "Week after", "link")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = html_errors(page)
    with next_page(page):
        page.locator("#week a", has_text="1 time").first.click()
    assert page.locator("#cell button.desk-time").count() == 1
    with next_page(page):
        page.locator("#cell button.desk-time").first.click()

    assert page.get_by_text("Held by you until").count() == 1
    assert found + html_errors(page) == []


def test_the_list_and_the_week_are_clean_for_everybody(sign_in, jane):  # noqa: F811
    page = sign_in(1280)
    find(page)
    found = faults(page) + html_errors(page)
    press(page, "Show a week", "link")

    assert found + faults(page) + html_errors(page) == []
