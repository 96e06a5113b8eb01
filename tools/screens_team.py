"""The walks of `make screens` for a team's day: the call, times, requests, lists, day, set-up."""

import re

from playwright.sync_api import Page

from tools.pictures import FIRST_SIGHT, take

BORN = "15 2 1970"
"""Of Rukhsana Mahmood, whom the demo invents: booking/demo/life."""


def clerk(page: Page, width: str) -> None:
    """Look at a caller who has not been checked, a week of times, their request, what was done."""
    page.goto("/staff/desk/")
    page.get_by_label("Who is calling?").fill(f"Mahmood {BORN}")
    page.keyboard.press("Enter")
    page.locator("#patient-name").wait_for()
    page.get_by_text("Check who is calling").click()
    take(page, "36-call", width, page.locator("#call"))
    page.get_by_text("What to say").click()
    take(page, "37-what-to-say", width, page.locator("#call"))
    page.get_by_role("link", name="Show a week, day by day").click()
    page.locator("#week").wait_for()
    take(page, "38-week", width, page.locator("#times"), tallest=FIRST_SIGHT)
    page.get_by_role("link", name="Change this request").first.click()
    page.locator("#history").wait_for()
    take(page, "39-request", width, tallest=FIRST_SIGHT)
    page.goto("/staff/lists/displaced/")
    page.locator("main table a").first.click()
    page.locator("main h1").wait_for()
    take(page, "40-row", width, tallest=FIRST_SIGHT)


def imaging(page: Page, width: str) -> None:
    """Look at who comes today: all places, then one."""
    page.goto("/staff/day/")
    take(page, "41-days", width, tallest=FIRST_SIGHT)
    page.locator("main table a").nth(1).click()
    page.locator("main h1").wait_for()
    take(page, "42-day-list", width, tallest=FIRST_SIGHT)


def lead(page: Page, width: str) -> None:
    """Look at the places of one's trusts, at one of them, at the audit."""
    page.goto("/staff/places/")
    take(page, "43-places-by-hand", width, tallest=FIRST_SIGHT)
    page.locator("main").get_by_role("link", name=re.compile("Furness General")).first.click()
    page.locator("main h1").wait_for()
    take(page, "44-place-by-hand", width, tallest=FIRST_SIGHT)
    page.goto("/staff/audit/")
    page.get_by_label("Patient: reference").fill(f"Mahmood {BORN}")
    page.get_by_role("button", name="Search").click()
    page.locator("main table").wait_for()
    take(page, "45-audit", width, tallest=FIRST_SIGHT)


def admin(page: Page, width: str) -> None:
    """Look at the accounts, at one of them, at the files."""
    page.goto("/staff/accounts/")
    take(page, "46-accounts", width, tallest=FIRST_SIGHT)
    page.locator("main table a").first.click()
    page.locator("main h1").wait_for()
    take(page, "47-account", width)
    page.goto("/staff/files/")
    take(page, "48-files", width, tallest=FIRST_SIGHT)
