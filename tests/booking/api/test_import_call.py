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


@pytest.fixture
def replace(client, key):
    """Send a body that is to replace what there is; `said` is the Content-Length it claims."""

    def replace(body, said=None, **headers):
        fields = {f"HTTP_{name.upper().replace('-', '_')}": headers[name] for name in headers}
        if said is not None:
            fields |= {"CONTENT_LENGTH": str(said), "wsgi.input": io.BytesIO(body)}
        return client.generic(
            "POST", f"{URL}?mode=replace", body, content_type="application/fhir+ndjson",
            HTTP_AUTHORIZATION=f"Bearer {key}", **fields,
        )  # fmt: skip

    return replace


def said_of(response):
    OperationOutcome.model_validate(response.json())
    return response.json()["issue"][0]["diagnostics"]


@pytest.fixture
def three(furness):
    return [location(furness), schedule(furness)] + [
        slot(furness, name, hour=14 + at) for at, name in enumerate("abc")
    ]


def open_slots():
    return sorted(Slot.objects.exclude(status="withdrawn").values_list("external_id", flat=True))


@pytest.mark.parametrize("pack", [lambda body: body, gzip.compress], ids=["plain", "gzip"])
def test_what_broke_off_on_the_way_is_400_and_withdraws_nothing(replace, three, pack):
    """A server hands on what came before its sender broke off, as if that were all."""
    replace(ndjson(*three))
    body, head = pack(ndjson(*three)), pack(ndjson(*three[:3]) + b"\n")

    response = replace(head, said=len(body))

    assert response.status_code == 400
    assert "nothing was withdrawn" in said_of(response)
    assert open_slots() == ["a", "b", "c"]
    assert replace(head).status_code == 200
    assert open_slots() == ["a"]


def test_a_body_without_a_length_replaces_nothing_unless_it_is_gzip(replace, three):
    response = replace(ndjson(*three), **{"Transfer-Encoding": "chunked"})

    assert response.status_code == 411
    assert "Content-Length or gzip" in said_of(response)
    assert not Slot.objects.exists()


def test_a_replace_that_was_not_whole_is_422_and_says_why_and_what_it_did(replace, three):
    replace(ndjson(*three))

    response = replace(ndjson(*three[:2]) + b"\n{oops\n" + ndjson({**three[4], "status": "busy"}))

    assert response.status_code == 422
    assert "Nothing was withdrawn" in said_of(response)
    assert "unchanged 2, refused 1" in response.json()["issue"][-1]["diagnostics"].replace(
        "updated 1, ", ""
    )
    assert open_slots() == ["a", "b", "c"]


def test_all_members_of_a_gzip_replace(replace, three):
    body = gzip.compress(ndjson(*three[:3]) + b"\n") + gzip.compress(ndjson(*three[3:]))

    response = replace(body, **{"Content-Encoding": "gzip"})

    assert counts(response)["created"] == 5
    assert replace(body + b"{}", **{"Content-Encoding": "gzip"}).status_code == 400
    assert open_slots() == ["a", "b", "c"]


@pytest.mark.parametrize("encoding", [None, "x-gzip", "GZIP", ""])
def test_gzip_is_known_by_its_other_names_and_by_how_it_begins(call, three, encoding):
    headers = {} if encoding is None else {"Content-Encoding": encoding}

    assert counts(call(gzip.compress(ndjson(*three)), **headers))["created"] == 5


def test_a_bundle_under_fhirs_own_media_type_is_read(call, three):
    bundle = {"resourceType": "Bundle", "type": "collection"}
    body = ndjson({"entry": [{"resource": one} for one in three], **bundle})

    assert counts(call(body, content_type="application/fhir+json"))["created"] == 5


def test_what_was_mended_is_said(call, three):
    lines = ndjson(*three).split(b"\n")
    lines[2] = lines[2].replace(b'"a"', b"7").replace(b"+00:00", b"+00")
    lines[3] = lines[3].replace(b'"b"', b'"b", "comment": "x\ty"')
    lines[4] = b"\xef\xbb\xbf" + lines[4].replace(b"+00:00", b"+0000")

    response = call(b"\n".join(lines))

    assert (counts(response)["created"], counts(response)["mended"]) == (5, 3)
    said = [one["diagnostics"] for one in response.json()["parameter"][-1]["resource"]["issue"]]
    assert said[0] == "Every line was used."
    assert sorted(one.split("like ")[1][:14] for one in said[1:]) == [
        "line 3: an id ", "line 3: an off", "line 4: a raw ", "line 5: a byte",
    ]  # fmt: skip
    assert open_slots() == ["7", "b", "c"]


IMPOSSIBLE = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00", "2026-12-02T24:00:00Z", "2026-12-31T23:59:60Z"]  # fmt: skip


@pytest.mark.parametrize("moment", IMPOSSIBLE)
@pytest.mark.parametrize("field", ["start", "end", "stamp"])
@pytest.mark.parametrize("mode", ["upsert", "replace"])
def test_one_impossible_date_loses_only_its_line(client, call, replace, three, mode, field, moment):
    call(ndjson(*three))
    wrong = {**three[2], field: moment, "meta": {"lastUpdated": "2026-11-21T03:00:00Z"}}
    if field == "stamp":
        wrong["meta"] = {"lastUpdated": moment}
    busy = {**three[3], "status": "busy", "meta": {"lastUpdated": "2026-11-21T03:00:00Z"}}

    response = (call if mode == "upsert" else replace)(ndjson(*three[:2], wrong, busy))

    assert response.status_code == (200 if mode == "upsert" else 422)
    assert "(Slot/a)" in str(response.json())
    assert open_slots() == ["a", "b", "c"]
    assert Slot.objects.get(external_id="b").status == "busy"


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
