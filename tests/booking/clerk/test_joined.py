"""What staff read of a patient stays readable when the record was joined to another one."""

import pytest
from django.urls import reverse

from booking.models import AuditEntry, Patient, Referral, WorklistRow
from tests.booking.clerk.conftest import abouts, text
from tests.booking.clerk.test_lists import heard
from tests.booking.patients.merging.conftest import join

HERS, OTHER = "+447700900461", "+447700900462"


@pytest.fixture
def twice(clock, make_referral):
    """Jane once more: another phone, another birthday, as another referral brought her."""
    return make_referral(
        code="9GWP3KTY", given_name="Jane Ann", modality="CT", mobile=OTHER, nhs_number="9990000018"
    )


def test_what_either_phone_writes_is_read_with_the_one_record(clerk, jane, twice, now):
    join(jane.patient, twice.patient, now)
    replies = [heard("My hip hurts", number, now) for number in (HERS, OTHER)]

    for row in WorklistRow.objects.filter(kind="needs_person"):
        page = text(clerk.get(f"/staff/lists/row/{row.pk}/"))
        assert "My hip hurts" in page
        assert "Jane Fell" in page
    for reply in replies:
        assert "My hip hurts" in text(clerk.get(reverse("staff-phone", args=[reply.pk])))
    seen = AuditEntry.objects.filter(action="texts seen")
    assert {one.patient_id for one in seen} == {jane.patient_id}


def test_what_the_joined_phone_writes_is_another_trusts_if_the_one_record_is(
    clerk, jane, twice, now, other_trust
):
    join(jane.patient, twice.patient, now)
    Referral.objects.update(trust=other_trust)
    reply = heard("My hip hurts", OTHER, now)

    assert "My hip hurts" not in text(clerk.get("/staff/lists/needs_person/"))
    phone = clerk.get(reverse("staff-phone", args=[reply.pk]))
    kept = reverse("patient-reason", args=[jane.patient_id])
    assert phone["Location"] == kept
    for call in (clerk.get, clerk.post):
        answer = call(reverse("patient-reason", args=[twice.patient_id]), {"reason": "calling"})
        assert answer["Location"] == kept
    assert not AuditEntry.objects.filter(action="opened with reason").exists()


def test_who_saw_a_record_before_it_was_joined_is_still_told(
    clerk, sign_in, jane, twice, now, other_trust
):
    clerk.get(f"/staff/patient/{twice.patient_id}/")
    lead = sign_in("lead", username="lena")
    asked = {"who": "7KQ49CRB", "user": clerk.staff.pk}
    row = f'href="/staff/patient/{jane.patient_id}/"'
    assert row not in text(lead.post("/staff/audit/", asked))

    join(jane.patient, twice.patient, now)

    assert row in text(lead.post("/staff/audit/", asked))
    assert Patient.objects.get(pk=twice.patient_id).merged_into_id == jane.patient_id
    Referral.objects.update(trust=other_trust)
    assert row not in text(lead.post("/staff/audit/", {"user": clerk.staff.pk}))


def test_whose_an_nhs_number_is_that_came_later_is_asked_before_two_are_taken_apart(
    sign_in, jane, twice, now
):
    joined = join(jane.patient, twice.patient, now)
    lead, address = sign_in("lead"), f"/staff/joins/{joined.pk}/undo/"
    assert "Whose is the NHS number" not in text(lead.get(address))
    Patient.objects.filter(pk=jane.patient_id).update(nhs_number="9434765919")

    page = text(lead.get(address))
    assert "Whose is the NHS number 943 476 5919?" in page
    assert "It came after the two were joined" in page
    assert "Changed since" not in page  # that it stays is what is asked
    sent = {"reason": "Twins", "about": abouts(page)[""]}
    for number in ("", "both"):
        refused = lead.post(address, {**sent, "number": number})
        assert refused.status_code == 400
        assert "Choose whose the NHS number is" in text(refused)
        assert "Twins" in text(refused)
    assert Patient.objects.get(pk=twice.patient_id).merged_into_id

    lead.post(address, {**sent, "number": "lost"})
    assert Patient.objects.get(pk=twice.patient_id).nhs_number == "9434765919"
    assert Patient.objects.get(pk=jane.patient_id).nhs_number is None
    assert "Whose is the NHS number" not in text(lead.get(address))
