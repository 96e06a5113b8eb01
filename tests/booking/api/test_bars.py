"""BaRS's examples that concern booking, in their shape and our words: each gets an answer that
BaRS's own text allows."""

import json
from datetime import timedelta

import pytest

from booking.models import Appointment, Slot
from tests.booking.api.conftest import NUMBERS, message, said, wanted

TARGET = {"NHSD-Target-Identifier": "eyJ2YWx1ZSI6ICJSVFgwMSJ9"}
CODES = "https://fhir.nhs.uk/CodeSystem/http-error-codes"


def others(slot):
    """What a sender puts into the message beside the Appointment and its header."""
    return [
        {"resourceType": "Patient", "name": [{"family": "Fell", "given": ["Jane"]}]},
        {"resourceType": "Slot", "id": str(slot.pk), "status": "busy"},
        {"resourceType": "Schedule", "id": "day", "actor": [{"reference": "urn:uuid:service"}]},
        {"resourceType": "HealthcareService", "id": "RTX01", "name": "Scans"},
        {"resourceType": "PractitionerRole", "id": "role"},
        {"resourceType": "Practitioner", "id": "one"},
        {"resourceType": "Location", "id": "here", "position": {"longitude": -3, "latitude": 54}},
        {"resourceType": "Organization", "name": "Who receives"},
        {"resourceType": "Organization", "name": "Who sends"},
    ]


@pytest.fixture
def tell(system):
    """Send a message; each has numbers of its own."""
    told = iter(range(100, 200))

    def tell(about, slot, *, trust="RTX", reason="update", event="booking-request"):
        sent = message(about, reason, event)
        sent["entry"] += [
            {"fullUrl": f"urn:uuid:{one['resourceType'].lower()}", "resource": one}
            for one in others(slot)
        ]
        number = NUMBERS["X-Request-Id"][:-3] + str(next(told))
        headers = {**NUMBERS, **TARGET, "X-Request-Id": number}
        return system("post", "$process-message", json.dumps(sent), trust=trust, **headers)

    return tell


@pytest.fixture
def booked(tell, jane, make_slot):
    """Return a slot, and the Appointment that a message booked at it."""
    slot = make_slot()
    about = json.loads(wanted(slot)) | {"slot": [{"reference": "urn:uuid:slot"}]}
    answer = tell(about, slot, reason="new")
    assert answer.status_code == 200, answer.content
    kinds = [entry["resource"]["resourceType"] for entry in answer.json()["entry"]]
    assert kinds == ["MessageHeader", "Appointment", *[o["resourceType"] for o in others(slot)]]
    return slot, answer.json()["entry"][1]["resource"]


def test_a_whole_message_books_the_slot_that_it_holds(booked):
    slot, made = booked

    assert (made["status"], made["slot"][0]["reference"]) == ("booked", f"Slot/{slot.pk}")
    assert made["id"] == Appointment.objects.get().reference


def test_an_update_with_another_slot_moves_it(booked, tell, make_slot):
    old, made = booked
    new = make_slot(hour=16)
    times = {"start": new.start.isoformat(), "end": new.end.isoformat()}
    about = {**made, **times, "slot": [{"reference": "urn:uuid:slot"}]}

    answer = tell(about, new)

    moved = answer.json()["entry"][1]["resource"]
    assert (answer.status_code, moved["id"]) == (200, made["id"])
    assert (moved["slot"][0]["reference"], moved["meta"]["versionId"]) == (f"Slot/{new.pk}", "2")
    assert Slot.objects.get(pk=old.pk).free_at is not None


def test_an_update_of_what_was_read_before_it_changed_is_refused(booked, tell, make_slot):
    _, made = booked
    new = make_slot(hour=16)
    about = {**made, "start": None, "end": None, "slot": [{"reference": f"Slot/{new.pk}"}]}
    assert tell(about, new).status_code == 200

    again = tell({**made, "status": "cancelled"}, new)

    assert (again.status_code, said(again)[0]) == (412, "conflict")
    assert Appointment.objects.get().is_live


def test_a_move_to_a_time_that_is_taken_says_which_are_free_and_keeps_the_old(
    booked, tell, book, tom, make_slot
):
    _, made = booked
    new = make_slot(hour=16)
    book(new, "3XRD7JQF")

    answer = tell({**made, "start": None, "end": None, "slot": [{"reference": f"Slot/{new.pk}"}]},
                  new)  # fmt: skip

    assert (answer.status_code, said(answer)[0]) == (409, "conflict")
    assert Appointment.objects.get(reference=made["id"]).is_live


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_an_update_that_is_off_cancels(booked, tell, status):
    slot, made = booked

    about = {**made, "status": status, "slot": [{"reference": "urn:uuid:slot"}]}

    answer = tell({**about, "cancelationReason": {"coding": [{"code": "pat"}]}}, slot)

    assert answer.json()["entry"][1]["resource"]["status"] == "cancelled"
    assert Slot.objects.get(pk=slot.pk).free_at is not None


@pytest.mark.parametrize(("status", "caller", "answered"),
    [("noshow", "RXL", 200), ("fulfilled", "RXL", 200), ("noshow", "RTX", 403)])  # fmt: skip
