"""The form for a referral on paper: a doubled press makes one, every error at once."""

import pytest

from booking.models import Exam, Patient, Referral
from tests.booking.clerk.conftest import text

FORM = {
    "form": "2222222B", "trust": "RTX", "given_name": "Ann", "family_name": "O’Neill",
    "born": "12/3/1961", "nhs_number": "999 000 0018", "mobile": "07700 900461",
    "postcode": "LA14 4LF", "exam": "MR-KNEE", "urgency": "urgent", "clock_start": "2026-11-20",
    "needs": ["hoist"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _knee(trust):
    Exam.objects.create(
        code="MR-KNEE", name="an MRI scan of your knee", modality="MR", body_part="knee", minutes=30
    )


def test_a_doubled_press_makes_one_and_ends_on_the_patient(clerk):
    first = clerk.post("/staff/refer/", FORM)
    second = clerk.post("/staff/refer/", FORM)

    assert first["Location"] == second["Location"]
    assert Referral.objects.count() == 1
    page = text(clerk.get(first["Location"]))
    assert "was there already" in page
    assert "Needs a hoist" in page


def test_the_same_referral_typed_by_a_colleague_makes_one(clerk, sign_in):
    clerk.post("/staff/refer/", FORM)
    sign_in(username="bob").post("/staff/refer/", {**FORM, "form": "2222222C"})

    assert Referral.objects.count() == 1


def test_every_error_is_shown_and_nothing_typed_is_lost(clerk):
    answer = clerk.post("/staff/refer/", {**FORM, "born": "1/1/2030", "nhs_number": "9990000019"})

    page = text(answer)
    assert answer.status_code == 400
    assert "The date of birth is in the future" in page
    assert "a digit is wrong" in page
    assert 'value="O’Neill"' in page
    assert not Patient.objects.exists()


def test_a_trust_that_is_not_ones_own_is_refused(clerk, other_trust):
    answer = clerk.post("/staff/refer/", {**FORM, "trust": "RXR"})

    assert "Choose the trust" in text(answer)
    assert not Referral.objects.exists()
