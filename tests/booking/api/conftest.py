"""Two trusts' systems, each with its key, and what they send."""

import json

import pytest

from booking.feeds.keys import create_key
from booking.models import Feed
from sites.models import Trust
from tests.booking.feeds.conftest import fed, location, push, schedule  # noqa: F401 - fixtures


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
