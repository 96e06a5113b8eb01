"""A trust's system and a request that is over: it ends it, and books nothing on it."""

import json

import pytest

from booking.appointments import booking, holds
from booking.models import Appointment, Exam, Referral
from booking.referrals import ending
from sites.models import Scanner
from tests.answers import answered
from tests.booking.api.conftest import said
from tests.booking.referrals.test_intake import resource

STATUSES = {"revoked": "withdrawn", "completed": "done", "entered-in-error": "duplicate"}


@pytest.fixture
def refer(system, trust):
    Exam.objects.get_or_create(
        code="MR-KNEE",
        defaults={"name": "an MRI scan of your knee", "modality": "MR", "body_part": "knee",
                  "minutes": 30},
    )  # fmt: skip

    def refer(trust="RTX", **changes):
        return system("post", "ServiceRequest", json.dumps(resource(**changes)), trust=trust)

    return refer


@pytest.mark.parametrize(("status", "reason"), STATUSES.items())
def test_a_status_ends_the_request_and_cancels_and_may_be_said_again(
    refer, make_slot, now, status, reason
):
    refer()
    referral = answered(Referral.objects.get())
    slot = make_slot()
    Scanner.objects.update(hoist=True)
    holds.hold(referral, slot.pk, now=now)
    booking.book(referral, slot.pk, now=now, actor="patient")

    first = refer(status=status, contained=[], code={})
    again = refer(status=status)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["status"] == again.json()["status"] == status
    referral.refresh_from_db()
    assert (referral.end_reason, referral.ended_by) == (reason, "feed RTX")
    assert Appointment.objects.get().status == "cancelled"


def test_active_again_after_an_end_is_a_conflict_that_says_why(refer):
    refer()
    refer(status="revoked")

    answer = refer()

    assert answer.status_code == 409
    issue = answer.json()["issue"][0]
    assert issue["expression"] == ["ServiceRequest.status"]
    assert "withdrawn by the referrer" in issue["diagnostics"]


def test_another_trusts_identifier_ends_nothing(refer, blackpool):
    refer()

    answer = refer(trust="RXL", status="revoked")

    assert (answer.status_code, said(answer)[0]) == (422, "not-found")
    assert Referral.objects.get().ended_at is None


@pytest.mark.parametrize("reason", Referral.End)
def test_nothing_is_booked_on_what_has_ended(book, jane, make_slot, now, reason):
    slot = make_slot()
    ending.end(jane, reason, now=now, actor="staff 1")

    answer = book(slot)

    assert (answer.status_code, said(answer)[0]) == (422, "business-rule")
    assert jane.get_end_reason_display() in said(answer)[1]
    assert not Appointment.objects.exists()


def test_an_upgrade_is_taken_and_a_downgrade_is_409_by_its_field(refer):
    refer(priority="routine")

    raised = refer(priority="urgent")
    lowered = refer(priority="routine")

    assert (raised.status_code, raised.json()["priority"]) == (200, "urgent")
    assert lowered.status_code == 409
    assert lowered.json()["issue"][0]["expression"] == ["ServiceRequest.priority"]
    assert Referral.objects.get().urgency == "urgent"


def test_a_time_after_the_target_day_is_booked_with_a_warning(book, jane, make_slot, now):
    from fhir.resources.R4B.appointment import Appointment as FhirAppointment

    Referral.objects.update(target_day=now.date())

    answer = book(make_slot())

    assert answer.status_code == 201
    FhirAppointment.model_validate(answer.json())
    assert answer.json()["extension"][-1] == {
        "url": "urn:scan-finder:later-than-target", "valueDate": now.date().isoformat(),
    }  # fmt: skip


def test_a_time_in_time_has_no_warning(book, jane, make_slot):
    extensions = book(make_slot()).json().get("extension", [])

    assert not [one for one in extensions if one["url"] == "urn:scan-finder:later-than-target"]
