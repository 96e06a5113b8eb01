"""Ways to reach a patient, and two records of one person: looked at, and clean."""

import os
from datetime import date

import pytest
from django.db import transaction
from django.utils import timezone

from booking.models import OtherPhone, Patient, Referral
from booking.patients import reach, same_person
from booking.worklists import rows
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.test_desk import jane, sign_in  # noqa: F401 - fixtures
from tests.browser.walk import press

pytestmark = pytest.mark.browser


@pytest.fixture
def twice(jane):  # noqa: F811 - the fixture
    """Jane with a landline and a daughter, and once more as another referral brought her."""
    OtherPhone.objects.create(patient=jane.patient, number="+441229870870", use="home")
    reach.put_contact(
        jane.patient,
        reach.ContactDetails("Mary Fell", "daughter", "+441524659440", True, True, "times only",
                             date(2026, 11, 2)),
    )  # fmt: skip
    other = Patient.objects.create(
        given_name=jane.patient.given_name, family_name=jane.patient.family_name,
        born=jane.patient.born, mobile="+447700900462", email="jane@example.com",
        address="1 High Street\nBarrow", nhs_number="9990000026",
    )  # fmt: skip
    Patient.objects.filter(pk=jane.patient_id).update(nhs_number=None)
    referral = Referral.objects.create(
        code="9GWP3KTY", patient=other, exam=jane.exam, trust=jane.trust, urgency="urgent",
        clock_start=jane.clock_start, target_day=jane.target_day,
    )  # fmt: skip
    with transaction.atomic():
        same_person.ask(referral, jane.patient, now=timezone.now(), actor="feed RTX")
    return referral


@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_about_people_is_clean(sign_in, jane, twice, width):  # noqa: F811 - fixtures
    page = sign_in(width, role="lead", username="leela")
    screen = f"/staff/patient/{jane.patient_id}/"
    row = rows.open_rows(["RTX"], "same_person").get()
    pages = [
        screen, f"{screen}reach/", f"{screen}contact/", f"{screen}join/",
        f"{screen}join/{twice.patient_id}/", f"/staff/lists/row/{row.pk}/", "/staff/lists/",
        "/staff/refer/",
    ]  # fmt: skip
    for number, address in enumerate(pages):
        page.goto(address)
        _look(page, number, width)
    for name, typed in {"Given name": jane.patient.given_name, "Family name": "Fell",
                        "Date of birth": f"{jane.patient.born:%d/%m/%Y}"}.items():  # fmt: skip
        page.get_by_label(name, exact=True).fill(typed)
    page.get_by_label("Exam", exact=True).fill("MR-KNEE")
    page.get_by_label("Urgency", exact=True).select_option("urgent")
    press(page, "Save and invite")
    page.get_by_role("heading", name="We already have somebody like this").wait_for()
    _look(page, "whose", width)

    page.goto(f"{screen}join/{twice.patient_id}/")
    page.get_by_label("Why are they one person?").fill("Same address")
    press(page, "They are one person: join them")
    press(page, "Take them apart", "link")
    page.get_by_role("heading", name="Take two records apart?").wait_for()
    _look(page, "undo", width)


def _look(page, name, width):
    assert faults(page) == []
    assert html_errors(page) == []
    if os.environ.get("LOOK"):
        page.screenshot(path=f"{os.environ['LOOK']}/{name}-{width}.png", full_page=True)
