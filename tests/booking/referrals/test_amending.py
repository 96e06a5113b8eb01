"""The same referral sent again: taken, or answered with what differs; never dropped."""

from datetime import date, timedelta

import pytest

from booking.appointments import booking, holds
from booking.models import AuditEntry, Exam, Patient, Referral, WorklistRow
from booking.patients import record
from booking.referrals import ending, intake, submission, urgency
from sites.models import Scanner
from tests.answers import answered
from tests.booking.referrals.test_intake import SENT

URGENCIES = list(Referral.Urgency)
TARGETS = {"suspected_cancer": 10, "urgent": 14, "routine": 42, "planned": 0}


@pytest.fixture
def send(trust, now):
    Exam.objects.create(
        code="MR-KNEE", name="an MRI scan of your knee", modality="MR", body_part="knee", minutes=30
    )

    def send(**changes):
        sent = submission.ReferralSubmission(**{**SENT, **changes})
        return intake.create_referral(sent, now=now, actor="feed RTX")

    return send


def open_rows():
    return {row.kind: row for row in WorklistRow.objects.filter(closed_at=None)}


UPS = [
    (low, high) for at, high in enumerate(URGENCIES) for low in URGENCIES[at + 1 :]
    if low != "planned"
]  # fmt: skip


@pytest.mark.parametrize(("low", "high"), UPS)
def test_an_upgrade_is_taken_with_target_row_and_audit(send, now, low, high):
    send(urgency=low)

    referral, new = send(urgency=high)

    assert not new
    referral.refresh_from_db()
    assert referral.urgency == high
    assert referral.target_day == date(2026, 11, 20) + timedelta(days=TARGETS[high])
    row = open_rows()["not_booked"]
    assert row.reason == f"Now {referral.get_urgency_display()}. Not booked: phone them."
    entry = AuditEntry.objects.get(action="urgency changed")
    assert (entry.detail["was"], entry.detail["to"]) == (low, high)


@pytest.mark.parametrize(("low", "high"), UPS)
def test_a_downgrade_is_refused_by_name_and_changes_nothing(send, low, high):
    referral, _ = send(urgency=high)

    with pytest.raises(submission.Conflict, match="needs a reason") as refused:
        send(urgency=low)

    assert set(refused.value.errors) == {"urgency"}
    referral.refresh_from_db()
    assert referral.urgency == high


@pytest.mark.parametrize(("day", "said"), [(5, "in time"), (20, "look for a sooner time")])
def test_an_upgrade_of_who_is_booked_says_whether_that_is_in_time(send, make_slot, now, day, said):
    referral, _ = send(urgency="routine")
    slot = make_slot(day=day)
    Scanner.objects.update(hoist=True)
    answered(referral)
    holds.hold(referral, slot.pk, now=now)
    booking.book(referral, slot.pk, now=now, actor="patient")

    send(urgency="suspected_cancer")

    assert said in open_rows()["needs_person"].reason


def test_rows_that_were_open_are_due_sooner(send, now):
    send(urgency="routine", mobile="")
    assert open_rows()["not_reached"].due_at > now + timedelta(days=1)

    send(urgency="suspected_cancer", mobile="")

    assert {row.due_at for row in open_rows().values()} == {now + timedelta(hours=4)}


def test_suspected_cancer_is_on_a_list_from_its_first_minute(send, now):
    send(urgency="suspected_cancer")

    row = open_rows()["not_booked"]
    assert (row.opened_at, row.due_at) == (now, now + timedelta(hours=4))


def test_an_upgrade_is_taken_whatever_else_differs_and_a_row_says_what(send, now):
    referral, _ = send(urgency="routine")

    record.correct_mobile(referral.patient, "07700900998", now=now, actor="staff 1")
    send(urgency="suspected_cancer", mobile="07700900999", family_name="Neill")

    referral = Referral.objects.get()
    assert referral.urgency == "suspected_cancer"
    assert referral.patient.mobile == "+447700900998"
    assert "another family name" in open_rows()["needs_person"].reason


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("given_name", "Mary"),
        ("family_name", "Smith"),
        ("clock_start", "2026-11-22"),
    ],
)
def test_any_other_difference_is_answered_by_its_field_and_changes_nothing(send, field, value):
    send()
    before = list(Patient.objects.values()), list(Referral.objects.values())

    with pytest.raises(submission.Conflict) as refused:
        send(**{field: value})

    assert set(refused.value.errors) == {field}
    assert (list(Patient.objects.values()), list(Referral.objects.values())) == before


def test_an_earlier_clock_is_taken(send):
    referral, _ = send()

    send(clock_start="2026-11-10")

    referral.refresh_from_db()
    assert (referral.clock_start, referral.target_day) == (date(2026, 11, 10), date(2026, 11, 24))


def test_what_was_not_known_is_added(send):
    send(nhs_number="", mobile="", postcode="", needs=())

    send(needs=("carer",))

    patient = Patient.objects.get()
    assert (patient.nhs_number, patient.mobile, patient.postcode, patient.needs) == (
        "9990000018", "+447700900461", "LA14 4LF", ["carer"],
    )  # fmt: skip


def test_an_nhs_number_of_somebody_else_is_not_taken(send):
    send(identifier="RTX-9")
    send(nhs_number="", given_name="Mary", mobile="")

    with pytest.raises(submission.Conflict) as refused:
        send(given_name="Mary", mobile="")

    assert "nhs_number" in refused.value.errors


@pytest.mark.parametrize("reason", Referral.End)
def test_what_has_ended_is_not_taken_again(send, now, reason):
    referral, _ = send()
    ending.end(referral, reason, now=now, actor="staff 1")

    with pytest.raises(submission.Conflict) as refused:
        send(urgency="suspected_cancer")

    assert set(refused.value.errors) == {"status"}
    referral.refresh_from_db()
    assert referral.urgency == "urgent"


def test_nothing_is_asked_for_a_patient_who_has_died(send, now):
    referral, _ = send()
    ending.end(referral, "died", now=now, actor="staff 1")

    with pytest.raises(submission.Conflict, match="having died"):
        send(identifier="RTX-2", clock_start="2026-11-21")
    assert Referral.objects.count() == 1


def test_a_clerk_lowers_the_urgency_with_a_reason_that_is_kept(send, now):
    referral, _ = send(urgency="urgent")

    with pytest.raises(urgency.ReasonNeeded):
        urgency.change_urgency(referral, "routine", now=now, actor="staff 1", reason="  ")
    urgency.change_urgency(referral, "routine", now=now, actor="staff 1", reason="GP says so")

    assert (referral.urgency, referral.target_day) == ("routine", date(2027, 1, 1))
    assert AuditEntry.objects.get(action="urgency changed").detail["reason"] == "GP says so"
    assert open_rows() == {}


def test_the_urgency_of_what_has_ended_is_not_changed(send, now):
    referral, _ = send()
    ending.end(referral, "elsewhere", now=now, actor="staff 1")

    with pytest.raises(holds.ReferralEnded):
        urgency.change_urgency(referral, "suspected_cancer", now=now, actor="staff 1")
