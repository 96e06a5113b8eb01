"""Needs in the list of places, in a real browser: ticked, changed, and in no address."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.identifiers.actors import PATIENT
from sites import places
from sites.models import Site
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.test_desk import sign_in as staff_sign_in  # noqa: F401 - a fixture
from tests.browser.walk import next_page, press, to_places

pytestmark = pytest.mark.browser


@pytest.fixture
def hard_of_hearing(demo):
    """Jane, who is hard of hearing; only Lancaster has a hearing loop."""
    demo.patient.needs = ["hearing"]
    demo.patient.save()
    Site.objects.filter(slug="royal-lancaster-infirmary").update(facilities=["hearing_loop"])
    places.forget()


@pytest.mark.parametrize("javascript", [True, False], ids=["JavaScript", "none"])
def test_needs_are_ticked_from_the_record_and_stand_in_no_address(
    open_page, hard_of_hearing, javascript
):
    page = open_page(390, javascript)
    to_places(page)

    page.get_by_text("Choose dates, times and what you need there").click()
    expect(page.get_by_label("Hearing loop")).to_be_checked()
    expect(page.locator("h2.finder-place__name")).to_have_count(1)
    page.get_by_label("Hearing loop").uncheck()
    if javascript:
        page.get_by_role("button", name="Show times").click()
    else:
        press(page, "Show times")
    expect(page.locator("h2.finder-place__name")).to_have_count(3)
    expect(page.locator("#results")).to_contain_text("Not all places in this list have it")
    assert "need" not in page.url

    with next_page(page):
        page.get_by_role("link", name="Change what you need").click()
    page.get_by_label("A hoist to help you onto the table").check()
    press(page, "Save")
    page.go_back()
    assert "hoist" not in page.url


def test_the_pages_of_needs_and_of_questions_by_phone_are_clean(
    open_page,
    hard_of_hearing,
    demo,
    staff_sign_in,  # noqa: F811
):
    page = open_page(390)
    to_places(page)
    found = faults(page) + html_errors(page)
    page.goto("/needs/?back=places")
    found += faults(page) + html_errors(page)
    answer(
        demo, "pacemaker", "yes", version=file.current().version, now=timezone.now(), actor=PATIENT
    )
    desk = staff_sign_in(1280)
    desk.goto(f"/staff/referrals/{demo.pk}/questions/")
    found += faults(desk) + html_errors(desk)
    desk.goto(f"/staff/patient/{demo.patient_id}/")
    found += faults(desk) + html_errors(desk)
    assert found == []
