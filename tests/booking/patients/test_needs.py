"""What a patient needs: the file of needs, who says what last, and which trusts read it."""

import pytest

from booking.appointments import booking, holds
from booking.exchange import fhir_resources
from booking.exchange.writeback.cursor import changes_after
from booking.identifiers.actors import PATIENT
from booking.models import ALL_NEEDS, NEEDS, AuditEntry, NeedSet, Patient, WorklistRow
from booking.models.needs import COLUMNS, NeedsFileInvalid, facilities_for, read_needs
from booking.patients.needs import change_needs
from booking.referrals import intake
from booking.referrals.submission import ReferralSubmission
from tests.booking.referrals.test_intake import SENT

HEAD = ",".join(COLUMNS)
OLD = ["wheelchair", "hoist", "carer", "transport", "claustrophobia", "interpreter", "hearing",
       "sight"]  # fmt: skip


def change(patient, *ticked, shown=(), now):
    return change_needs(patient, ticked, shown=shown, now=now, actor=PATIENT)


def test_the_file_has_the_standards_five_sets_and_the_codes_from_before():
    terms = [one.term for one in ALL_NEEDS.values() if one.term]

    assert {one.set for one in ALL_NEEDS.values()} == set(NeedSet)
    assert len(terms) == len(set(terms)) == 55
    assert set(OLD) <= set(NEEDS)
    assert NEEDS["hoist"] == "needs a hoist"
    assert facilities_for(["wheelchair"]) == {"wheelchair", "step_free"}
    assert facilities_for(["bsl_interpreter", "hearing", "unheard-of"]) == {
        "sign_language", "hearing_loop",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("hoist,environment,A hoist,needs a hoist,", "row 2: it must have 6 cells"),
        ("Hoist,environment,A,b,,", "row 2: the code must be small letters"),
        ("hoist,where,A,b,,", "row 2: set must be one of environment"),
        ("hoist,support,,b,,", "row 2: patient must hold words"),
        ("hoist,support,A,b,helipad,", "row 2: no place has helipad"),
        ("hoist,support,A,b,,\nhoist,support,A,b,,", "row 3: hoist is there twice"),
        ("one,support,A,b,,T\ntwo,support,A,b,,T", "row 3: its term is there twice"),
    ],
)
def test_a_file_that_cannot_be_used_says_which_row_and_why(tmp_path, rows, said):
    path = tmp_path / "needs.csv"
    path.write_text(f"{HEAD}\n{rows}\n", encoding="utf-8")

    with pytest.raises(NeedsFileInvalid, match=said):
        read_needs(path)


def test_other_columns_are_refused(tmp_path):
    path = tmp_path / "needs.csv"
    path.write_text("code,words\nhoist,needs a hoist\n", encoding="utf-8")

    with pytest.raises(NeedsFileInvalid, match="the columns must be code, set"):
        read_needs(path)


def test_only_what_was_ticked_or_taken_away_on_the_page_changes(jane, now):
    patient = jane.patient
    change(patient, "hoist", "carer", now=now)
    change(Patient.objects.get(), "sight", now=now)  # somebody else, meanwhile

    assert change(patient, "carer", shown=["hoist", "carer"], now=now)
    assert not change(patient, "carer", shown=["carer"], now=now)

    kept = Patient.objects.get()
    assert (kept.needs, kept.needs_declined) == (["carer", "sight"], ["hoist"])
    entries = AuditEntry.objects.filter(action="needs changed")
    assert [(one.actor, one.patient_id, one.detail) for one in entries] == [
        ("patient", patient.pk, {})
    ] * 3


def send(now, **changes):
    sent = ReferralSubmission(**{**SENT, "exam": "MR-1", **changes})
    return intake.create_referral(sent, now=now, actor="feed RTX")[0]


def test_what_the_patient_took_away_does_not_come_back_when_it_is_sent_again(
    make_referral, now, trust
):
    make_referral()
    first = send(now, needs=("hoist", "carer"))
    change(first.patient, "carer", shown=["hoist", "carer"], now=now)

    send(now, needs=("hoist", "carer"))

    assert Patient.objects.get(pk=first.patient_id).needs == ["carer"]
    assert not WorklistRow.objects.filter(about__startswith="differs").exists()


def test_a_need_that_another_referral_says_and_the_patient_took_away_is_asked_about_once(
    make_referral, now, trust
):
    make_referral()
    first = send(now, needs=("carer",))
    change(first.patient, "hoist", now=now)
    change(first.patient, shown=["hoist"], now=now)

    for _ in range(2):
        send(now, needs=("carer", "hoist", "sight"))

    assert Patient.objects.get(pk=first.patient_id).needs == ["carer", "sight"]
    row = WorklistRow.objects.get(about__startswith="differs")
    assert "another need" in row.reason
    assert row.events.filter(action="opened").count() == 1


@pytest.fixture
def booked(jane, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")


def number_of(booked):
    (change, *_), _ = changes_after("RTX", 0, 10)
    return change.number, change.version


def test_the_trust_reads_the_appointment_again_under_the_same_version(booked, jane, now):
    before = number_of(booked)
    change(jane.patient, "bsl_interpreter", now=now)
    told = number_of(booked)
    change(jane.patient, "bsl_interpreter", shown=[], now=now)

    assert told[0] > before[0]
    assert told[1] == before[1] == 1
    assert number_of(booked) == told, "nothing changed, so nothing is told"


def test_a_need_that_comes_with_another_referral_is_told_too(booked, jane, now):
    Patient.objects.filter(pk=jane.patient_id).update(nhs_number=SENT["nhs_number"])
    before = number_of(booked)
    send(now, needs=("hoist",), born="1961-03-12", given_name="Jane", family_name="Fell")

    assert Patient.objects.get(pk=jane.patient_id).needs == ["hoist"]
    assert number_of(booked) > before


def test_the_booking_brings_the_needs_as_flags(booked, jane, now):
    change(jane.patient, "bsl_interpreter", "format_print_20", now=now)
    booked.refresh_from_db()
    booked.referral.patient.refresh_from_db()

    sent = fhir_resources.appointment(booked, reader="RTX", slot=booked.slot)

    flags = [one for one in sent["contained"] if one["resourceType"] == "Flag"]
    assert [one["code"]["coding"][0]["code"] for one in flags] == [
        "bsl_interpreter", "format_print_20",
    ]  # fmt: skip
    assert flags[0]["code"]["text"] == "British Sign Language interpreter needed"
    assert {"reference": "#need-format-print-20"} in sent["supportingInformation"]
