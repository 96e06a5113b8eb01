"""A lead renames a place where somebody is booked, and opens a stop: at both widths, clean."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from booking.appointments import booking, holds
from booking.models import Slot
from sites.models import Scanner, Site, Stop, Trust
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.test_desk import sign_in  # noqa: F401 - a fixture
from tests.browser.walk import press

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1280])
def test_a_lead_renames_a_place_and_sees_whom_it_touches_first(sign_in, demo, width):  # noqa: F811
    now = timezone.now()
    site = Site.objects.get(slug="furness-general-hospital")
    slot = Slot.objects.filter(site=site).order_by("start").first()
    holds.hold(demo, slot.pk, now=now)
    booking.book(demo, slot.pk, now=now, actor="patient")
    van = Scanner.objects.create(
        trust=Trust.objects.get(), code="MR-VAN", modality="MR", name="MRI van"
    )
    day = now.date() + timedelta(days=9)
    Stop.objects.create(
        scanner=van, site=site, first_day=day, last_day=day, opens=time(8), closes=time(18)
    )
    page = sign_in(width, role="lead", username="lea")
    found = []

    def look():
        found.extend([*faults(page), *html_errors(page)])
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, page.url

    page.goto("/staff/places/")
    look()
    press(page, site.name, "link")
    look()
    press(page, "Change this place", "link")
    look()
    page.get_by_label("Name", exact=True).fill("Barrow " + "Very" * 20 + " House")
    press(page, "Save")
    assert page.get_by_text("1 person told the new name or address").is_visible()
    found += faults(page)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    press(page, "Do it")
    assert page.get_by_text("It is saved").is_visible()
    look()
    for address in (
        f"/staff/places/scanner/{van.pk}/",
        f"/staff/places/scanner/{van.pk}/change/",
        f"/staff/places/stop/{van.stops.get().pk}/",
    ):
        page.goto(address)
        look()
    assert found == []
