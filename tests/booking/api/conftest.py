"""A trust's system with a key, and how it calls."""

import json

import pytest

from booking.feeds.keys import create_key
from tests.booking.feeds.conftest import location, schedule


@pytest.fixture(autouse=True)
def _at_ten(time_machine, now):
    time_machine.move_to(now, tick=False)


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
