"""Every address under /fhir: what it knows, and what it says of what it does not."""

import io
import json
from urllib.parse import urlencode

import pytest

from booking.api import urls
from booking.appointments import booking, holds
from booking.models import Appointment, Referral
from tests.booking.api.conftest import NUMBERS, said
from tests.booking.api.test_permissions import CLOSED, NOWHERE, OPEN, request_of
from tests.booking.exchange.feeds.conftest import location, schedule
from tests.booking.exchange.feeds.conftest import van as van  # noqa: PLC0414 - a fixture

CALLS = sorted(
    (address, method)
    for address, method in [*CLOSED, *OPEN]
    if address.startswith("fhir/R4") and address not in NOWHERE
)


@pytest.fixture
def walk(system, jane, tom, make_slot, push, furness, now):
    """Call an address as its owner, with more in its query than is wanted."""
    push(location(furness), schedule(furness))
    mine, free = make_slot(), make_slot(day=9)
    holds.hold(jane, mine.pk, now=now)
    booked = booking.book(jane, mine.pk, now=now, actor="patient")
    Referral.objects.filter(pk=tom.pk).update(identifier="RTX-1")
    scene = {"booked": booked, "free": free, "furness": furness}

    def walk(address, method, *more):
        path, query, body, content_type = request_of(address, method, scene)
        query = "&".join(filter(None, [query, urlencode(more)]))
        path = path.removeprefix("fhir/R4").removeprefix("/")
        return system(
            method.lower(),
            f"{path}?{query}",
            body,
            content_type=content_type,
            If_Match='W/"1"',
            **NUMBERS,
        )

    return walk


def knows(address):
    """Return the parameters that each method of an address takes."""
    view = next(one for one in urls.urlpatterns if str(one.pattern) == address)
    return view.callback.cls.takes


@pytest.mark.parametrize(("address", "method"), CALLS)
def test_what_is_not_known_is_refused_by_a_list_of_what_is(walk, address, method):
    known = knows(address).get(method.lower())
    names = sorted(known.names) if known else []

    for name in ["nonsense", "patient", "_id", "format", *(f"{one}:missing" for one in names)]:
        answer = walk(address, method, (name, "true"))

        assert (answer.status_code, said(answer)[0]) == (400, "not-supported"), name
        assert said(answer)[1].startswith(f"{name}: ")
        assert all(one in said(answer)[1] for one in names)
    assert Appointment.objects.get().version == 1, "nothing was done"


