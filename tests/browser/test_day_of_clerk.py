"""A clerk's day, from the first caller to the end of the list, on a wide and on a narrow screen."""

import pytest
from django.db import transaction
from django.utils import timezone

from booking.models import Appointment, Call, Note, WorklistRow
from booking.worklists import rows, subjects
from tests.browser.test_accessibility import faults
from tests.browser.test_desk import find, jane, make_colleague_call  # noqa: F401 - fixtures
from tests.browser.walk import let_in, next_page, press

pytestmark = pytest.mark.browser


@pytest.fixture
def tom(make_colleague_call):  # noqa: F811 - the fixture
    """Tom, whom somebody has to phone, because he has not booked."""
    with transaction.atomic():
        about = subjects.of_referral(make_colleague_call)
        rows.open_row("not_booked", about, "Phone them.", now=timezone.now(), actor="clock")
    return make_colleague_call


def choose(page, label, value):
    """Choose in a list: where there is a script its box is typed into, as somebody would."""
    words = page.locator(f"option[value={value}]").first.inner_text()
    box = page.get_by_role("combobox", name=label, exact=True)
    if page.locator("input[role=combobox]").count():
        box.fill(words)
        box.press("Enter")
    else:
        box.select_option(value)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_a_clerks_day(
    open_page, live_server, make_staff, jane, tom, width, javascript  # noqa: F811
):  # fmt: skip
    page = open_page(width, javascript)
    let_in(page, make_staff(username="carol"), live_server.url)
    found, sideways = [], []

    def look():
        if javascript:
            found.extend(faults(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            sideways.append(page.url)

    def main():
        return page.locator("main").inner_text()

    # A caller gives a code and, asked, two things more.
    find(page)
    assert "Not checked yet" in main()
    page.get_by_text("Check who is calling").click()
    page.get_by_label("Date of birth", exact=False).first.check()
    page.locator('input[name="checked"][value="address"]').check()
    page.locator("select[name=caller]").select_option("patient")
    press(page, "Save who is calling")
    assert "On the phone: the patient" in main()
    assert Call.objects.get().checked[:2] == ["born", "address"]
    look()

    # They are booked, the words are read out, a note is left, the call ends.
    with next_page(page):
        page.locator("button.desk-time").first.click()
    look()
    press(page, "Book now")
    assert page.locator("#read-back").inner_text().startswith("You are booked for an MRI scan")
    look()
    page.get_by_label("Note for the next clerk").fill("Ring at 5pm")
    press(page, "Save note")
    assert Note.objects.get().text == "Ring at 5pm"
    press(page, "End the call")
    assert "The call is ended: a time was booked; a note was written." in main()
    assert Appointment.objects.get().status == "booked"
    assert Call.objects.get().ended_at is not None
    look()

    # They ring again: they cannot come after all.
    find(page)
    page.get_by_text("Cancel it").click()
    page.locator("input[name=cancel_reason][value=unwell]").check()
    press(page, "Cancel this appointment")
    assert Appointment.objects.get().status == "cancelled"
    look()

    # Between calls, the list: the next row is taken in one press, and nobody answers.
    page.goto("/staff/lists/not_booked/")
    assert "Tom Hargreaves" in main()
    look()
    with next_page(page):
        page.locator('form[action="/staff/lists/next/"] button').first.click()
    row = WorklistRow.objects.get(kind="not_booked", referral=tom)
    assert row.owner.username == "carol"
    look()
    press(page, "No answer")
    row.refresh_from_db()
    assert row.tries == 1
    assert "1 call without an answer" in main()

    # The row is closed with what became of it; it stands among the closed ones, with her name.
    choose(page, "What became of it", "reached")
    press(page, "Close it")
    row.refresh_from_db()
    assert row.outcome == "reached"
    page.goto("/staff/lists/closed/not_booked/")
    assert "Tom Hargreaves" in main()
    assert "carol" in main()
    look()

    # What was done stands in the history, and on the request's page.
    page.goto(f"/staff/patient/{jane.patient_id}/history/")
    assert "carol spoke with the patient" in main()
    look()
    page.goto(f"/staff/referrals/{jane.pk}/")
    assert "7KQ4 9CRB" in main()
    look()

    assert (found, sideways) == ([], [])
