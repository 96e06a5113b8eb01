"""`/fhir/R4/Appointment`: book, read, cancel, confirm, refuse, and the list of changes."""

import json

import pytest
from fhir.resources.R4B.appointment import Appointment as FhirAppointment
from fhir.resources.R4B.operationoutcome import OperationOutcome

from booking.models import Appointment, AuditEntry, FeedKey, Slot, WorklistRow
from notifications.models import Message
from tests.booking.api.conftest import based_on, because, wanted


def issue(response):
    return OperationOutcome.model_validate(response.json()).issue[0]


def test_a_partner_books_a_slot_for_its_own_referral(book, system, jane, make_slot, settings):
    slot = make_slot()

    response = book(slot)

    made = Appointment.objects.get()
    assert (response.status_code, response["ETag"]) == (201, 'W/"1"')
    assert (
        response["Location"] == f"{settings.PUBLIC_BASE_URL}/fhir/R4/Appointment/{made.reference}"
    )
    assert response["Cache-Control"] == "no-store"
    found = FhirAppointment.model_validate(response.json())
    assert (found.id, found.status, found.slot[0].reference) == (
        made.reference, "booked", f"Slot/{slot.pk}",
    )  # fmt: skip
    assert response.json()["slot"][0]["identifier"]["value"] == slot.external_id
    assert Slot.objects.get().free_at is None
    assert Message.objects.filter(kind="confirmation").count() == 1
    assert AuditEntry.objects.get().actor == f"key {FeedKey.objects.get().prefix}"
    assert system("get", f"Appointment/{made.reference}").json() == response.json()


def test_a_taken_slot_is_409_with_the_three_nearest(book, system, jane, tom, make_slot):
    slots = [make_slot(hour=hour) for hour in (9, 10, 11, 14, 16)]
    book(slots[2], "3XRD7JQF")

    response = book(slots[2])

    assert (response.status_code, issue(response).code) == (409, "conflict")
    offered = [
        one["extension"][0]["valueReference"]["reference"] for one in response.json()["issue"][1:]
    ]
    assert offered == [f"Slot/{slots[n].pk}" for n in (0, 1, 3)]
    assert book(offered[0].split("/")[1]).status_code == 201


def test_the_same_request_again_answers_the_first_result_under_its_key(book, jane, make_slot):
    slot = make_slot()
    first = book(slot, Idempotency_Key="a1")

    again = book(slot, Idempotency_Key="a1")

    assert (again.status_code, again.json(), again["ETag"]) == (201, first.json(), first["ETag"])
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_without_a_key_a_second_booking_is_a_duplicate(book, jane, make_slot):
    slot = make_slot()
    book(slot)

    for again in (book(slot), book(make_slot(hour=16)), book(make_slot(), Idempotency_Key="b")):
        assert (again.status_code, issue(again).code) == (409, "duplicate")
    assert Appointment.objects.get().slot_id == slot.pk


def test_only_the_trust_that_refers_may_book(book, jane, make_slot, blackpool):
    slot = make_slot()

    response, none = book(slot, trust="RXL"), book(slot, "22222222", trust="RXL")

    assert (response.status_code, issue(response).code) == (422, "not-found")
    assert response.json() == none.json(), "nobody learns which codes there are"
    assert not Appointment.objects.exists()
    assert Slot.objects.get().held_by is None


