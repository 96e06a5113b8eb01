"""Two trusts' systems, each with its key, and what they send."""

import json

import pytest

from booking.exchange.feeds.keys import create_key
from booking.models import Feed
from sites.models import Trust
from tests.booking.exchange.feeds.conftest import fed, location, push, schedule  # noqa: F401 - fixtures

REFERRAL = "urn:scan-finder:referral"


@pytest.fixture(autouse=True)
def clock(time_machine, now):
    """Stand still at `now`; `clock.shift(minutes=16)` moves it."""
    time_machine.move_to(now, tick=False)
    return time_machine


@pytest.fixture
def blackpool(db, now):
    trust = Trust.objects.create(code="RXL", name="Blackpool Teaching Hospitals")
    Feed.objects.create(trust=trust, last_contact_at=now, last_change_at=now)
    return trust


@pytest.fixture
def system(client, trust, now, clock):
    """Call an address as a trust's system: `system("get", "Slot", ...)`."""
    keys = {}

    def system(verb, path, body=None, *, trust=trust.code, content_type=None, **headers):
        if trust not in keys:
            keys[trust] = create_key(trust, now=now)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"headers": {"Authorization": f"Bearer {keys[trust]}", **headers}}
        if body is not None:
            given |= {"data": body, "content_type": content_type or "application/fhir+json"}
        return getattr(client, verb)(f"/fhir/R4/{path}", **given)

    return system


@pytest.fixture
def key(trust, now):
    return create_key(trust.code, now=now, label="first")


@pytest.fixture
def send(client, key):
    """Call with the key: a method, an address, a body (dict, list of dicts, or bytes)."""

    def send(method, url, body=b"", key=key, content_type=None, **headers):
        if isinstance(body, list):
            body = b"\n".join(json.dumps(one).encode() for one in body)
            content_type = content_type or "application/fhir+ndjson"
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key}", **headers}
        content_type = content_type or "application/fhir+json"
        return client.generic(method, url, body, content_type=content_type, headers=headers)

    return send


@pytest.fixture
def known(send, furness):
    """Furness's Location and Schedule are known to the trust."""
    assert send("POST", "/fhir/R4/$import", [location(furness), schedule(furness)]).status_code


def said(response):
    """Return the code and the words of the first issue."""
    issue = response.json()["issue"][0]
    return issue["code"], issue["diagnostics"]


def counts(response):
    return {p["name"]: p.get("valueInteger") for p in response.json()["parameter"]}


def based_on(code):
    return [{"identifier": {"system": REFERRAL, "value": code}}]


def wanted(slot, code="7KQ49CRB", **changes):
    return json.dumps(
        {
            "resourceType": "Appointment",
            "status": "booked",
            "slot": [{"reference": f"Slot/{getattr(slot, 'pk', slot)}"}],
            "basedOn": based_on(code),
            "participant": [{"status": "accepted", "actor": {"display": "patient"}}],
            **changes,
        }
    )


NUMBERS = {
    "X-Request-Id": "0c4d8a3e-9f0b-4a3a-8d41-1a2b3c4d5e6f",
    "X-Correlation-Id": "7a1b2c3d-0e4f-4a5b-9c6d-0a1b2c3d4e5f",
}


def message(appointment, reason="new", event="booking-request"):
    """Return a BaRS message about an appointment, in our own words."""
    header = {
        "resourceType": "MessageHeader",
        "eventCoding": {
            "system": "https://fhir.nhs.uk/CodeSystem/message-events-bars", "code": event,
        },
        "reason": {"coding": [{"code": reason}]},
        "source": {"endpoint": "RTX"},
        "focus": [{"reference": "urn:uuid:b"}],
    }  # fmt: skip
    entries = [{"fullUrl": "urn:uuid:a", "resource": header}]
    entries.append({"fullUrl": "urn:uuid:b", "resource": appointment})
    return {"resourceType": "Bundle", "type": "message", "entry": entries}


@pytest.fixture
def book(system):
    def book(slot, code="7KQ49CRB", trust="RTX", **headers):
        return system("post", "Appointment", wanted(slot, code), trust=trust, **headers)

    return book


@pytest.fixture
def say(system):
    """PUT a status to an appointment as a trust, with If-Match."""

    def say(reference, status, version=1, trust="RTX", if_match=None, **fields):
        body = {"resourceType": "Appointment", "id": reference, "status": status, **fields}
        tag = {"If_Match": if_match or f'W/"{version}"'} if version else {}
        path = f"Appointment/{reference}"
        return system("put", path, json.dumps(body), trust=trust, **tag)

    return say


def because(code):
    return {"cancelationReason": {"coding": [{"code": code}]}}


@pytest.fixture
def at_blackpool(make_site, blackpool):
    """Make a slot at the other trust's site."""

    def at_blackpool(make_slot, **fields):
        site = make_site("Blackpool", "FY3 8NR", 53.82, -3.02)
        site.trust = blackpool
        site.save()
        return make_slot(site=site, **fields)

    return at_blackpool
