"""`/$process-message` and `/MessageDefinition`: small messages in the shape of BaRS's examples."""

import json

import pytest

from booking.models import Appointment, Slot
from tests.booking.api.conftest import NUMBERS, message, said, wanted


@pytest.fixture
def send(system):
    def send(about, trust="RTX", numbers=NUMBERS, **parts):
        headers = {name.replace("-", "_"): value for name, value in numbers.items()}
        body = json.dumps(message(about, **parts))
        return system("post", "$process-message", body, trust=trust, **headers)

    return send


def other(last):
    return NUMBERS | {"X-Request-Id": NUMBERS["X-Request-Id"][:-1] + last}


def test_a_message_books_and_another_cancels(send, jane, make_slot):
    slot = make_slot()

    booked = send(json.loads(wanted(slot)))

    assert booked.status_code == 200, booked.content
    assert booked["X-Request-Id"] == NUMBERS["X-Request-Id"]
    made = booked.json()["entry"][1]["resource"]
    assert (made["id"], made["status"]) == (Appointment.objects.get().reference, "booked")

    off = {**made, "status": "cancelled", "cancelationReason": {"coding": [{"code": "pat"}]}}
    gone = send(off, numbers=other("0"), reason="update")

    assert gone.status_code == 200, gone.content
    assert gone.json()["entry"][1]["resource"]["status"] == "cancelled"
    assert Slot.objects.get().free_at is not None


def test_a_message_is_taken_once_and_a_refused_one_may_come_again(send, jane, tom, make_slot):
    slot, free = make_slot(), make_slot(hour=16)
    send(json.loads(wanted(slot)))

    again = send(json.loads(wanted(slot)))
    taken = send(json.loads(wanted(slot, "3XRD7JQF")), numbers=other("1"))
    better = send(json.loads(wanted(free, "3XRD7JQF")), numbers=other("1"))

    assert (again.status_code, said(again)[0]) == (409, "duplicate")
    assert (taken.status_code, said(taken)[0]) == (409, "conflict")
    assert taken.json()["issue"][0]["details"]["coding"][0]["code"] == "REC_CONFLICT"
    assert better.status_code == 200


@pytest.mark.parametrize(
    ("changes", "parts", "numbers", "code"),
    [
        ({}, {}, {}, "invalid"),
        ({}, {}, NUMBERS | {"X-Request-Id": "7"}, "invalid"),
        ({}, {"event": "servicerequest-request"}, NUMBERS, "invariant"),
        ({}, {"reason": "update"}, NUMBERS, "required"),
        ({}, {"reason": "delete"}, NUMBERS, "invariant"),
        ({"status": "cancelled"}, {}, NUMBERS, "invariant"),
        ({"resourceType": "Patient"}, {}, NUMBERS, "required"),
        ({"slot": []}, {}, NUMBERS, "required"),
    ],
)
def test_what_is_no_booking_is_400(send, jane, make_slot, changes, parts, numbers, code):
    answer = send({**json.loads(wanted(make_slot())), **changes}, numbers=numbers, **parts)

    assert (answer.status_code, said(answer)[0]) == (400, code)
    assert not Appointment.objects.exists()


def test_another_trust_books_and_cancels_nothing(send, book, jane, make_slot, blackpool):
    made = book(make_slot()).json()

    taken = send(json.loads(wanted(make_slot(hour=16))), trust="RXL")
    gone = send({**made, "status": "cancelled"}, trust="RXL", numbers=other("2"), reason="update")

    assert (taken.status_code, gone.status_code) == (422, 403)
    assert Appointment.objects.get().status == "booked"


def test_what_a_message_must_hold_is_said_by_service(system, furness):
    context = f"https://fhir.nhs.uk/Id/dos-service-id|{furness.ods_code}"

    case = "context=https://fhir.nhs.uk/CodeSystem/usecases-categories-bars|a1t1"

    found = system("get", f"MessageDefinition?context={context}&{case}", **NUMBERS).json()

    assert found["total"] == 1
    assert found["entry"][0]["resource"]["eventCoding"]["code"] == "booking-request"
    for query, status in (("", 400), (f"?{case}", 400), ("?context=XXX", 404)):
        assert system("get", f"MessageDefinition{query}", **NUMBERS).status_code == status
