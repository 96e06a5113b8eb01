"""An imaging team's day: who comes, what they need, who came; on a wide and a narrow screen."""

import pytest

from booking.models import Appointment
from tests.browser.test_accessibility import faults
from tests.browser.test_key_counts_day import PEOPLE, yesterday  # noqa: F401 - a fixture
from tests.browser.walk import let_in, press

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_an_imaging_teams_day(
    open_page, live_server, make_staff, yesterday, width, javascript  # noqa: F811
):  # fmt: skip
    page = open_page(width, javascript)
    let_in(page, make_staff("imaging", username="iris"), live_server.url)
    found, sideways = [], []

    def look():
        if javascript:
            found.extend(faults(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            sideways.append(page.url)

    def main():
        return page.locator("main").inner_text()

    # The alerts are the team's first page of the day; nothing waits.
    page.goto("/staff/alerts/")
    assert page.locator("h1").count() == 1
    look()

    # The day list: who comes, and what they need. The sheet on paper has no way to act.
    page.goto(yesterday)
    assert f"{PEOPLE} people come" in main()
    assert main().count("Needs:") == 4
    look()
    press(page, "Sheet to print", "link")
    assert "Ann01" in main()
    assert page.locator("main button[value=save]").count() == 0
    look()

    # One did not come; it is said of that one alone, and then of everybody else.
    page.goto(yesterday)
    page.locator("fieldset.desk-came", has_text="Ann03").get_by_label("Did not come").check()
    press(page, "Save what I chose")
    assert Appointment.objects.get(status="did_not_attend").referral.patient.given_name == "Ann03"
    assert not Appointment.objects.filter(status="attended").exists()
    look()
    page.goto(yesterday)
    assert f"{PEOPLE - 1} not marked yet" in main()
    press(page, "Save, and everybody else came")
    assert Appointment.objects.filter(status="attended").count() == PEOPLE - 1
    page.goto(yesterday)
    assert "not marked yet" not in main()

    # A patient of the list opens, to be read: the team books nothing and works no list.
    press(page, "Ann01 Fell", "link")
    assert "Ann01 Fell" in main()
    assert page.get_by_role("button", name="Book now").count() == 0
    assert page.get_by_text("Check who is calling").count() == 0
    assert page.locator("button.desk-time").count() == 0
    look()
    assert page.goto("/staff/lists/").status == 403
    look()

    assert (found, sideways) == ([], [])
