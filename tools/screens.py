"""`make screens`: walks the journeys in a demo that runs, and takes docs/screens again.

Start a demo of its own first (make run, with an empty VAR_DIR): the walks book, cancel, and tell
the people of the lost clinic. Staff sign in with the demo's second factor, which works once in half
a minute. PORT names another port, CHROMIUM another browser; ARGS=lost takes that walk alone.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools import browser, screens_insights, screens_team, screens_waiting
from tools.pictures import FIRST_SIGHT, OUT, WIDTHS, open_page, sign_in, take

Walk = Callable[[Page, str], None]
CLERK, ADMIN = "clerk", "admin"
FROM, PLACE = "Preston", "Chorley and South Ribble Hospital"
CODE, BORN, POSTCODE = "7KQ4 9CRB", ("12", "3", "1961"), "LA14 4LF"
STOPPED, TO_LIFT, TWICE = "8PDF 5WGX", "9GWP 3KTY", "5BKC 7VMD"
"""Codes of who must be phoned first, who needs a hoist, and whose scan has two parts."""
BORN_OF = {
    CODE: BORN,
    STOPPED: ("1", "6", "1990"),
    TO_LIFT: ("30", "7", "1947"),
    TWICE: ("8", "2", "1958"),
}


def main() -> int:
    """Take every picture at both widths, or those of the walks that are named."""
    path = browser.find()
    if path is None:
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:] or list(WALKS)
    if unknown := set(wanted) - set(WALKS):
        print(f"There is no walk {', '.join(sorted(unknown))}. There are: {', '.join(WALKS)}")
        return 1
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name in wanted:
            WALKS[name](chromium)
        chromium.close()
    return 0


def _at_both_widths(*walks: Walk, user: str = "") -> Callable[[Browser], None]:
    """Return what goes these walks at each width, as a patient or as a member of staff."""

    def go(chromium: Browser) -> None:
        signed_in = sign_in(chromium, user) if user else None
        for width in WIDTHS:
            for walk in walks:
                page = open_page(chromium, width, signed_in)
                walk(page, width)
                page.close()

    return go


def _find(page: Page, width: str) -> None:
    """Look for a place, as somebody who has no code yet."""
    page.goto("/places")
    page.get_by_label("Postcode or town").fill(FROM)
    page.get_by_label("Scan", exact=True).select_option("MR")
    page.get_by_role("button", name="Find places").click()
    page.locator("#found").wait_for()
    take(page, "8-finder", width, tallest=1250)
    take(page, "9-finder-map", width, page.locator(".finder-map"))
    page.get_by_role("link", name=PLACE, exact=True).click()
    page.get_by_role("heading", level=1, name=PLACE).wait_for()
    take(page, "10-place", width)
    page.get_by_role("link", name="Where it goes next").first.click()
    page.get_by_text("Where it goes").first.wait_for()
    take(page, "11-timetable", width)


def _sign_in_as(page: Page, code: str, width: str = "") -> None:
    """Sign in as a patient of the demo; with a width, take what the pages on the way look like."""
    page.goto("/")
    if width:
        take(page, "1-start", width)
    page.get_by_role("button", name="Start now").click()
    page.get_by_label("What is your booking code?").fill(code)
    page.get_by_role("button", name="Continue").click()
    for part, value in zip(("Day", "Month", "Year"), BORN_OF[code], strict=True):
        page.get_by_label(part).fill(value)
    if width:
        take(page, "2-date-of-birth", width)
    page.get_by_role("button", name="Continue").click()
    page.goto("/referral/")


def _answer_all(page: Page, first: str = "No") -> None:
    """Answer what is still open: the first question so, every other with No."""
    page.goto("/questions/")
    answer = first
    while page.locator("input[name=asked]").count():
        page.get_by_label(answer, exact=True).check()
        page.get_by_role("button", name="Continue").click()
        page.wait_for_load_state()
        answer = "No"
    page.goto("/questions/check/")
    page.get_by_role("button", name="These answers are right").click()


def _to_list(page: Page) -> None:
    page.goto("/where/")
    page.get_by_label("Where will you travel from?").fill(POSTCODE)
    page.get_by_role("button", name="Continue").click()
    if page.get_by_label("By car").count():
        page.get_by_label("By car").check()
        page.get_by_role("button", name="Continue").click()
    page.locator("#results").wait_for()


def _walk_stopped(page: Page, width: str) -> None:
    """A pacemaker: nothing is booked before a person has phoned."""
    _sign_in_as(page, STOPPED)
    _answer_all(page, "Yes")
    page.goto("/questions/next/")
    take(page, "20-stopped", width)


def _walk_left_out(page: Page, width: str) -> None:
    """Somebody who needs a hoist: what they need, and which places are left out, and why."""
    _sign_in_as(page, TO_LIFT)
    _answer_all(page)
    page.goto("/needs/?back=referral")
    page.get_by_label("A hoist").check()
    take(page, "21-needs", width)
    page.locator("main form button").first.click()
    _to_list(page)
    page.get_by_text("Why not here?").click()
    take(page, "22-why-not-here", width, page.locator("#left-out"))


def _walk_twice(page: Page, width: str) -> None:
    """A bone scan: two visits on one day are one choice."""
    _sign_in_as(page, TWICE)
    _answer_all(page)
    _to_list(page)
    take(page, "23-two-visits", width, tallest=FIRST_SIGHT)
    page.locator("button.finder-time").first.click()
    take(page, "24-two-visits-check", width)


def _walk(page: Page, width: str) -> None:
    _sign_in_as(page, CODE, width)
    take(page, "3-referral", width)
    page.get_by_role("button", name="Continue").click()
    _answer(page, width)
    page.get_by_label("Where will you travel from?").fill(POSTCODE)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("By car").check()
    page.get_by_role("button", name="Continue").click()
    take(page, "4-places", width)
    page.goto("/choose/?from=" + _in_three_weeks())
    page.locator("button.finder-time").nth(2).click()
    take(page, "5-check", width)
    page.get_by_role("button", name="Book this appointment").click()
    take(page, "6-booked", width)
    page.get_by_role("link", name="Ask for something sooner").click()
    page.get_by_role("button", name="Start").click()
    page.get_by_label("I need 2 days").check()
    take(page, "31-sooner", width)
    page.goto("/demo/phone/")
    _wait_for_text(page)
    take(page, "7-phone", width, tallest=1250)
    page.goto("/appointment/cancel/")
    page.get_by_role("button", name="Yes, cancel it").click()


def _answer(page: Page, width: str) -> None:
    """Answer what is still open, and look at the check; at the second width nothing is open."""
    page.get_by_role("heading", level=1).wait_for()
    if page.locator("input[name=asked]").count():
        take(page, "18-question", width)
    while page.locator("input[name=asked]").count():
        page.get_by_label("No", exact=True).check()
        page.get_by_role("button", name="Continue").click()
        page.wait_for_load_state()
    page.goto("/questions/check/")
    take(page, "19-answers", width)
    page.get_by_role("button", name="These answers are right").click()
    page.goto("/where/")


def _walk_desk(page: Page, width: str) -> None:
    page.goto("/staff/desk/")
    take(page, "12-desk", width, tallest=FIRST_SIGHT)
    page.get_by_label("Who is calling?").fill(CODE)
    page.keyboard.press("Enter")
    page.locator("#patient-name").wait_for()
    take(page, "13-caller", width, tallest=FIRST_SIGHT)
    page.locator("button.desk-time").nth(2).click()
    page.get_by_role("button", name="Book now").wait_for()
    page.get_by_role("button", name="Book now").click()
    page.locator("#read-back").wait_for()
    take(page, "14-read-back", width, tallest=FIRST_SIGHT)
    page.get_by_role("button", name="Undo").click()
    page.goto("/staff/desk/")
    page.get_by_label("Who is calling?").fill(STOPPED)
    page.keyboard.press("Enter")
    page.locator("#patient-name").wait_for()
    page.get_by_role("link", name="Questions before the scan").first.click()
    page.get_by_role("heading", level=1, name="Questions before the scan").wait_for()
    take(page, "25-questions-by-phone", width)
    page.goto("/staff/lists/")
    take(page, "15-lists", width, tallest=FIRST_SIGHT)
    page.goto("/staff/texts/")
    take(page, "16-texts", width, tallest=FIRST_SIGHT)


def _walk_feeds(page: Page, width: str) -> None:
    page.goto("/staff/feeds/")
    take(page, "17-feeds", width, tallest=FIRST_SIGHT)


def _in_three_weeks() -> str:
    """Return a day far enough away that both reminders are still to come."""
    return (datetime.now(UTC) + timedelta(days=21)).date().isoformat()


def _wait_for_text(page: Page) -> None:
    """Load the phone again until the worker has sent the text, half a minute at most."""
    for _ in range(30):
        if page.get_by_text("will be sent").count() and not page.get_by_text("being sent").count():
            return
        page.wait_for_timeout(1000)
        page.reload()


WALKS: dict[str, Callable[[Browser], None]] = {
    "patient": _at_both_widths(_walk),
    "questions": _at_both_widths(_walk_stopped, _walk_left_out, _walk_twice),
    "finder": _at_both_widths(_find),
    "desk": _at_both_widths(_walk_desk, user=CLERK),
    "feeds": _at_both_widths(_walk_feeds, user=ADMIN),
    "alerts": _at_both_widths(screens_waiting.alerts, user="imaging"),
    "lead": _at_both_widths(screens_waiting.lead, user="lead"),
    "team": _at_both_widths(screens_team.clerk, user=CLERK),
    "day": _at_both_widths(screens_team.imaging, user="imaging"),
    "places": _at_both_widths(screens_team.lead, user="lead"),
    "accounts": _at_both_widths(screens_team.admin, user=ADMIN),
    "insights": _at_both_widths(screens_insights.admin, user=ADMIN),
    "breaches": _at_both_widths(screens_insights.lead, user="lead"),
    "performance": _at_both_widths(screens_insights.everybody),
    "lost": screens_waiting.lost,
}
"""By their names, in their order: what `make screens ARGS=lost` takes alone."""


if __name__ == "__main__":
    sys.exit(main())
