"""Plain FHIR in: `PUT Slot/<id>` and Bundles."""

import gzip
import json

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome

from booking.models import FeedCall, Slot
from sites.models import Trust
from tests.booking.api.conftest import said
from tests.booking.exchange.feeds.conftest import location, schedule, slot

pytestmark = pytest.mark.usefixtures("known")


def bundle(*resources, kind="batch", **request):
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [
            {
                "resource": one,
                "request": {
                    "method": "PUT",
                    "url": f"{one['resourceType']}/{one['id']}",
                    **request,
                },
            }
            for one in resources
        ],
    }


def test_a_slot_is_put_changed_and_put_again(send, furness):
    first = send("PUT", "/fhir/R4/Slot/s1", slot(furness))
    newer = slot(furness, status="busy", stamp="2026-11-21T03:00:00Z")
    second = send("PUT", "/fhir/R4/Slot/s1", newer)
    again = send("PUT", "/fhir/R4/Slot/s1", newer)
    older = send("PUT", "/fhir/R4/Slot/s1", slot(furness))

    answers = [first, second, again, older]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    told = [
        OperationOutcome.model_validate(answer.json()).issue[0].diagnostics for answer in answers
    ]
    assert told == ["created", "updated", "unchanged", "stale"]
    assert Slot.objects.get().status == "busy"


def test_a_slot_on_another_trusts_schedule_is_403(send, furness):
    Trust.objects.create(code="RXL", name="Blackpool")
    from booking.models import Schedule

    Schedule.objects.update(trust_id="RXL")

    response = send("PUT", "/fhir/R4/Slot/s1", slot(furness))

    assert response.status_code == 403
    assert said(response)[0] == "forbidden"
    assert FeedCall.objects.latest("pk").status == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"id": "other"}, 400),
        ({"resourceType": "Location"}, 400),
        ({"start": "2026-12-02T14:00:00"}, 400),
        ({"schedule": {"reference": "Schedule/unknown"}}, 422),
    ],
)
def test_a_slot_that_cannot_be_used_says_why(send, furness, changes, status):
    response = send("PUT", "/fhir/R4/Slot/s1", {**slot(furness), **changes})

    assert response.status_code == status
    OperationOutcome.model_validate(response.json())
    assert not Slot.objects.exists()


def test_a_slot_over_64_kb_is_413(send):
    assert send("PUT", "/fhir/R4/Slot/s1", b" " * 70_000).status_code == 413


def test_a_batch_answers_each_entry_by_itself(send, furness):
    sent = bundle(slot(furness, "a"), slot(furness, "b", capacity=0), slot(furness, "c", hour=16))

    response = send("POST", "/fhir/R4/", sent)

    assert response.status_code == 200
    answer = Bundle.model_validate(response.json())
    assert answer.type == "batch-response"
    assert [one.response.status for one in answer.entry] == [
        "201 Created", "400 Bad Request", "201 Created",
    ]  # fmt: skip
    assert Slot.objects.count() == 2


def test_a_transaction_is_all_or_nothing(send, furness, lancaster):
    bad = bundle(location(lancaster), slot(furness, "a"), slot(furness, "b", capacity=0),
                 kind="transaction")  # fmt: skip

    refused = send("POST", "/fhir/R4", bad)

    assert refused.status_code == 400
    assert said(refused)[1].startswith("entry 3 (Slot/b)")
    assert not Slot.objects.exists()
    good = bundle(schedule(furness), slot(furness, "a"), kind="transaction")
    assert Bundle.model_validate(send("POST", "/fhir/R4", good).json())
    assert Slot.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "type": "history", "entry": []},
        {"resourceType": "Bundle", "type": "batch", "entry": []},
        {"resourceType": "Bundle", "type": "batch", "entry": [{}] * 1001},
        {"resourceType": "Slot", "id": "a"},
    ],
)
def test_what_is_no_bundle_of_ours_is_400(send, body):
    response = send("POST", "/fhir/R4/", body)

    assert response.status_code == 400
    OperationOutcome.model_validate(response.json())


@pytest.mark.parametrize(
    "request_changes", [{"method": "POST"}, {"method": "DELETE"}, {"url": "Slot/other"}]
)
def test_an_entry_that_is_no_put_of_itself_is_refused(send, furness, request_changes):
    response = send("POST", "/fhir/R4/", bundle(slot(furness), **request_changes))

    assert response.json()["entry"][0]["response"]["status"][0] == "4"
    assert not Slot.objects.exists()


def test_gzip_is_understood(send, furness):
    body = gzip.compress(json.dumps(slot(furness)).encode())

    answer = send("PUT", "/fhir/R4/Slot/s1", body, **{"Content-Encoding": "gzip"})

    assert answer.status_code == 201