@pytest.mark.parametrize(("address", "method"), CALLS)
def test_what_may_come_once_does_not_come_twice(walk, address, method):
    known = knows(address).get(method.lower())

    for name in [*(known.once if known else []), "_format"]:
        answer = walk(address, method, (name, "json"), (name, "json"), (name, "json"))

        assert answer.status_code == 400, name


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize(
    "path",
    ["Patient", "Slot/", "Slot/1/_history", "$nothing", "metadata/x", "Location/1/2", "a%2Fb"],
)
def test_what_is_not_there_is_said_in_fhir(client, db, method, path):
    for address in (f"/fhir/R4/{path}", "/fhir/STU3/Slot", "/fhir", "/fhir/"):
        answer = getattr(client, method)(address)

        assert (answer.status_code, said(answer)[0]) == (404, "not-found")
        assert answer["Content-Type"] == "application/fhir+json"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("delete", "Slot/1", "GET, PUT, HEAD, OPTIONS"),
        ("put", "Location/1", "GET, HEAD, OPTIONS"),
        ("patch", "Slot", "GET, HEAD, OPTIONS"),
        ("delete", "ServiceRequest/1", "GET, PUT, HEAD, OPTIONS"),
        ("put", "ServiceRequest", "GET, POST, HEAD, OPTIONS"),
        ("delete", "Appointment/1", "GET, PUT, PATCH, HEAD, OPTIONS"),
        ("get", "", "POST, OPTIONS"),
    ],
)
def test_a_method_that_is_not_there_is_405_with_those_that_are(system, method, path, allowed):
    answer = system(method, path)

    assert (answer.status_code, answer["Allow"]) == (405, allowed)
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "SEND_METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("post", "", "application/fhir+json"),
        ("post", "$import", "application/fhir+ndjson"),
        ("put", "Slot/x", "application/fhir+json"),
        ("post", "Appointment", "application/fhir+json"),
        ("post", "ServiceRequest", "application/fhir+json"),
        ("put", "ServiceRequest/{tom}", "application/fhir+json"),
        ("put", "Appointment/x", "application/fhir+json"),
        ("patch", "Appointment/x", "application/json-patch+json"),
        ("post", "Slot/1/$hold", "application/fhir+json"),
        ("post", "$process-message", "application/fhir+json"),
    ],
)
def test_a_wrong_media_type_is_told_the_right_one(system, tom, method, path, wanted):
    path = path.format(tom=tom.pk)
    answer = system(method, path, "<a/>", content_type="text/xml", **NUMBERS)

    assert answer.status_code == 415
    assert said(answer)[1] == f"Content-Type: send {wanted}, not text/xml."


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"Accept": "application/fhir+xml"}, 406),
        ({"Accept": "application/json"}, 200),
        ({"query": "_format=xml"}, 406),
        ({"query": "_format=json"}, 200),
        ({"query": "_format=application/fhir%2Bjson"}, 200),
        ({"query": "_format=json", "Accept": "application/fhir+xml"}, 200),
    ],
)
def test_what_is_answered_is_json(system, furness, asked, status):
    query = asked.pop("query", "")
    answer = system("get", f"Location/{furness.pk}?{query}", **asked)

    assert answer.status_code == status
    if status == 406:
        assert "application/fhir+json" in said(answer)[1]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("put", "Slot/s1"),
        ("post", "Appointment"),
        ("put", "Appointment/{made}"),
        ("post", "ServiceRequest"),
        ("put", "ServiceRequest/{tom.pk}"),
        ("post", "$process-message"),
        ("post", "Slot/1/$hold"),
        ("post", "Slot/1/$release"),
    ],
)
def test_a_body_with_the_character_that_cannot_be_kept_is_422(walk, system, tom, method, path):
    made, tag = Appointment.objects.get(), 'W/"1"' if "Appointment" in path else f'W/"{"0" * 16}"'
    body = json.dumps({"resourceType": "Slot", "id": "a\0b"})
    path = path.format(made=made.reference, tom=tom)

    answer = system(method, path, body, If_Match=tag, **NUMBERS)

    assert (answer.status_code, said(answer)[0]) == (422, "processing")


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("resource", ["Appointment", "ServiceRequest"])
@pytest.mark.parametrize(("tag", "status"), [(None, 428), ("*", 400), ('W/"x"', 400)])
def test_a_change_needs_one_etag_wherever_it_is_made(
    walk, system, tom, method, resource, tag, status
):
    if (method, resource) == ("patch", "ServiceRequest"):
        pytest.skip("there is none")
    path = f"Appointment/{Appointment.objects.get().reference}"
    body, kind = {"resourceType": resource, "status": "cancelled"}, None
    if resource == "ServiceRequest":
        path = f"ServiceRequest/{tom.pk}"
    if method == "patch":
        body = [{"op": "replace", "path": "/status", "value": "cancelled"}]
        kind = "application/json-patch+json"
    headers = {"If_Match": tag} if tag else {}

    answer = system(method, path, json.dumps(body), content_type=kind, **headers)

    assert (answer.status_code, said(answer)[0]) == (status, "value" if tag else "required")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "Appointment"),
        ("put", "Appointment/{made}"),
        ("patch", "Appointment/{made}"),
        ("post", "ServiceRequest"),
        ("put", "ServiceRequest/{tom}"),
        ("post", "Slot/1/$hold"),
        ("post", "$process-message"),
        ("put", "Slot/1"),
    ],
)
def test_a_body_that_breaks_off_is_400_and_does_nothing(walk, client, key, tom, method, path):
    made = Appointment.objects.get()
    path = path.format(made=made.reference, tom=tom.pk)
    kind = "application/json-patch+json" if method == "patch" else "application/fhir+json"
    tag = 'W/"1"' if "Appointment" in path else f'W/"{"0" * 16}"'

    answer = client.generic(
        method.upper(), f"/fhir/R4/{path}",
        headers={"Authorization": f"Bearer {key}", "If-Match": tag, **NUMBERS},
        CONTENT_TYPE=kind, CONTENT_LENGTH="99", **{"wsgi.input": io.BytesIO(b"{}")},
    )  # fmt: skip

    assert (answer.status_code, said(answer)[0]) == (400, "structure")
    assert Appointment.objects.get().version == 1


def test_the_same_in_an_address_is_400(system):
    answer = system("get", "Slot/%00")

    assert (answer.status_code, said(answer)[0]) == (400, "invalid")


def test_our_own_fault_is_said_in_fhir(system, client, monkeypatch, furness):
    monkeypatch.setattr("booking.api.capacity.fhir_resources.location", lambda _: 1 / 0)
    client.raise_request_exception = False

    answer = system("get", f"Location/{furness.pk}")

    assert (answer.status_code, said(answer)[0]) == (500, "exception")
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "REC_SERVER_ERROR"


@pytest.mark.parametrize("path", ["Patient", "Slot", "metadata", "Appointment/22222222"])
def test_the_numbers_of_a_call_come_back_with_its_answer(system, path):
    numbers = {
        "X-Request-Id": "0c4d8a3e-9f0b-4a3a-8d41-1a2b3c4d5e6f",
        "X-Correlation-Id": "7a1b2c3d-0e4f-4a5b-9c6d-0a1b2c3d4e5f",
    }
    answer = system("get", path, **{name.replace("-", "_"): said for name, said in numbers.items()})

    assert {name: answer[name] for name in numbers} == numbers
    odd = system("get", path, X_Request_Id="<script> ")
    assert "X-Request-Id" not in odd


def test_a_search_says_what_it_applied_and_nothing_else(system, make_slot, settings):
    make_slot()
    asked = "Slot?status=free,busy&start=ge2026-12-01&start=le2026-12-07&service-type="
    asked += "&_include=Slot:schedule&_include=Practitioner:me&_count=9999&_format=json"

    link = system("get", asked).json()["link"][0]["url"]

    assert link == f"{settings.PUBLIC_BASE_URL}/fhir/R4/Slot?" + urlencode(
        [
            ("status", "free,busy"), ("start", "ge2026-12-01"), ("start", "le2026-12-07"),
            ("_include", "Slot:schedule"), ("_count", "500"),
        ]
    )  # fmt: skip


def test_an_empty_search_has_no_entry(system, furness):
    for path in (
        "Slot?status=free&start=ge2026-12-01&start=le2026-12-07",
        "Appointment",
        "Location?near=0|0|1|km",
        "Appointment?patient:identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018",
    ):
        answer = system("get", path).json()
        assert (answer["total"], "entry" in answer) == (0, False)
