"""The form for a referral on paper: a doubled press makes one, every error at once."""

from html import escape

import pytest

from booking.models import AuditEntry, Exam, Patient, Referral, WorklistRow
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


def test_who_makes_another_trusts_patient_their_own_is_told_of(clerk, sign_in, other_trust):
    clerk.post("/staff/refer/", FORM)
    stranger = sign_in(trusts=("RXR",), username="sam")
    for _ in range(2):  # pressed again it changes nothing
        stranger.post("/staff/refer/", {**FORM, "form": "2222222C", "trust": "RXR"})

    assert Referral.objects.values("patient").distinct().count() == 1 < Referral.objects.count()
    entry = AuditEntry.objects.get(action="opened with a reason")
    assert (entry.actor, entry.detail) == (stranger.staff.actor, {"reason": "referral"})
    told = WorklistRow.objects.filter(about__startswith="openings:")
    assert set(told.values_list("trust", flat=True)) == {"RTX", "RXR"}


def test_every_error_is_shown_and_nothing_typed_is_lost(clerk):
    answer = clerk.post("/staff/refer/", {**FORM, "born": "1/1/2030", "nhs_number": "9990000019"})

    page = text(answer)
    assert answer.status_code == 400
    assert "The date of birth is in the future" in page
    assert "a digit is wrong" in page
    assert 'value="O’Neill"' in page
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("MR-KNEE", "MR-KNEE"), ("mr knee", "MR-KNEE"), ("An MRI scan of your knee", "MR-KNEE"),
        ("an mri scan of your knee (mr-knee)", "MR-KNEE"), ("kne mr", "MR-KNEE"),
        ("knee", "MR-KNEE"), ("ct", "CT-LEGS"), ("chest", "XR-CHEST"),
    ],
)  # fmt: skip
def test_an_exam_is_found_by_what_is_typed_of_it(clerk, typed, code):
    for other, name in [("CT-LEGS", "a CT scan of both legs"), ("XR-CHEST", "an X-ray (chest)")]:
        Exam.objects.create(code=other, name=name, modality=other[:2], body_part="x", minutes=30)

    clerk.post("/staff/refer/", {**FORM, "exam": typed})

    assert Referral.objects.get().exam.code == code


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Type the exam"),
        ("elbow <b>", "No exam is called that"),
        (
            "scan",
            "More than one exam fits. Type more of one of these: An MRI scan of your head (MR-",
        ),
        ("?", "No exam is called that"),
    ],
)
def test_an_exam_that_is_not_one_is_said_and_what_was_typed_is_kept(clerk, typed, says):
    Exam.objects.create(
        code="MR-HEAD", name="an MRI scan of your head", modality="MR", body_part="head", minutes=30
    )

    answer = clerk.post("/staff/refer/", {**FORM, "exam": typed})

    page = text(answer)
    assert answer.status_code == 400
    assert says in page
    assert "There is no exam" not in page
    assert f'value="{escape(typed)}"' in page or not typed.strip("\0")
    assert '<option value="An MRI scan of your knee (MR-KNEE)">' in page
    assert 'list="exam-list"' in page
    assert not Referral.objects.exists()


def test_a_trust_that_is_not_ones_own_is_refused(clerk, other_trust):
    answer = clerk.post("/staff/refer/", {**FORM, "trust": "RXR"})

    assert "Choose the trust" in text(answer)
    assert not Referral.objects.exists()
