"""Two scans of one caller on one day, by one press."""

from datetime import timedelta

import pytest

from booking.models import EPOCH, Exam, Referral, Schedule, Slot
from sites import places
from sites.models import Scanner
from tests.answers import answered
from tests.browser.test_accessibility import faults
from tests.browser.test_desk import jane  # noqa: F401 - a fixture
from tests.browser.walk import let_in, next_page

pytestmark = pytest.mark.browser


@pytest.fixture
def head(jane):  # noqa: F811 - the fixture
    """Jane's second request; an X-ray can be had a quarter of an hour after each MRI."""
    exam = Exam.objects.create(
        code="DX-HEAD", name="an X-ray of your head", modality="DX", body_part="head", minutes=10
    )
    for slot in list(Slot.objects.select_related("site").order_by("start")):
        Scanner.objects.get_or_create(
            site=slot.site, modality="DX", name="DX 1", defaults={"step_free": True}
        )
        schedule, _ = Schedule.objects.get_or_create(
            trust=slot.trust, external_id=f"dx-{slot.site_id}",
            defaults={"site": slot.site, "modality": "DX", "fed_at": EPOCH},
        )  # fmt: skip
        begins = slot.end + timedelta(minutes=15)
        Slot.objects.create(
            trust=slot.trust, external_id=f"dx-{slot.pk}", seat=0, schedule=schedule,
            site=slot.site, modality="DX", start=begins, end=begins + timedelta(minutes=15),
            daypart=slot.daypart, weekend=slot.weekend, status="free", fed_at=slot.fed_at,
            free_at=EPOCH,
        )  # fmt: skip
    places.forget()
    return answered(Referral.objects.create(
        code="9GWP3KTY", patient=jane.patient, exam=exam, trust=jane.trust, urgency="routine",
        clock_start=jane.clock_start, target_day=jane.target_day,
    ))  # fmt: skip


@pytest.mark.parametrize(("width", "javascript"), [(1280, True), (390, False)])
def test_both_are_held_by_one_press_and_booked_by_two(
    open_page,
    make_staff,
    live_server,
    jane,  # noqa: F811 - the fixture
    head,
    width,
    javascript,
):
    page = open_page(width, javascript)
    let_in(page, make_staff(), live_server.url)
    page.goto(f"/staff/patient/{jane.patient_id}/?referral={jane.pk}&times=1")
    with next_page(page):
        page.get_by_role("link", name="Both on one day: this and X-ray, head").click()
    assert not javascript or faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    with next_page(page):
        page.locator("button[name=pair]").first.click()
    assert page.get_by_text("Both times are held").count() == 1
    for referral in (jane, head):
        page.goto(f"/staff/patient/{jane.patient_id}/?referral={referral.pk}")
        with next_page(page):
            page.get_by_role("button", name="Book now").click()

    knee, skull = (one.appointments.get() for one in (jane, head))
    assert (knee.status, skull.status, knee.site) == ("booked", "booked", skull.site)
    assert skull.start - knee.end == timedelta(minutes=15)
