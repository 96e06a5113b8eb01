"""An administrator's day: feeds, keys, audit, accounts, files; on a wide and on a narrow screen.

Each part is a function that is given the page and what looks at it: a new page is one more part.
"""

import pytest

from booking.models import Exam, Feed, FeedKey, Staff
from tests.booking.exams.test_exams_file import GOOD, file_of
from tests.browser.test_accessibility import faults
from tests.browser.walk import let_in, next_page, press

pytestmark = pytest.mark.browser


def see_to_feeds(page, look):
    """See how a feed does, and let it be late for longer before anybody is told."""
    page.goto("/staff/feeds/")
    look()
    page.goto("/staff/feeds/RTX/")
    page.get_by_role("radio").first.check()
    page.locator("input[name=interval_minutes]").fill("10")
    look()
    press(page, "Save")
    assert Feed.objects.get().interval_minutes == 10


def make_and_revoke_a_key(page, look):
    """Make a key, which is shown once, and revoke it."""
    page.goto("/staff/feeds/RTX/keys/")
    page.get_by_role("radio").first.check()
    look()
    press(page, "Make it")
    assert "never shown again" in page.locator("main").inner_text()
    look()
    key = FeedKey.objects.get()
    page.goto("/staff/feeds/RTX/")
    assert key.prefix in page.locator("#keys + ul").inner_text()
    press(page, f"Revoke {key.prefix}", "link")
    look()
    with next_page(page):
        page.locator("main button").first.click()
    key.refresh_from_db()
    assert key.revoked_at is not None


def see_who_changed_what(page, look):
    """See who changed the feed and its keys, by name; and search the audit."""
    page.goto("/staff/feeds/RTX/")
    changed = page.locator("#history + ul").inner_text()
    assert changed.count("by ada") == 3
    assert FeedKey.objects.get().prefix in changed
    page.goto("/staff/audit/")
    page.get_by_label("User").select_option(str(Staff.objects.get().pk))
    press(page, "Search")
    assert page.locator(".nhsuk-error-summary").count() == 0
    look()
    page.goto("/staff/audit/opened/")
    look()


def reach_no_patient(page, look):
    """See that patients are not an administrator's."""
    assert page.goto("/staff/desk/").status == 403
    look()


def make_an_account_and_switch_it_off(page, look):
    """Let somebody new in, as a lead by mistake, and out again."""
    page.goto("/staff/accounts/")
    look()
    press(page, "New account")
    for label, words in (("User name", "tess"), ("First names", "Tess"), ("Last name", "Old")):
        page.get_by_label(label).fill(words)
    look()
    press(page, "Make the account")
    assert page.locator(".nhsuk-error-summary li").count() == 2, "role and trusts are asked for"
    page.get_by_label("Lead of the booking team").check()
    page.locator("input[name=trusts]").first.check()
    press(page, "Make the account")
    assert "This page shows it once" in page.locator("main").inner_text()
    look()
    tess = Staff.objects.get(user__username="tess")
    page.goto(f"/staff/accounts/{tess.pk}/")
    look()
    page.get_by_label("Booking clerk").check()
    press(page, "Save")
    press(page, "Switch the account off")
    tess = Staff.objects.select_related("user").get(pk=tess.pk)
    assert (tess.role, tess.user.is_active) == ("clerk", False)


def publish_a_file_of_exams(page, look):
    """Have a file checked that is wrong, put it right, look at what it does, publish it."""

    def check(*rows):
        sent = {"name": "exams.csv", "mimeType": "text/csv", "buffer": file_of(*rows)}
        page.locator("input[type=file]").first.set_input_files(sent)
        with next_page(page):
            page.get_by_role("button", name="Check this file").first.click()
        look()

    page.goto("/staff/files/")
    look()
    check(TOE, {**TOE, "code": "MR-ARM", "minutes": "many"})
    assert page.get_by_text("line 3: minutes is 'many'").count() == 1
    check(TOE, {**TOE, "code": "MR-ARM"})
    assert page.get_by_role("heading", name="New: 2").count() == 1
    press(page, "Publish this file")
    assert page.get_by_text("Kinds of scan: your file is published.").count() == 1
    codes = set(Exam.objects.filter(retired=False).values_list("code", flat=True))
    assert codes == {"MR-TOE", "MR-ARM"}


TOE = {**GOOD, "region": "limb"}
PARTS = [
    see_to_feeds, make_and_revoke_a_key, see_who_changed_what, reach_no_patient,
    make_an_account_and_switch_it_off, publish_a_file_of_exams,
]  # fmt: skip


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_an_administrators_day(open_page, live_server, make_staff, width, javascript):
    page = open_page(width, javascript)
    let_in(page, make_staff("network_admin", username="ada"), live_server.url)
    found, sideways = [], []

    def look():
        if javascript:
            found.extend(faults(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            sideways.append(page.url)

    for part in PARTS:
        part(page, look)

    assert (found, sideways) == ([], [])
