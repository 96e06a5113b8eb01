"""A day of a mobile CT with 60 people is lost: by the keyboard alone, at both widths."""

import re
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from booking.models import (
    EPOCH,
    Appointment,
    Exam,
    LostClinic,
    LostPerson,
    Offer,
    Patient,
    Referral,
    Schedule,
    Slot,
)
from booking.offers import answering
from booking.offers.lost import resume
from sites import places
from sites.models import Scanner, Site, Stop, Trust
from tests.answers import answered
from tests.browser.keyboard import Keyboard
from tests.browser.test_accessibility import faults
from tests.browser.test_desk import sign_in  # noqa: F401 - a fixture
from tests.browser.walk import next_page
from times.london import LONDON

pytestmark = pytest.mark.browser
PEOPLE = 60
MOST_PRESSES = 60
URGENCIES = ["suspected_cancer", "urgent", "routine", "routine", "routine", "planned"]


@pytest.fixture
def van(demo):
    """60 people are booked on one day of a CT on wheels; Lancaster's CT has 66 free times."""
    trust = Trust.objects.get()
    stop = Site.objects.get(slug="furness-general-hospital")
    other = Site.objects.get(slug="royal-lancaster-infirmary")
    today = timezone.now().astimezone(LONDON).date()
    day = today + timedelta(days=5)
    scanner = Scanner.objects.create(trust=trust, code="van-ct", modality="CT", name="CT on wheels")
    Stop.objects.create(
        scanner=scanner, site=stop, first_day=day, last_day=day, opens=time(8), closes=time(20)
    )
    Scanner.objects.create(site=other, modality="CT", name="CT 1")
    places.forget()
    lists = [
        Schedule.objects.create(
            trust=trust, external_id=name, site=site, modality="CT", scanner=one, fed_at=EPOCH
        )
        for name, site, one in (("van", stop, scanner), ("lancaster-ct", other, None))
    ]
    exam = Exam.objects.create(
        code="CT-HEAD", name="a CT scan of your head", modality="CT", body_part="head", minutes=10
    )
    for number in range(PEOPLE):
        slot = _slot(lists[0], day, number, EPOCH)
        _book(number, slot, exam, trust, today)
    for number in range(66):
        _slot(lists[1], day + timedelta(days=1 + number % 6), number // 6, EPOCH)
    return day


def _slot(schedule, day, number, free_at):
    start = datetime.combine(day, time(8), LONDON).astimezone(UTC) + timedelta(minutes=12 * number)
    return Slot.objects.create(
        trust=schedule.trust, external_id=f"{schedule.external_id}-{day}-{number}", seat=0,
        schedule=schedule, site=schedule.site, modality="CT", start=start,
        end=start + timedelta(minutes=12), daypart="morning", weekend=False, status="free",
        fed_at=start, free_at=free_at,
    )  # fmt: skip


def _book(number, slot, exam, trust, today):
    patient = Patient.objects.create(
        given_name=f"P{number}", family_name="Wood", born=date(1960, 1, 1 + number % 28),
        mobile="" if number % 10 == 9 else f"+44770090{number:04}",
        needs=["interpreter"] if number % 20 == 7 else [], postcode="LA14 4LF",
    )  # fmt: skip
    referral = Referral.objects.create(
        code=f"7KQ4{'BCDFGHJKLM'[number // 10]}{'BCDFGHJKLM'[number % 10]}99", patient=patient,
        exam=exam, trust=trust, urgency=URGENCIES[number % 6], clock_start=today,
        target_day=today + timedelta(days=30),
    )  # fmt: skip
    answered(referral)
    now = timezone.now()
    Appointment.objects.create(
        reference=f"9KQ4{'BCDFGHJKLM'[number // 10]}{'BCDFGHJKLM'[number % 10]}99",
        referral=referral, slot=slot, site=slot.site, start=slot.start, end=slot.end,
        status="booked", booked_at=now, changed_at=now,
    )  # fmt: skip
    Slot.objects.filter(pk=slot.pk).update(free_at=None)


def numbers(page):
    cells = page.locator("#numbers [data-state]")
    found = dict(zip(
        cells.evaluate_all("all => all.map(one => one.dataset.state)"),
        map(int, cells.all_inner_texts()), strict=True,
    ))  # fmt: skip
    total = found.pop("total")
    assert sum(found.values()) == total, "they add up at every moment"
    return found


@contextmanager
def away_from(page):
    """Leave the page meanwhile and come back: it loads itself anew when its clinic's state changes.

    Its own loading would meet the test's, which waits for one page.
    """
    address = page.url
    page.goto("about:blank")
    yield
    with next_page(page):
        page.goto(address)


def wait_until_found(page):
    """Let the clock go on where one press was not long enough to find everybody a time."""
    if LostClinic.objects.get().state == "found":
        return
    with away_from(page):
        while LostClinic.objects.get().state != "found":
            resume.tick(now=timezone.now())


def wait_until_told(page):
    """Let the clock go on where one press was not long enough, as on a slow machine."""
    numbers(page)
    with away_from(page):
        while LostPerson.objects.filter(state__in=LostPerson.UNTOLD).exists():
            resume.tick(now=timezone.now())
    numbers(page)


def press(page, name):
    with next_page(page):
        page.get_by_role("button", name=name).click()


def by_keyboard(page, day):
    """Go from the desk to "confirmed" with keys alone; return how many it took."""
    keys = Keyboard(page)
    keys.back_to("More", most=MOST_PRESSES)
    keys.press("Enter")
    keys.tab_to("Lost clinics", most=MOST_PRESSES)
    keys.enter()
    keys.type("ct")
    keys.press("Tab")
    keys.type(f"{day.day}/{day.month}/{day.year % 100}")
    keys.enter()
    assert "60 people: 10 suspected cancer" in page.locator("main").inner_text()
    assert faults(page) == []
    keys.enter()
    return keys


@pytest.mark.parametrize("width", [1280, 390])
def test_sixty_people_by_the_keyboard_alone(sign_in, van, width):  # noqa: F811
    page = sign_in(width, role="lead", username="lena")

    keys = by_keyboard(page, van)
    wait_until_found(page)
    assert "Confirm, and tell everybody" in page.locator("main").inner_text()
    assert numbers(page)["held"] + numbers(page)["waiting"] == PEOPLE
    assert faults(page) == []
    keys.enter()

    assert LostClinic.objects.get().state == "confirmed"
    wait_until_told(page)
    assert keys.presses <= MOST_PRESSES, keys.presses
    print(width, keys.presses)
    told = numbers(page)
    assert told["asked"] + told["to_phone"] == PEOPLE

    for offer in Offer.objects.filter(state="open", channel="text")[:20]:
        answering.accept(offer, now=timezone.now(), actor="texts")
    page.locator("#numbers [data-state=moved]", has_text=re.compile("^20$")).wait_for()
    assert numbers(page)["moved"] == 20
    assert LostPerson.objects.filter(state__in=["waiting", "held"]).count() == 0


def test_without_javascript_it_is_a_page_that_is_loaded_again(sign_in, van):  # noqa: F811
    page = sign_in(1280, javascript=False, role="lead", username="lena")

    page.goto("/staff/lost/")
    page.get_by_label("What is lost, or to be closed?").select_option(label="CT on wheels")
    page.get_by_label("Day, or the first day").fill(f"{van.day}/{van.month}/{van.year}")
    page.get_by_label("Why").select_option(index=1)
    press(page, "See who is booked there")
    press(page, "It is lost")
    wait_until_found(page)
    press(page, "Confirm, and tell everybody")
    wait_until_told(page)

    assert numbers(page)["held"] == 0
    assert numbers(page)["asked"] > 0


def test_what_was_sent_is_not_broken_off_by_the_page_that_loads_itself(sign_in, van):  # noqa: F811
    page = sign_in(1280, role="lead", username="lena")
    by_keyboard(page, van)
    wait_until_found(page)
    asked, sent = [], []

    def answer(route):
        if route.request.method == "POST":
            sent.append(route)
            asked[0].fulfill(status=204, headers={"HX-Refresh": "true"})  # its state changed
            route.continue_()
        elif route.request.is_navigation_request():
            route.continue_()
        else:
            asked.append(route)

    page.route(f"{page.url}**", answer)
    while not asked:  # how the clinic stands, as every three seconds
        page.evaluate("1")
    press(page, "Confirm, and tell everybody")

    assert len(sent) == 1
    assert LostClinic.objects.get().state == "confirmed"
