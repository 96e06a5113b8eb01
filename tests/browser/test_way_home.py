"""Only times with a way home, in a real browser: the patient's list with a script, the finder
without."""

import pytest

from sites.models import Postcode
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.walk import press, to_places
from tests.sites.travel import timetables

pytestmark = pytest.mark.browser
LANCASTER = "Royal Lancaster Infirmary"
WORDS = "Only times I can get home from by bus, train or on foot"


@pytest.fixture
def timetable(demo, tmp_path):
    """Barrow to Lancaster by bus, the last home at 6:10pm; nothing anywhere else."""
    slug = LANCASTER.lower().replace(" ", "-")
    bands = ("weekday-day", "weekday-evening", "saturday", "sunday")
    assert Postcode.objects.filter(sector="LA14 4").exists()
    timetables.put(tmp_path, *(f"LA14 4,{slug},{band},55,1,8,18:10" for band in bands))


def test_a_patient_asks_for_times_with_a_way_home(open_page, timetable):
    page = open_page(1280)
    to_places(page)
    page.get_by_role("radio", name="By bus, train or on foot").check()
    press(page, "Continue")
    assert page.get_by_text("no bus or train home").count() > 0

    page.get_by_text("Choose dates, times and what you need there").click()
    page.get_by_role("checkbox", name=WORDS).check()
    page.get_by_role("button", name="Show times").click()
    page.get_by_text("1 place has appointments").wait_for()

    assert page.get_by_text("no bus or train home").count() == 0
    page.wait_for_url("**home=1**")
    assert [*faults(page), *html_errors(page)] == []


def test_the_public_list_asks_without_a_script(open_page, timetable):
    page = open_page(390, javascript=False)
    page.goto("/places")
    page.get_by_label("Postcode or town").fill("LA14 4LF")
    page.get_by_label("How you travel").select_option("public")
    page.get_by_label("Scan", exact=True).select_option("MR")
    page.get_by_text("What you need there, when it is open, and the way home").click()
    page.get_by_role("checkbox", name=WORDS).check()
    press(page, "Find places")

    assert page.locator(".finder-place__name a").all_inner_texts() == [LANCASTER]
    assert page.get_by_role("checkbox", name=WORDS).is_checked()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