def test_a_partner_may_book_at_another_trust(book, system, jane, make_slot, at_blackpool):
    made = book(at_blackpool(make_slot), code="7ko4-9crb.").json()

    assert made["basedOn"][0]["reference"] == f"ServiceRequest/{jane.pk}"
    assert "7KQ49CRB" not in json.dumps(made)
    theirs = system("get", f"Appointment/{made['id']}", trust="RXL").json()
    assert "basedOn" not in theirs
    assert theirs["contained"][0]["birthDate"] == "1961-03-12"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"slot": []}, 400, "required"),
        ({"slot": [{"reference": "Slot/x"}]}, 400, "required"),
        ({"slot": [{"reference": "Slot/1"}, {"reference": "Slot/2"}]}, 422, "business-rule"),
        ({"slot": [{"reference": "Schedule/1"}]}, 400, "required"),
        ({"slot": [{"reference": "Slot/999999999"}]}, 422, "business-rule"),
        ({"basedOn": []}, 400, "required"),
        ({"basedOn": [{"identifier": {"system": "urn:x", "value": "1"}}]}, 400, "required"),
        ({"basedOn": based_on("22222222")}, 422, "not-found"),
        ({"basedOn": based_on("x")}, 422, "not-found"),
        ({"status": "proposed"}, 422, "value"),
        ({"status": "pending"}, 422, "value"),
        ({"status": "waitlist"}, 422, "value"),
        ({"status": "arrived"}, 422, "value"),
        ({"status": "checked-in"}, 422, "value"),
        ({"status": "fulfilled"}, 422, "value"),
        ({"status": "cancelled"}, 422, "value"),
        ({"status": "noshow"}, 422, "value"),
        ({"status": "entered-in-error"}, 422, "value"),
        ({"status": "Booked"}, 422, "value"),
        ({"status": ""}, 400, "required"),
        ({"status": 1}, 400, "invalid"),
        ({"resourceType": "Slot"}, 400, "invalid"),
    ],
)  # fmt: skip
def test_what_cannot_be_booked_is_refused_with_what_to_send(
    system, jane, make_slot, changes, status, code
):
    body = json.dumps({**json.loads(wanted(make_slot())), **changes})
    response = system("post", "Appointment", body)

    assert (response.status_code, issue(response).code) == (status, code)
    assert code != "value" or "is booked" in issue(response).diagnostics
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{oops", "application/fhir+json", 400),
        ("[]", "application/fhir+json", 400),
        ("null", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        ("[" * 60_000, "application/json", 400),
        ("{}", "text/plain", 415),
        (" " * 70_000, "application/fhir+json", 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(system, jane, body, content_type, status):
    response = system("post", "Appointment", body, content_type=content_type)

    assert response.status_code == status
    assert issue(response).severity == "error"


def test_a_slot_of_another_scan_is_not_for_this_referral(book, jane, make_slot):
    response = book(make_slot(modality="DX"))

    assert (response.status_code, issue(response).code) == (422, "business-rule")


def test_a_partner_cancels_with_the_version_that_it_saw(book, say, jane, make_slot):
    made = book(make_slot()).json()

    response = say(made["id"], "cancelled", **because("pat"))

    assert (response.status_code, response["ETag"]) == (200, 'W/"2"')
    assert FhirAppointment.model_validate(response.json()).status == "cancelled"
    assert Slot.objects.get().free_at is not None
    assert WorklistRow.objects.get().kind == "not_rebooked"


def test_a_stale_version_is_412_and_a_missing_one_428(book, say, system, jane, make_slot):
    made = book(make_slot()).json()

    stale = say(made["id"], "cancelled", version=2)
    missing = say(made["id"], "cancelled", version=None)
    odd = say(made["id"], "cancelled", if_match="*")

    assert (stale.status_code, issue(stale).code) == (412, "conflict")
    assert 'W/"1"' in issue(stale).diagnostics
    assert (missing.status_code, issue(missing).code) == (428, "required")
    assert odd.status_code == 400
    assert Appointment.objects.get().status == "booked"


def test_a_patch_of_the_status_cancels_too(book, system, jane, make_slot):
    made = book(make_slot()).json()
    patch = json.dumps([{"op": "replace", "path": "/status", "value": "cancelled"}])

    response = system(
        "patch", f"Appointment/{made['id']}", patch,
        content_type="application/json-patch+json", If_Match='"1"',
    )  # fmt: skip

    assert (response.status_code, response.json()["status"]) == (200, "cancelled")


@pytest.mark.parametrize(
    ("patch", "status"),
    [
        ([{"op": "replace", "path": "/start", "value": "2026-12-03T09:00:00Z"}], 422),
        ([{"op": "remove", "path": "/status"}], 422),
        ([{"op": "replace", "path": "", "value": "cancelled"}], 422),
        ([{"op": "replace", "path": "/slot/x/y", "value": 1}], 422),
        ([{}], 422),
        ([{"op": "replace", "path": "/status", "value": 3}], 422),
        ([], 422),
        ({"op": "replace"}, 400),
    ],
)
def test_a_patch_of_anything_else_is_refused(book, system, jane, make_slot, patch, status):
    made = book(make_slot()).json()

    response = system(
        "patch", f"Appointment/{made['id']}", json.dumps(patch),
        content_type="application/json-patch+json", If_Match='W/"1"',
    )  # fmt: skip

    assert response.status_code == status
    assert Appointment.objects.get().version == 1


def test_a_time_alone_is_not_changed(book, say, jane, make_slot):
    made = book(make_slot()).json()

    late = say(made["id"], "booked", start="2027-01-01T09:00:00Z")
    same = say(made["id"], "booked", slot=made["slot"], start=made["start"], end=made["end"])

    assert (late.status_code, same.status_code) == (422, 200)
    assert same["ETag"] == 'W/"1"'


def test_another_trusts_appointment_is_neither_read_nor_cancelled(
    book, say, system, jane, make_slot, blackpool
):
    made = book(make_slot()).json()

    for response in (
        system("get", f"Appointment/{made['id']}", trust="RXL"),
        say(made["id"], "cancelled", trust="RXL"),
    ):
        assert (response.status_code, issue(response).code) == (403, "forbidden")
        assert "Fell" not in response.content.decode()
    assert system("get", "Appointment/22222222").status_code == 404
    assert system("get", "Appointment/²").status_code == 404


def test_what_is_over_stays_over(book, say, jane, make_slot):
    made = book(make_slot()).json()
    say(made["id"], "cancelled", **because("pat"))

    again = say(made["id"], "cancelled", version=2)

    assert (again.status_code, issue(again).code) == (409, "conflict")


def test_the_hospital_that_cannot_do_it_displaces_and_the_patient_is_told(
    book, say, jane, make_slot
):
    made = book(make_slot()).json()

    response = say(made["id"], "cancelled", **because("prov-mach"))

    assert response.json()["cancelationReason"]["coding"][0]["code"] == "prov"
    assert Appointment.objects.get().status == "displaced"
    assert WorklistRow.objects.get().kind == "displaced"
    assert Message.objects.filter(kind="displaced").count() == 1
    assert Slot.objects.get().free_at is None


@pytest.mark.parametrize(
    "accept",
    ["application/fhir+json; fhirVersion=4.0", "application/fhir+json;version=1.1.0", "*/*"],
)
def test_whatever_version_of_fhir_is_asked_for_there_is_an_answer(
    book, system, jane, make_slot, accept
):
    made = book(make_slot()).json()

    response = system("get", f"Appointment/{made['id']}", Accept=accept)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/fhir+json"


def test_what_we_do_not_speak_is_406(system, furness):
    response = system("get", f"Location/{furness.pk}", Accept="application/fhir+xml")

    assert (response.status_code, issue(response).code) == (406, "not-supported")


def test_what_a_trusts_system_reads_of_a_patient_is_in_the_audit(book, system, jane, make_slot):
    book(make_slot())
    made = Appointment.objects.get()
    key = f"key {FeedKey.objects.get().prefix}"

    system("get", "Appointment?_lastUpdated=gt2020-01-01T00:00:00Z")
    system("get", f"Appointment/{made.reference}")

    read = AuditEntry.objects.filter(action="read")
    assert [(one.actor, one.patient, one.appointment) for one in read] == [
        (key, jane.patient, made)
    ] * 2


def test_a_page_of_changes_is_audited_in_one_statement_and_an_empty_one_in_none(
    book, system, make_referral, make_slot, django_assert_max_num_queries
):
    for n, letter in enumerate("23456789"):
        book(make_slot(hour=9 + n), make_referral(code=f"7KQ49CR{letter}").code)
    system("get", "Appointment?_count=1")

    with django_assert_max_num_queries(9):
        page = system("get", "Appointment").json()
    assert len(page["entry"]) == 8
    assert AuditEntry.objects.filter(action="read").count() == 9

    last = page["entry"][-1]["resource"]["meta"]["lastUpdated"]
    system("get", f"Appointment?_lastUpdated=gt{last}")
    assert AuditEntry.objects.filter(action="read").count() == 9
