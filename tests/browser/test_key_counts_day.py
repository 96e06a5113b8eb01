"""A day's attendance by keyboard alone, counted in presses and pages; and how its pages look."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.models import Appointment, Patient, Referral, Slot
from tests.browser.keyboard import Keyboard
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.test_desk import jane, sign_in  # noqa: F401 - fixtures
from times.london import LONDON

pytestmark = pytest.mark.browser
MOST_PRESSES, MOST_PAGES = 30, 2
PEOPLE = 20
MISSED = (3, 11, 17)


@pytest.fixture
def yesterday(demo):
    """Twenty people who were booked yesterday at one place, of whom nobody is marked."""
    now = datetime.now(UTC)
    slot = Slot.objects.order_by("pk").first()
    day = (
        (now - timedelta(days=1))
        .astimezone(LONDON)
        .replace(hour=8, minute=0, second=0, microsecond=0)
    )
    for n in range(PEOPLE):
        start = day + timedelta(minutes=30 * n)
        slot.pk, slot.external_id, slot.free_at = None, f"past-{n}", None
        slot.start, slot.end = start, start + timedelta(minutes=30)
        slot.save(force_insert=True)
        person = Patient.objects.create(
            given_name=f"Ann{n:02}", family_name="Fell" if n else "Fell" * 50,
            born=demo.patient.born, mobile=f"+4477009{n:05}", needs=["hoist"] if n % 5 == 0 else [],
        )  # fmt: skip
        referral = Referral.objects.create(
            code=f"2222222{'23456789BCDFGHJKMPQR'[n]}", patient=person, exam=demo.exam,
            trust=demo.trust, urgency="routine", clock_start=demo.clock_start,
            target_day=demo.target_day,
        )  # fmt: skip
        Appointment.objects.create(
            reference=f"BCDFGHJ{'23456789BCDFGHJKMPQR'[n]}", referral=referral, slot_id=slot.pk,
            site=slot.site, start=start, end=slot.end,
            status="pending" if n == 1 else "booked", booked_at=now, changed_at=now,
        )  # fmt: skip
    return f"/staff/day/?place={slot.site.slug}&day={day.date().isoformat()}"


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_twenty_people_of_whom_three_did_not_come(sign_in, yesterday, javascript):  # noqa: F811
    """Counted from the day's list, as the link of the days that are not marked opens it."""
    page = sign_in(javascript=javascript)
    page.goto(f"{yesterday}#came")
    keys, pages = Keyboard(page), 0

    for n in range(PEOPLE):
        keys.press("Tab")
        if n in MISSED:
            keys.press("ArrowRight")
    for words in ("Save what I chose", "Save, and everybody else came"):
        keys.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == words
    keys.enter()
    pages += 1

    assert page.locator("h1").inner_text() == "20 people are marked: 17 came, 3 did not"
    missed = Appointment.objects.filter(status="did_not_attend").order_by("start")
    assert [one.referral.patient.given_name for one in missed] == ["Ann03", "Ann11", "Ann17"]
    assert Appointment.objects.filter(status="attended").count() == PEOPLE - len(MISSED)
    print(f"attendance of a list of 20: {keys.presses} keys, {pages} pages")
    assert keys.presses <= MOST_PRESSES
    assert pages <= MOST_PAGES


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_pages_of_a_day_are_clean_and_fit(sign_in, yesterday, width):  # noqa: F811
    page = sign_in(width, role="imaging", username="iris")
    paper, found, sideways = yesterday.replace("/day/", "/day/print/"), [], []

    for path in ("/staff/day/", yesterday, paper, f"{yesterday[:-2]}01"):
        page.goto(path)
        found += faults(page) + html_errors(page)
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        sideways += [path] if wide else []

    assert (found, sideways) == ([], [])
