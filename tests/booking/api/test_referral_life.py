"""A referral's life by the API: read, found, changed with its ETag, ended, its exam's codes."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.servicerequest import ServiceRequest

from booking.appointments import booking, holds
from booking.appointments.why_off import why_off
from booking.exchange.writeback.cursor import changes_after
from booking.management.commands import load_exams
from booking.models import (
    Appointment,
    AuditEntry,
    Exam,
    ExamCode,
    Patient,
    Referral,
    Slot,
    WorklistRow,
)
from booking.patient.off_words import say_off
from booking.referrals import replacing, submission
from notifications.models import Message, State
from sites.models import Scanner
from tests.answers import answered
from tests.booking.api.conftest import said
from tests.booking.referrals.test_intake import SENT, resource

OURS, SNOMED = "urn:scan-finder:exam", "http://snomed.info/sct"


def coding(*pairs, **more):
    return {"coding": [{"system": system, "code": code} for system, code in pairs], **more}


@pytest.fixture
def exams(trust):
    made = {
        code: Exam.objects.create(
            code=code, name="a scan", modality=code[:2], body_part=code, minutes=minutes
        )
        for code, minutes in (("MR-KNEE", 30), ("MR-HIP", 30), ("MR-LONG", 60), ("CT-CHEST", 20))
    }
    ExamCode.objects.create(exam=made["MR-HIP"], system="nicip", code="MHIP")
    ExamCode.objects.create(exam=made["MR-HIP"], system="snomed", code="399208008")
    return made


@pytest.fixture
def refer(system, exams):
    def refer(trust="RTX", **changes):
        return system("post", "ServiceRequest", json.dumps(resource(**changes)), trust=trust)

    return refer


@pytest.fixture
def put(system, exams):
    def put(tag, trust="RTX", pk=None, **changes):
        pk = pk or Referral.objects.get().pk
        headers = {"If_Match": tag} if tag else {}
        body = json.dumps(resource(**changes))
        return system("put", f"ServiceRequest/{pk}", body, trust=trust, **headers)

    return put


def patient(**changes):
    return {"contained": [{**resource()["contained"][0], **changes}]}


# --- read and found ---------------------------------------------------------------------------


def test_the_referrer_reads_and_finds_what_it_sent_and_nobody_else_does(refer, system, blackpool):
    made = refer()
    path = made["Location"].partition("/fhir/R4/")[2]

    read = system("get", path)
    found = system("get", "ServiceRequest?identifier=urn:rtx|RTX-1").json()

    ServiceRequest.model_validate(read.json())
    Bundle.model_validate(found)
    assert read.json() == made.json() == found["entry"][0]["resource"]
    assert read["ETag"] == made["ETag"]
    assert (found["total"], system("get", "ServiceRequest?identifier=RTX-2").json()["total"]) == (
        1, 0,
    )  # fmt: skip
    assert system("get", path, trust="RXL").status_code == 403
    assert system("get", "ServiceRequest?identifier=RTX-1", trust="RXL").json()["total"] == 0
    assert system("get", "ServiceRequest/²").status_code == 404
    assert system("get", "ServiceRequest").status_code == 400
    assert system("get", "ServiceRequest?identifier=RTX-1&patient=1").status_code == 400
    assert AuditEntry.objects.filter(action="read").count() == 2
    assert "Neill" not in json.dumps(read.json())


# --- changed ----------------------------------------------------------------------------------


def test_put_needs_the_etag_that_was_read(refer, put):
    tag = refer()["ETag"]

    assert put(None).status_code == 428
    assert put('W/"1"').status_code == 400
    raised = put(tag, category=[{"coding": [
        {"system": "urn:scan-finder:urgency", "code": "suspected_cancer"}]}])  # fmt: skip
    assert (raised.status_code, Referral.objects.get().urgency) == (200, "suspected_cancer")
    stale = put(tag)
    assert stale.status_code == 412
    assert raised["ETag"] in said(stale)[1]
    assert put(raised["ETag"], identifier=[{"value": "RTX-2"}]).status_code == 400


def test_another_exam_is_taken_and_a_refusal_takes_nothing(refer, put):
    tag = refer()["ETag"]
    hip = coding((OURS, "MR-HIP"))

    lower = put(tag, code=hip, priority="routine")
    other = put(tag, code=hip, **patient(birthDate="1950-01-01"))
    assert [lower.status_code, other.status_code] == [409, 409]
    assert Referral.objects.get().exam.code == "MR-KNEE"
    taken = put(tag, code=hip)

    assert (taken.status_code, Referral.objects.get().exam.code) == (200, "MR-HIP")
    assert taken["ETag"] != tag
    entry = AuditEntry.objects.get(action="exam changed")
    assert (entry.actor, entry.detail) == ("feed RTX", {"was": "MR-KNEE", "to": "MR-HIP"})


def test_an_exam_that_is_done_no_more_is_not_changed_to_but_goes_on(refer, put):
    tag = refer()["ETag"]
    Exam.objects.filter(code__in=["MR-HIP", "MR-KNEE"]).update(retired=True)

    refused = put(tag, code=coding((OURS, "MR-HIP")))
    kept = put(tag, priority="urgent")

    assert (refused.status_code, kept.status_code) == (422, 200)
    assert "MR-HIP is not done any more" in said(refused)[1]
    assert Referral.objects.get().exam.code == "MR-KNEE"


def test_what_changed_between_the_look_and_the_lock_is_not_written_over(refer, now):
    refer()
    seen = Referral.objects.get()
    version = replacing.version_of(seen)
    Referral.objects.update(urgency="suspected_cancer")
    sent = submission.ReferralSubmission(**{**SENT, "exam": "MR-HIP"})

    with pytest.raises(replacing.ReferralChanged):
        replacing.replace(seen, sent, version, now=now, actor="feed RTX")

    assert Referral.objects.get().exam.code == "MR-KNEE"


@pytest.fixture
def booked(refer, make_slot, now):
    """What was referred, booked on half an hour of MRI; and its ETag."""
    tag = refer()["ETag"]
    referral, slot = answered(Referral.objects.get()), make_slot()
    Scanner.objects.update(hoist=True)
    holds.hold(referral, slot.pk, now=now)
    made = booking.book(referral, slot.pk, now=now, actor="patient")
    return made, tag


def news(made):
    later = Message.objects.filter(subject=made.reference, subject_version=2)
    return [one.kind for one in later.exclude(state=State.CANCELLED)]


@pytest.mark.parametrize("code", ["MR-LONG", "CT-CHEST"])
def test_a_time_that_does_not_suit_the_new_exam_is_cancelled_and_said(booked, put, code):
    made, tag = booked

    assert put(tag, code=coding((OURS, code))).status_code == 200

    made = Appointment.objects.select_related("site__trust", "slot").get()
    assert (made.status, Slot.objects.get().free_at is not None) == ("cancelled", True)
    assert news(made) == ["cancelled_by_you"]
    assert "you cancelled" not in Message.objects.get(subject_version=2).body
    row = WorklistRow.objects.get(closed_at=None)
    assert (row.kind, "exam was changed" in row.reason) == ("not_rebooked", True)
    assert "this time does not suit it" in say_off(why_off([made])[made.pk], made)
    assert [one.appointment_id for one in changes_after("RTX", 0, 9)[0]] == [made.pk]


def test_a_time_that_suits_it_stays_and_its_trust_and_a_clerk_hear_of_it(booked, put):
    made, tag = booked

    assert put(tag, code=coding((OURS, "MR-HIP"))).status_code == 200

    made = Appointment.objects.get()
    assert (made.status, made.version) == ("booked", 2)
    assert sorted(news(made)) == ["reminder_2_days", "reminder_7_days"]
    assert "from MR-KNEE to MR-HIP" in WorklistRow.objects.get(closed_at=None).reason
    assert changes_after("RTX", 0, 9)[0][0].appointment.version == 2


def test_what_is_held_is_let_go_and_what_has_passed_stays(refer, put, make_slot, now, clock):
    tag, slot = refer()["ETag"], make_slot()
    Scanner.objects.update(hoist=True)
    holds.hold(Referral.objects.get(), slot.pk, now=now)
    tag = put(tag, code=coding((OURS, "MR-LONG")))["ETag"]
    assert Slot.objects.get().held_by is None
    tag = put(tag, code=coding((OURS, "MR-KNEE")))["ETag"]
    referral = answered(Referral.objects.get())
    holds.hold(referral, slot.pk, now=now)
    booking.book(referral, slot.pk, now=now, actor="patient")
    clock.shift(timedelta(days=9))

    assert put(tag, code=coding((OURS, "CT-CHEST"))).status_code == 200
    assert Appointment.objects.get().status == "booked"


# --- ended ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["revoked", "completed", "entered-in-error"])
def test_put_ends_it_and_its_appointment(booked, put, status):
    _made, tag = booked

    answer = put(tag, status=status)

    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert Appointment.objects.get().status == "cancelled"
    assert put(answer["ETag"]).status_code == 409


@pytest.mark.parametrize("said", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-11-20"}])
@pytest.mark.parametrize("door", ["post", "put"])
def test_a_patient_who_has_died_is_left_in_peace(booked, refer, put, said, door):
    _made, tag = booked
    sent = patient(**said)

    answer = refer(**sent) if door == "post" else put(tag, **sent)

    assert answer.status_code == 200
    assert Patient.objects.get().died_at
    assert Referral.objects.get().end_reason == "died"
    assert Appointment.objects.get().status == "cancelled"
    assert not Message.objects.filter(state__in=["ready", "scheduled"]).exists()
    assert refer(**sent).status_code == 200


def test_a_death_is_of_a_patient_that_we_know_by_birthday(refer):
    unknown = refer(**patient(deceasedBoolean=True))
    refer()
    other = refer(**patient(deceasedBoolean=True, birthDate="1950-01-01"))
    alive = refer(**patient(deceasedBoolean=False))

    assert [unknown.status_code, other.status_code, alive.status_code] == [422, 409, 200]
    assert Patient.objects.get().died_at is None


# --- who it is, and what is scanned -----------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "family"),
    [
        ([{"use": "old", "family": "Gone"}, {"family": "Fell"}], "Fell"),
        ([{"use": "maiden", "family": "Gone"}, {"use": "usual", "family": "Fell"}], "Fell"),
        ([{"family": "Gone", "period": {"end": "2020"}}, {"family": "Fell"}], "Fell"),
        ([{"use": "nickname", "family": "Gone"}, {"use": "official", "family": "Fell"}], "Fell"),
        ([{"use": "old", "family": "Gone"}], None),
    ],
)
def test_a_former_name_is_never_the_patients(refer, names, family):
    answer = refer(**patient(name=[{**one, "given": ["Ann"]} for one in names]))

    assert answer.status_code == (201 if family else 422)
    assert [one.family_name for one in Patient.objects.all()] == ([family] if family else [])


@pytest.mark.parametrize(
    "code",
    [
        coding((OURS, "MR-HIP")),
        coding((SNOMED, "399208008")),
        coding(("https://example.nhs.uk/NICIP", "mhip")),
        coding(("urn:ris", "X1"), (SNOMED, "399208008"), ("urn:scan-finder:nicip", "MHIP")),
        coding((OURS, "NOBODYS"), (SNOMED, "399208008")),
    ],
)
def test_an_exam_is_named_by_any_code_that_the_network_maps(refer, code):
    assert refer(code=code).status_code == 201
    assert Referral.objects.get().exam.code == "MR-HIP"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ({}, "no code was sent"),
        (coding(), "no code was sent"),
        ({"coding": [{"system": OURS, "code": " "}]}, "no code was sent"),
        ({"text": "MRI of the hip"}, "Words alone name no exam"),
        (coding(("urn:ris", "X1")), "no exam X1"),
        (coding((SNOMED, "1")), "no exam 1"),
        (coding((OURS, "MR-KNEE"), (SNOMED, "399208008")), "several exams: MR-HIP, MR-KNEE"),
    ],
)
def test_a_code_that_names_no_exam_is_answered_with_those_that_do(refer, code, words):
    answer = refer(code=code)

    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["expression"]) == (422, ["ServiceRequest.code.coding"])
    assert words in issue["diagnostics"]
    if "several" not in words:
        for known in ("CT-CHEST, MR-HIP, MR-KNEE", "MHIP", "399208008"):
            assert known in issue["diagnostics"]


# --- the catalogue's codes --------------------------------------------------------------------


def test_the_codes_of_the_catalogue_are_loaded_and_may_be_again(db):
    call_command("load_exams")
    call_command("load_exams")

    chest = ExamCode.objects.get(code="399208008")
    assert (chest.exam.code, chest.system) == ("DX-CHEST", "snomed")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("NO-SUCH,nicip,XCHES,", "no such exam"),
        ("MR-KNEE,loinc,XCHES,", "no such exam"),
        ("MR-KNEE,nicip,x ches,", "no such exam"),
        ("MR-KNEE,snomed,399208009,", "a digit"),
        ("MR-KNEE,nicip,MKNE,\nMR-HIP,nicip,MKNE,", "twice"),
    ],
)
def test_a_wrong_row_of_codes_is_said_and_nothing_of_the_file_is_taken(
    exams, tmp_path, monkeypatch, row, words
):
    path = tmp_path / "exam_codes.csv"
    path.write_text(f"exam,system,code,display\nMR-KNEE,nicip,MKNEX,\n{row}\n")
    monkeypatch.setattr(load_exams, "CODES_FILE", path)

    with pytest.raises(CommandError, match=words):
        call_command("load_exams")

    assert not ExamCode.objects.filter(code="MKNEX").exists()
