"""The walks of `make screens` for what waits: a lost clinic, suspected cancer, something sooner."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page

from tools.pictures import FIRST_SIGHT, WIDTHS, open_page, sign_in, take

LEAD = "lead"
LOST_CODE, LOST_BORN = "6WVT 4HMB", ("2", "4", "1958")
"""Of somebody who is booked on the clinic that is lost, as booking/demo/lost_day.py has them."""


def alerts(page: Page, width: str) -> None:
    """Look at the board of suspected cancer, and at the banner that every page has."""
    page.goto("/staff/alerts/")
    page.locator("#board").wait_for()
    take(page, "29-alerts", width, tallest=FIRST_SIGHT)


def lead(page: Page, width: str) -> None:
    """Look at a lead's own pages: the rota, times that are kept, many rows at once, sooner."""
    page.goto("/staff/rota/RXL/")
    take(page, "30-rota", width)
    page.goto("/staff/sooner/")
    take(page, "32-sooner-figures", width, tallest=FIRST_SIGHT)
    page.goto("/staff/lists/")
    for number in range(2):
        page.locator("input[name=row]").nth(number).check()
    take(page, "34-many-rows", width, page.locator("main form div.desk-box:has(#every)"))
    page.goto("/staff/reserved/")
    page.get_by_role("link", name=re.compile("^Change CT at Blackpool")).click()
    page.get_by_label("percent").fill("20")
    page.get_by_role("button", name="Keep this many").click()
    page.wait_for_load_state()
    page.goto("/staff/reserved/")
    take(page, "35-reserved", width, tallest=FIRST_SIGHT)


def lost(chromium: Browser) -> None:
    """Bring the demo's lost clinic back, lose it again, look, confirm; then look as a patient."""
    signed_in = sign_in(chromium, LEAD)
    pages = {width: open_page(chromium, width, signed_in) for width in WIDTHS}
    first = pages["wide"]
    first.goto("/staff/lost/")
    first.locator("main a[href*='/staff/lost/']").first.click()
    what, day = _what_and_day(first)
    _press(first, "It is back")
    _at_each(pages, lambda page: _say(page, what, day), "26-lost-preview")
    _press(first, "It is lost")
    address = first.url
    _at_each(pages, lambda page: page.goto(address), "27-lost-clinic")
    _press(first, "Confirm, and tell everybody")
    _at_each(pages, lambda page: page.goto(address), "28-lost-told")
    for width in WIDTHS:
        _offer(open_page(chromium, width), width)


def _at_each(pages: dict[str, Page], go: Callable[[Page], object], name: str) -> None:
    for width, page in pages.items():
        go(page)
        page.locator("main h1").wait_for()
        take(page, name, width)


def _press(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words).click()


def _what_and_day(page: Page) -> tuple[str, str]:
    """Return what is lost, and on which day, as the page of a lost clinic says it."""
    what = page.locator("main h1").inner_text()
    said = page.locator("main h1 + p").inner_text()
    found = re.search(r"(\d+) (\w+) (\d{4})", said)
    assert found, said
    return what, " ".join(found.groups())


def _say(page: Page, what: str, day: str) -> None:
    page.goto("/staff/lost/")
    page.get_by_label("What is lost, or to be closed?").select_option(label=what)
    page.get_by_label("Day, or the first day").fill(day)
    page.get_by_label("Why").select_option("broken")
    with page.expect_navigation():
        page.get_by_role("button", name="See who is booked there").click()


def _offer(page: Page, width: str) -> None:
    """Sign in as somebody whose clinic is lost, and look at what is kept for them."""
    page.goto("/")
    page.get_by_role("button", name="Start now").click()
    page.get_by_label("What is your booking code?").fill(LOST_CODE)
    page.get_by_role("button", name="Continue").click()
    for part, value in zip(("Day", "Month", "Year"), LOST_BORN, strict=True):
        page.get_by_label(part).fill(value)
    page.get_by_role("button", name="Continue").click()
    page.goto("/offer/")
    take(page, "33-offer", width)
