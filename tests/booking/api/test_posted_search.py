"""A search by POST: what names a patient stands in the body, and in no address."""

from urllib.parse import urlencode

import pytest

from booking.models import Patient
from tests.booking.api.conftest import said

FORM = "application/x-www-form-urlencoded"
NUMBER = "9990000018"
PATIENT = {"patient:identifier": f"https://fhir.nhs.uk/Id/nhs-number|{NUMBER}"}
SLOTS = [("status", "free"), ("start", "ge2026-12-01"), ("start", "le2026-12-08")]


@pytest.fixture
def search(system):
    def search(resource, parameters, query="", content_type=FORM):
        body = parameters if isinstance(parameters, str) else urlencode(parameters)
        path = f"{resource}/_search{query}"
        return system("post", path, body, content_type=content_type)

    return search


def test_a_patients_appointments_are_found_and_no_address_names_them(
    search, system, book, jane, make_slot
):
    Patient.objects.update(nhs_number=NUMBER)
    book(make_slot())

    found = search("Appointment", PATIENT)
    by_get = system("get", f"Appointment?{urlencode(PATIENT)}")

    assert found.status_code == 200, found.content
    assert found.json()["entry"] == by_get.json()["entry"]
    assert NUMBER not in str(found.json()["link"])
    assert NUMBER in str(by_get.json()["link"])
    assert found["Cache-Control"] == "no-store"


def test_a_booking_code_in_a_search_is_in_no_link(search, jane):
    found = search("ServiceRequest", {"identifier": f"urn:scan-finder:referral|{jane.code}"})

    assert found.json()["total"] == 1
    assert jane.code not in str(found.json()["link"])


def test_it_answers_as_get_does_with_the_same_parameters_and_refusals(
    search, system, jane, make_slot
):
    slot = make_slot()
    by_get = system("get", f"Slot?{urlencode(SLOTS)}")

    assert search("Slot", SLOTS).json() == by_get.json()
    assert search("Slot", SLOTS[1:], "?status=free").json() == by_get.json()
    assert search("Location", {"near": "54.1|-3.2|5|km"}).json()["total"] == 1
    for sent, status, code in (
        ({"patient": "12"}, 400, "not-supported"),
        ([*PATIENT.items(), *PATIENT.items()], 400, "value"),
        ({"patient:identifier": "12"}, 400, "value"),
        ("a=%ff", 400, "structure"),
        ("_sort=%00", 422, "processing"),
        ("&".join(f"a{n}=1" for n in range(101)), 400, "structure"),
    ):
        answer = search("Appointment", sent)
        assert (answer.status_code, said(answer)[0]) == (status, code), sent
    assert slot.pk


def test_a_form_is_asked_for_and_a_get_of_the_address_is_told_how(search, system, trust):
    answer = search("Appointment", "{}", content_type="application/fhir+json")
    got = system("get", "Appointment/_search")

    assert (answer.status_code, FORM in said(answer)[1]) == (415, True)
    assert (got.status_code, got["Allow"]) == (405, "POST, OPTIONS")
