"""The finder in a real browser: narrow and wide, with and without JavaScript."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from sites import places
from sites.models import NEEDS, OpenHours, Scanner, Site, Stop
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.walk import next_page, press

pytestmark = pytest.mark.browser
FURNESS = "Furness General Hospital"


@pytest.fixture
def furnished(demo):
    """Furness with all that a place can have, and an MRI van that comes tomorrow."""
    site = Site.objects.get(name=FURNESS)
    Site.objects.filter(pk=site.pk).update(
        entrance="Main entrance", building="Radiology, ground floor", parking="Pay when you leave",
        blue_badge="Six spaces", bus="Bus 1", rail="Barrow station", facilities=list(NEEDS)[:7],
    )  # fmt: skip
    for day in range(6):
        OpenHours.objects.create(site=site, weekday=day, opens=time(8), closes=time(20))
    Scanner.objects.filter(site=site).update(bore_cm=70, table_kg=250, contrast=True)
    van = Scanner.objects.create(code="van-1", trust=site.trust, modality="MR", name="The van")
    today = timezone.localdate()
    for number, stop in enumerate(Site.objects.order_by("pk")):
        first = today + timedelta(days=1 + 14 * number)
        Stop.objects.create(
            scanner=van, site=stop, first_day=first, last_day=first + timedelta(days=11),
            opens=time(8), closes=time(18),
        )  # fmt: skip
    places.forget()


def search(page, postcode="LA14 4LF"):
    page.goto("/places")
    page.get_by_label("Postcode or town").fill(postcode)
    page.get_by_label("Scan", exact=True).select_option("MR")
    press(page, "Find places")


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [390, 1280])
def test_somebody_finds_a_place_and_all_about_it(open_page, furnished, width, javascript):
    page = open_page(width, javascript)

    search(page)
    names = page.locator(".finder-place__name a").all_inner_texts()
    assert names[0] == FURNESS
    assert names[-1] == "Fleetwood Community Diagnostic Centre"
    assert "LA14" not in page.url
    page.locator(".finder-map a").first.click()
    page.wait_for_url("**#place-*")
    press(page, FURNESS, "link")
    assert page.get_by_role("heading", level=1).inner_text() == FURNESS
    assert "The mobile MRI scanner is here from" in page.inner_text("main")
    press(page, "Where it goes next", "link")
    assert page.get_by_role("heading", level=1).inner_text() == "Where the mobile MRI scanner is"
    assert page.locator("tbody tr").count() == 3


def test_the_larger_map_does_not_stand_over_its_list(open_page, furnished):
    page = open_page(1280)
    page.set_viewport_size({"width": 1280, "height": 500})
    search(page)
    press(page, "See a larger map", "link")
    last = page.locator(".finder-map__entry").last.get_by_role("link").last
    with next_page(page):
        last.click()  # Playwright refuses to press what something else covers
    page.wait_for_url("**/places/*")


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_filters_keep_where_from_and_what_was_chosen(open_page, furnished, javascript):
    page = open_page(1280, javascript)
    search(page)

    page.get_by_text("What you need there, and when it is open").click()
    page.get_by_role("checkbox", name="Hearing loop").check()
    page.get_by_role("checkbox", name="Weekends").check()
    press(page, "Find places")

    assert page.locator(".finder-place__name a").all_inner_texts() == [FURNESS]
    assert page.get_by_role("checkbox", name="Hearing loop").is_checked()
    assert page.get_by_label("Postcode or town").input_value() == "LA14 4LF"


def test_the_device_may_say_where_it_is(open_page, furnished):
    page = open_page(390)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 54.05, "longitude": -2.8})
    page.goto("/places")

    press(page, "Use my location")

    assert "nearest to where you are first" in page.locator("#found").inner_text()
    assert "54.05" not in page.url


def test_a_device_that_does_not_say_leaves_the_form_as_it_was(open_page, furnished):
    page = open_page(390)
    page.goto("/places")
    page.evaluate("() => { navigator.geolocation.getCurrentPosition = (yes, no) => no({}); }")

    page.get_by_role("button", name="Use my location").click()

    page.get_by_text("Type a postcode or town instead").wait_for()


def test_without_javascript_there_is_no_button_that_does_nothing(open_page, furnished):
    page = open_page(390, javascript=False)
    page.goto("/places")
    assert not page.get_by_role("button", name="Use my location").is_visible()
    page.goto("/places/furness-general-hospital/print")
    assert not page.get_by_role("button", name="Print this page").is_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_of_the_finder_is_clean(open_page, furnished, width):
    page = open_page(width)
    found = []

    def look():
        found.extend(faults(page))
        found.extend(html_errors(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append((page.url, "scrolls sideways"))

    page.goto("/places")
    look()
    page.get_by_text("What you need there, and when it is open").click()
    look()
    press(page, "Find places")
    found.extend(faults(page))  # an error: what it answers comes by POST
    search(page)
    look()
    for address in ["furness-general-hospital", "furness-general-hospital/print", "scanners/van-1"]:
        page.goto(f"/places/{address}")
        look()

    assert found == []


def test_no_page_of_the_finder_scrolls_sideways_at_320(open_page, furnished):
    page = open_page(320)
    search(page)
    wide = [page.evaluate("document.documentElement.scrollWidth")]
    for address in ["furness-general-hospital", "scanners/van-1"]:
        page.goto(f"/places/{address}")
        wide.append(page.evaluate("document.documentElement.scrollWidth"))

    assert max(wide) <= 320