def test_who_scans_responds_with_what_became_of_it(
    tell, book, jane, make_slot, at_blackpool, clock, status, caller, answered
):
    slot = at_blackpool(make_slot)
    made = book(slot).json()
    clock.move_to(slot.end + timedelta(minutes=1), tick=False)

    answer = tell({**made, "status": status}, slot, trust=caller, event="booking-response")

    assert answer.status_code == answered, answer.content
    now_is = Appointment.objects.get().status
    assert now_is == ("booked" if answered == 403 else
                      {"noshow": "did_not_attend", "fulfilled": "attended"}[status])  # fmt: skip


@pytest.mark.parametrize(("reason", "event", "changes", "status", "code"), [
    ("new", "booking-response", {}, 400, "invariant"),
    ("new", "booking-request", {"status": "proposed"}, 400, "invariant"),
    ("update", "servicerequest-request", {}, 400, "invariant"),
    ("update", "booking-request", {"status": "proposed", "id": "made"}, 422, "value"),
    ("update", "booking-request", {"id": "ZZZZZZZZZ"}, 404, "not-found"),
    ("new", "booking-request", {"slot": [{"reference": "urn:uuid:nothing"}]}, 400, "required"),
    ("new", "booking-request", {"slot": {"reference": "Slot/1"}}, 400, "invalid"),
])  # fmt: skip
def test_what_a_message_cannot_say_is_refused_with_what_it_can(
    booked, tell, reason, event, changes, status, code
):
    slot, made = booked
    about = json.loads(wanted(slot)) | changes
    if about.get("id") == "made":
        about["id"] = made["id"]

    answer = tell(about, slot, reason=reason, event=event)

    assert (answer.status_code, said(answer)[0]) == (status, code), answer.content
    assert Appointment.objects.get().status == "booked"


@pytest.mark.parametrize("path", ["metadata", "Slot", "Appointment", "Appointment/X",
                                  "ServiceRequest/1", "Location", "Schedule/1"])  # fmt: skip
def test_a_call_of_bars_has_two_numbers_and_another_needs_none(system, trust, path):
    without = system("get", path, **TARGET)
    half = system("get", path, **TARGET, **{"X-Request-Id": NUMBERS["X-Request-Id"]})
    no_guid = system("get", path, **TARGET, **NUMBERS | {"X-Correlation-Id": "7"})

    for answer in (without, half, no_guid):
        assert (answer.status_code, said(answer)[0]) == (400, "invalid")
        assert "must be a GUID" in said(answer)[1]
    for headers in ({}, TARGET | NUMBERS):
        assert b"must be a GUID" not in system("get", path, **headers).content
    assert system("get", path, **TARGET, **NUMBERS)["X-Request-Id"] == NUMBERS["X-Request-Id"]


@pytest.mark.parametrize("path", ["MessageDefinition?context=RTX01", "$process-message"])
def test_what_is_of_bars_alone_has_them_always(system, trust, path):
    answer = system("post" if "$" in path else "get", path, "{}" if "$" in path else None)

    assert (answer.status_code, said(answer)[0]) == (400, "invalid")


@pytest.mark.parametrize(("verb", "path", "headers", "status", "code"), [
    ("get", "Slot?start=tomorrow&status=free", {}, 400, "REC_BAD_REQUEST"),
    ("get", "Appointment", {"Authorization": "Bearer nothing"}, 401, "SEND_UNAUTHORIZED"),
    ("get", "Appointment/{other}", {}, 403, "REC_FORBIDDEN"),
    ("get", "Appointment/ZZZZZZZZZ", {}, 404, "REC_NOT_FOUND"),
    ("delete", "Appointment/{made}", {}, 405, "SEND_METHOD_NOT_ALLOWED"),
    ("get", "Appointment", {"Accept": "application/fhir+xml"}, 406, "SEND_NOT_ACCEPTABLE"),
    ("get", "Slot?status=free&start=ge2026-12-01T00:00:00Z&start=le2027-12-01T00:00:00Z", {}, 422,
     "REC_UNPROCESSABLE_ENTITY"),
])  # fmt: skip
def test_an_error_has_the_code_that_bars_gives_its_status(
    system, booked, blackpool, verb, path, headers, status, code
):
    made = booked[1]["id"]
    trust = "RXL" if "{other}" in path else "RTX"

    answer = system(verb, path.format(made=made, other=made), trust=trust,
                    **NUMBERS | TARGET | headers)  # fmt: skip

    coding = answer.json()["issue"][0]["details"]["coding"][0]
    assert (answer.status_code, coding) == (status, {"system": CODES, "code": code})
    assert answer["X-Correlation-Id"] == NUMBERS["X-Correlation-Id"]


def test_a_patch_is_a_json_patch_and_the_answer_says_so(system, booked):
    path = f"Appointment/{booked[1]['id']}"
    body = json.dumps({"resourceType": "Appointment", "status": "booked"})

    answer = system("patch", path, body, **NUMBERS, **TARGET, If_Match='W/"1"')

    assert answer.status_code == 415
    assert "application/json-patch+json" in said(answer)[1]
