"""The questions before a scan by FHIR: read, answered with the referral, read with the booking."""

import json

import pytest
from fhir.resources.R4B.appointment import Appointment as FhirAppointment
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from booking.appointments import booking, holds
from booking.exams.questions import asking, file
from booking.exams.questions.overriding import override
from booking.exchange.fhir_questions import canonical
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Answer, AppointmentChange, AuditEntry, Exam, Referral
from sites.models import Scanner, Trust
from tests.booking.api.conftest import said
from tests.booking.referrals.test_intake import resource

CODE = "urn:scan-finder:answer"


@pytest.fixture
def exam(trust):
    return Exam.objects.create(
        code="MR-KNEE", name="a scan", modality="MR", body_part="knee", minutes=30
    )


def responding(*items, version=None):
    return {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": "urn:x", "value": "1"},
        "status": "in-progress",
        "questionnaire": f"{canonical()}|{version or file.current().version}",
        "item": [{"linkId": one, "answer": [value]} for one, value in items],
    }


@pytest.fixture
def refer(system, exam):
    def refer(*contained, **changes):
        sent = resource(**changes)
        sent["contained"] += list(contained)
        return system("post", "ServiceRequest", json.dumps(sent))

    return refer


def current():
    found = Answer.objects.filter(is_current=True)
    return {one.question: (one.value, one.who, one.answered_by) for one in found}


def test_the_questions_can_be_read(system):
    found = system("get", "Questionnaire/scan-questions").json()

    Questionnaire.model_validate(found)
    assert (found["url"], found["version"]) == (canonical(), str(file.current().version))
    items = {one["linkId"]: one for one in found["item"]}
    assert list(items) == [one.id for one in file.current()]
    assert items["weight"]["enableWhen"][0]["question"] == "heavy"
    assert items["pregnant"]["extension"][0]["valueString"].endswith("age from 12; age to 55")
    assert system("get", "Questionnaire/other").status_code == 404


def test_answers_come_with_the_referral_and_are_not_asked_again(refer, now):
    answer = refer(
        responding(
            ("weight", {"valueQuantity": {"value": 131.5, "unit": "kg"}}),
            ("heavy", {"valueCoding": {"system": CODE, "code": "yes"}}),
            ("pacemaker", {"valueBoolean": False}),
            ("operation", {"valueString": "dont_know"}),
        )
    )

    assert answer.status_code == 201
    assert current() == {
        name: (value, "trust", "feed RTX")
        for name, value in {
            "heavy": "yes", "weight": "132", "pacemaker": "no", "operation": "dont_know",
        }.items()
    }  # fmt: skip
    left = {one.id for one in asking.asking_of(Referral.objects.get(), now=now).unanswered}
    assert left
    assert not left & set(current())


def test_sent_again_it_is_the_same(refer):
    sent = responding(("pacemaker", {"valueBoolean": False}))

    assert [refer(sent).status_code, refer(sent).status_code] == [201, 200]
    assert Answer.objects.count() == 1


@pytest.mark.parametrize(
    ("items", "at", "words"),
    [
        ([("pacemakr", {"valueBoolean": True})], "pacemakr", "There is no question 'pacemakr'"),
        (
            [("pacemaker", {"valueCoding": {"code": "perhaps"}})],
            "pacemaker",
            "'perhaps' is no answer to pacemaker. Send yes, no, dont_know",
        ),
        ([("weight", {"valueInteger": 4000})], "weight", "Send 20 to 400 kg, dont_know"),
        (
            [("operation", {"valueBoolean": True}), ("operation", {"valueBoolean": False})],
            "operation",
            "operation is answered twice",
        ),
    ],
)
def test_what_is_not_in_the_file_is_named_and_nothing_is_taken(refer, items, at, words):
    answer = refer(responding(("pump", {"valueBoolean": False}), *items))

    issue = answer.json()["issue"][0]
    assert answer.status_code == 422
    assert words in issue["diagnostics"]
    assert issue["expression"] == [f"ServiceRequest.contained[1].item.where(linkId='{at}')"]
    assert not Referral.objects.exists()
    assert not Answer.objects.exists()


