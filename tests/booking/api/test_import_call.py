"""`POST /fhir/R4/$import` as a trust's system calls it."""

import gzip
import io
import json

import pytest
from django.core.management import CommandError, call_command
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.parameters import Parameters

from booking.exchange.feeds.keys import create_key, revoke_keys
from booking.models import FeedKey, Slot
from tests.booking.exchange.feeds.conftest import location, schedule, slot

URL = "/fhir/R4/$import"


@pytest.fixture
def key(trust, now):
    return create_key(trust.code, now=now, label="first")


@pytest.fixture
def call(client, key):
    def call(body, key=key, content_type="application/fhir+ndjson", **headers):
        headers = {"Authorization": f"Bearer {key}", **headers} if key else headers
        return client.post(URL, body, content_type=content_type, headers=headers)

    return call


def ndjson(*resources):
    return b"\n".join(json.dumps(resource).encode() for resource in resources)


def counts(response):
    return {p["name"]: p.get("valueInteger") for p in response.json()["parameter"]}


def test_a_trust_feeds_capacity_in(call, furness):
    response = call(ndjson(location(furness), schedule(furness), slot(furness, capacity=2)))

    assert response.status_code == 200
    assert response["Content-Type"] == "application/fhir+json"
    answer = Parameters.model_validate(response.json())
    assert answer.parameter[-1].resource.issue[0].severity == "information"
    assert counts(response)["created"] == 3
    assert Slot.objects.count() == 2


def test_gzip_is_understood(call, furness):
    body = gzip.compress(ndjson(location(furness), schedule(furness)))

    assert counts(call(body, **{"Content-Encoding": "gzip"}))["created"] == 2


def test_a_broken_line_is_named_and_the_good_ones_are_in(call, furness):
    body = ndjson(location(furness), schedule(furness)) + b"\n{oops\n" + ndjson(slot(furness))

    response = call(body)

    assert response.status_code == 200
    assert (counts(response)["created"], counts(response)["refused"]) == (3, 1)
    issue = response.json()["parameter"][-1]["resource"]["issue"][0]
    assert issue["diagnostics"].startswith("line 3: ")
    Parameters.model_validate(response.json())


@pytest.mark.parametrize("body", [b"", b"\n\n", b"{oops", b'{"resourceType":"Slot"}'])
def test_a_body_of_which_nothing_can_be_used_is_422(call, body):
    response = call(body)

    assert response.status_code == 422
    OperationOutcome.model_validate(response.json())


@pytest.mark.parametrize("wrong", [None, "RTX-00000000.nonsense", "", "é"])
def test_without_a_right_key_nothing_comes_in(call, furness, wrong):
    response = call(ndjson(location(furness)), key=wrong)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert OperationOutcome.model_validate(response.json()).issue[0].code == "login"


def test_a_revoked_key_is_useless(call, furness, now):
    revoke_keys("RTX", label="first", now=now)

    assert call(ndjson(location(furness))).status_code == 401


def test_two_keys_work_at_once_so_that_one_can_be_changed(call, furness, now):
    second = create_key("RTX", now=now, label="second")

    assert call(ndjson(location(furness))).status_code == 200
    assert call(ndjson(location(furness)), key=second).status_code == 200


def test_only_a_hash_of_the_key_is_kept(key):
    stored = FeedKey.objects.values().get()

    assert key.split(".")[1] not in str(stored)
    assert stored["last_used_at"] is None


def test_a_body_over_the_limit_is_413_before_it_is_read(call, settings):
    settings.IMPORT_MAX_BODY_BYTES = 1000

    response = call(b"x" * 1001)

    assert response.status_code == 413
    assert "Nothing of it was used" in response.json()["issue"][0]["diagnostics"]


def test_a_gzip_bomb_is_413_and_says_what_is_safe(call, furness):
    response = call(gzip.compress(b"0" * 50_000_000), **{"Content-Encoding": "gzip"})

    assert response.status_code == 413
    assert OperationOutcome.model_validate(response.json()).issue[0].code == "too-long"
    assert "sending lines again is safe" in response.json()["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    ("headers", "content_type", "status"),
    [
        ({"Content-Encoding": "gzip"}, "application/fhir+ndjson", 400),
        ({"Content-Encoding": "br"}, "application/fhir+ndjson", 400),
        ({}, "application/json", 415),
        ({}, "text/plain", 415),
    ],
)
def test_bodies_of_another_kind_are_refused(call, headers, content_type, status):
    assert call(b"plain", content_type=content_type, **headers).status_code == status


def test_a_get_is_not_supported(client, key):
    response = client.get(URL, headers={"Authorization": f"Bearer {key}"})

    assert response.status_code == 405
    assert OperationOutcome.model_validate(response.json()).issue[0].code == "not-supported"


def test_the_command_prints_a_key_once_and_it_works(call, furness):
    out = io.StringIO()
    call_command("create_feed_key", "rtx", stdout=out)

    assert call(ndjson(location(furness)), key=out.getvalue().strip()).status_code == 200


def test_a_key_for_nobody_is_refused_with_the_known_trusts(trust):
    with pytest.raises(CommandError, match="Known: RTX"):
        call_command("create_feed_key", "ZZZ")


def test_the_apis_describe_themselves(client, db):
    schema = client.get("/api/schema/")

    assert schema.status_code == 200
    assert b"/fhir/R4/$import" in schema.content
    assert b"/api/v1/places" in schema.content
