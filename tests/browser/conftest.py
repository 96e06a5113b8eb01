"""A real browser against a real server, with places, times and a patient in it."""

import os
from datetime import UTC, date, datetime, time, timedelta

import pytest
from playwright.sync_api import expect, sync_playwright

from booking.models import Exam, Feed, Patient, Referral, Schedule, Slot
from booking.models.slot import EPOCH
from sites import places
from sites.models import Postcode, Scanner, Site, Trust
from tests.answers import answered
from tests.browser.awaited import watch
from times.london import LONDON

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
CHROMIUM = os.environ.get("CHROMIUM")
PATIENCE = 60_000
"""Milliseconds that a page may take for anything: a loaded machine is not a fault."""


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in str(item.path) and not CHROMIUM:
            item.add_marker(pytest.mark.skip(reason="no browser: set CHROMIUM to its path"))


@pytest.fixture(scope="session")
def browser():
    # Playwright runs an event loop in this thread; Django would refuse queries beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def idle_contexts():
    """Contexts that no test uses, with or without JavaScript: they keep files and no session."""
    return {True: [], False: []}


@pytest.fixture
def open_page(browser, idle_contexts, live_server, demo):
    """Give a page of the chosen width, with or without JavaScript; fail on console errors.

    And on a page that the test led to and did not wait for (`awaited.py`).

    Each page of a test is somebody else's: it has a context of its own.
    """
    lent = []

    def open_page(width=390, javascript=True):
        idle = idle_contexts[javascript]
        context = (
            idle.pop()
            if idle
            else browser.new_context(java_script_enabled=javascript, base_url=live_server.url)
        )
        context.set_default_timeout(PATIENCE)
        lent.append((context, idle))
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 844})
        page.faults = []
        watch(page)
        page.on(
            "response",
            lambda got: got.status >= 500 and page.faults.append(f"{got.status} {got.url}"),
        )
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on(
            "console",
            lambda said: "Content Security Policy" in said.text and page.faults.append(said.text),
        )
        return page

    yield open_page
    faults = [fault for context, _ in lent for page in context.pages for fault in page.faults]
    for context, idle in lent:
        for page in context.pages:
            page.close()
        context.clear_cookies()
        context.clear_permissions()
        idle.append(context)
    assert faults == []


@pytest.fixture
def demo(transactional_db):
    """Three places that scan knees from tomorrow on, and Jane who needs her knee scanned."""
    places.forget()
    rows = [
        ("Furness General Hospital", "LA14 4LF", 54.136, -3.208, "hospital"),
        ("Royal Lancaster Infirmary", "LA1 4RP", 54.043, -2.799, "hospital"),
        ("Fleetwood Community Diagnostic Centre", "FY7 6HP", 53.923, -3.015, "cdc"),
    ]
    trust = Trust.objects.create(code="RTX", name="University Hospitals of Morecambe Bay")
    now = datetime.now(UTC)
    today = now.astimezone(LONDON).date()
    Feed.objects.create(trust=trust, last_contact_at=now, last_change_at=now)
    for number, (name, postcode, lat, lon, kind) in enumerate(rows):
        Postcode.objects.create(
            code=postcode, outward=postcode.split()[0], sector=postcode[:-2], lat=lat, lon=lon
        )
        site = Site.objects.create(
            slug=name.lower().replace(" ", "-"), name=name, kind=kind, trust=trust,
            address="1 Long Street, Town", postcode=postcode, lat=lat, lon=lon,
        )  # fmt: skip
        Scanner.objects.create(site=site, modality="MR", name="MRI 1")
        schedule = Schedule.objects.create(
            trust=trust, external_id=site.slug, site=site, modality="MR", fed_at=now
        )
        for day in range(1, 16):
            for hour in (9, 14, 18):
                _slot(trust, site, schedule, number, today + timedelta(days=day), hour)
    exam = Exam.objects.create(
        code="MR-KNEE", name="an MRI scan of your knee", modality="MR", body_part="knee",
        minutes=30, preparation="Take off anything metal", bring="Your booking reference",
    )  # fmt: skip
    jane = Patient.objects.create(
        given_name="Jane", family_name="Fell", born=date(1961, 3, 12), mobile="+447700900461"
    )
    return answered(Referral.objects.create(
        code="7KQ49CRB", patient=jane, exam=exam, trust=trust, urgency="routine",
        clock_start=today, target_day=today + timedelta(days=42),
    ))  # fmt: skip


def _slot(trust, site, schedule, number, day, hour):
    start = datetime.combine(day, time(hour), LONDON)
    daypart = {9: "morning", 14: "afternoon", 18: "evening"}[hour]
    Slot.objects.create(
        trust=trust, external_id=f"{number}-{day}-{hour}", seat=0, schedule=schedule, site=site,
        modality="MR", start=start, end=start + timedelta(minutes=30), daypart=daypart,
        weekend=day.weekday() >= 5, status="free", fed_at=start, free_at=EPOCH,
    )  # fmt: skip
