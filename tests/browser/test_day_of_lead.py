"""A lead's day: what presses, what was closed by mistake, who looked; at two widths."""

import pytest
from django.db import transaction
from django.utils import timezone

from booking.models import AuditEntry, Referral, ReservedShare, WorklistRow
from booking.worklists import rows, subjects
from tests.browser.test_accessibility import faults
from tests.browser.test_desk import jane  # noqa: F401 - a fixture
from tests.browser.walk import let_in, press

pytestmark = pytest.mark.browser


@pytest.fixture
def closed_row(jane):  # noqa: F811 - the fixture
    """A row that somebody closed, as not reached, though Jane still has no time."""
    now = timezone.now()
    with transaction.atomic():
        row = rows.open_row(
            "not_booked", subjects.of_referral(jane), "Phone them.", now=now, actor="clock"
        )
    rows.close_row(row, "could_not_reach", now=now, actor="clock")
    return row


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_a_leads_day(
    open_page, live_server, make_staff, jane, closed_row, width, javascript  # noqa: F811
):  # fmt: skip
    page = open_page(width, javascript)
    lead = make_staff("lead", username="lena")
    bob = make_staff(username="bob")
    let_in(page, lead, live_server.url)
    found, sideways = [], []

    def look():
        if javascript:
            found.extend(faults(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            sideways.append(page.url)

    def main():
        return page.locator("main").inner_text()

    # What presses: alerts, lost clinics, feeds, the rota. Each opens and fits.
    for address in ("alerts", "lost", "feeds", "rota", "sooner"):
        assert page.goto(f"/staff/{address}/").status == 200
        look()

    # A row was closed by mistake: the lead opens it again, and gives it to a clerk.
    page.goto("/staff/lists/closed/not_booked/")
    press(page, "Jane Fell", "link")
    look()
    press(page, "Open it again")
    closed_row.refresh_from_db()
    assert (closed_row.closed_at, closed_row.outcome) == (None, "")
    page.goto("/staff/lists/not_booked/")
    page.locator('input[name="row"]').check()
    page.get_by_label("Give to").select_option(str(bob.pk))
    press(page, "Give them to a colleague")
    assert "1 row is given to bob" in main()
    assert WorklistRow.objects.get(pk=closed_row.pk).owner == bob.user
    look()

    # A request is more urgent than was said.
    page.goto(f"/staff/referrals/{jane.pk}/urgency/")
    page.get_by_label("Urgent", exact=True).check()
    look()
    press(page, "Save")
    assert Referral.objects.get().urgency == "urgent"

    # Some times are kept for suspected cancer.
    page.goto("/staff/reserved/RTX/MR/")
    look()
    page.locator("input[name=percent]").fill("20")
    page.locator("input[name=hours]").fill("24")
    press(page, "Keep this many")
    assert ReservedShare.objects.get().percent == 20
    look()

    # Who looked at this patient, and who changed what: by name, and the search is written down.
    page.goto(f"/staff/patient/{jane.patient_id}/looked/")
    assert "lena" in main()
    look()
    page.goto("/staff/audit/")
    page.get_by_label("User").select_option(str(lead.pk))
    press(page, "Search")
    assert "lena" in page.locator("main table").inner_text()
    assert AuditEntry.objects.filter(actor=lead.actor, action="urgency changed").exists()
    look()

    assert (found, sideways) == ([], [])