def test_another_version_or_another_questionnaire_is_refused(refer):
    old = refer(responding(("pacemaker", {"valueBoolean": False}), version=999))
    other = refer(responding() | {"questionnaire": "urn:x|1"})
    twice = refer(responding(), responding())

    assert old.status_code == 422
    assert f"Ask the questions of version {file.current().version}" in said(old)[1]
    assert other.status_code == twice.status_code == 400
    assert "contained[1].questionnaire must be" in said(other)[1]
    assert not Referral.objects.exists()


def test_what_is_not_asked_of_this_scan_is_passed_over(refer):
    answer = refer(responding(("pregnant", {"valueBoolean": True})))

    assert answer.status_code == 201
    assert not Answer.objects.exists()


@pytest.fixture
def booked(make_referral, blackburn, make_slot, now):
    """Jane, whom RTX referred, is scanned by RXR."""
    jane, slot = make_referral(), make_slot(site=blackburn)
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")


def test_the_booking_names_the_answers_which_both_trusts_may_read(booked, system, now):
    given = booked.referral.answers.get(question="pacemaker")
    override(given, "tell", "Model is known", now=now, actor=Actor(ActorKind.STAFF, 7))

    made = system("get", f"Appointment/{booked.reference}").json()
    (named,) = [one for one in made["supportingInformation"] if "type" in one]
    answers = [system("get", named["reference"], trust=trust) for trust in ("RTX", "RXR")]

    FhirAppointment.model_validate(made)
    for answer in answers:
        found = answer.json()
        QuestionnaireResponse.model_validate(found)
        assert answer["Cache-Control"] == "no-store"
        assert found["status"] == "completed"
        assert found["questionnaire"] == f"{canonical()}|{file.current().version}"
        item = next(one for one in found["item"] if one["linkId"] == "pacemaker")
        extensions = {
            one["url"].rpartition(":")[2]: next(v for k, v in one.items() if k != "url")
            for one in item["extension"]
        }
        assert item["answer"] == [{"valueCoding": {"system": CODE, "code": "no", "display": "No"}}]
        assert extensions["answered-by"] == "the patient"
        assert extensions["answered-version"] == file.current().version
        assert (extensions["outcome"], extensions["override"]) == ("tell", "Model is known")
    seen = AuditEntry.objects.filter(action="answers seen", referral=booked.referral)
    assert seen.count() == 2
    assert all(one.actor.startswith("key ") for one in seen)


def test_nobody_else_reads_them_nor_who_scans_no_longer(booked, system, now):
    Trust.objects.create(code="RXN", name="Lancashire Teaching Hospitals")
    path = f"QuestionnaireResponse/{booked.referral_id}"

    assert system("get", path, trust="RXN").status_code == 403
    booking.cancel(booked, booked.version, now=now, actor="patient")
    assert system("get", path, trust="RXR").status_code == 403
    assert system("get", path).status_code == 200
    assert system("get", "QuestionnaireResponse/0").status_code == 404


def test_a_booking_against_the_questions_is_refused_without_the_answer(
    make_referral, system, blackburn, make_slot
):
    ann, slot = make_referral(is_answered=False), make_slot(site=blackburn)
    body = json.dumps({
        "resourceType": "Appointment", "status": "booked",
        "slot": [{"reference": f"Slot/{slot.pk}"}],
        "basedOn": [{"reference": f"ServiceRequest/{ann.pk}"}],
    })  # fmt: skip

    answer = system("post", "Appointment", body)

    assert (answer.status_code, said(answer)[0]) == (422, "business-rule")
    assert "questions before this scan have no answer yet: pacemaker" in said(answer)[1]


def test_who_scans_reads_a_booking_again_when_the_referrer_sends_answers(refer, make_slot, now):
    refer(responding(("pacemaker", {"valueBoolean": False})))
    referral, slot = Referral.objects.get(), make_slot(day=20)
    Scanner.objects.update(hoist=True, contrast=True)
    holds.hold(referral, slot.pk, now=now)
    booking.book(referral, slot.pk, now=now, actor=Actor(ActorKind.STAFF, 7))
    before = AppointmentChange.objects.get(trust_id="RTX").number

    refer(responding(("pacemaker", {"valueBoolean": False})))
    assert AppointmentChange.objects.get(trust_id="RTX").number == before
    refer(responding(("pump", {"valueBoolean": True}), ("operation", {"valueBoolean": False})))

    assert AppointmentChange.objects.get(trust_id="RTX").number > before
