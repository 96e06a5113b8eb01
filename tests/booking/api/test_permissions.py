"""Every address of the API, by every method, by every kind of caller.

What is expected stands here by address, not taken from the views; an address or a method that
is not in the table fails the test, so that none comes without somebody deciding who may call it.
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.urls import get_resolver
from oauth2_provider.models import AccessToken
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from booking.appointments import booking, holds
from booking.exchange.feeds import keys
from booking.models import Appointment, AuditEntry, FeedKey, Patient, Referral, Slot
from notifications.models import Message
from sites.models import Trust
from tests.booking.api.conftest import NUMBERS, message, wanted
from tests.booking.api.test_resources import bundle
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.booking.exchange.feeds.conftest import van as van  # noqa: PLC0414 - a fixture
from tests.booking.referrals.test_intake import resource

FORM = "application/x-www-form-urlencoded"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
CALLERS = ["none", "own trust", "other trust", "expired token", "revoked key", "revoked client"]
WITH_A_KEY = {"own trust", "other trust"}
"""Whose key or token is good. To everybody else a closed address is 401, whatever the method."""

CLOSED = {
    # address, method: status for the trust whose everything is, and for another trust
    ("fhir/R4/", "POST"): (200, 403),
    ("fhir/R4", "POST"): (200, 403),
    ("fhir/R4/$import", "POST"): (200, 422),
    ("fhir/R4/$process-message", "POST"): (200, 422),
    ("fhir/R4/MessageDefinition", "GET"): (200, 200),
    ("fhir/R4/Slot", "GET"): (200, 200),
    **{
        (f"fhir/R4/{name}/_search", "POST"): (200, 200)
        for name in ("Appointment", "Location", "ServiceRequest", "Slot")
    },
    ("fhir/R4/Slot/<str:id>", "GET"): (200, 200),
    ("fhir/R4/Slot/<str:id>", "PUT"): (201, 403),
    ("fhir/R4/Slot/<str:id>/$hold", "POST"): (200, 422),
    ("fhir/R4/Slot/<str:id>/$release", "POST"): (200, 422),
    ("fhir/R4/Schedule/<str:id>", "GET"): (200, 200),
    ("fhir/R4/Location", "GET"): (200, 200),
    ("fhir/R4/Location/<str:id>", "GET"): (200, 200),
    ("fhir/R4/Appointment", "GET"): (200, 200),
    ("fhir/R4/Appointment", "POST"): (201, 422),
    ("fhir/R4/Appointment/<str:id>", "GET"): (200, 403),
    ("fhir/R4/Appointment/<str:id>", "PUT"): (200, 403),
    ("fhir/R4/Appointment/<str:id>", "PATCH"): (200, 403),
    ("fhir/R4/ServiceRequest", "POST"): (200, 201),
    ("fhir/R4/ServiceRequest", "GET"): (200, 200),
    ("fhir/R4/ServiceRequest/<str:id>", "GET"): (200, 403),
    ("fhir/R4/ServiceRequest/<str:id>", "PUT"): (400, 403),
    ("fhir/R4/Questionnaire/<str:id>", "GET"): (200, 200),
    ("fhir/R4/QuestionnaireResponse/<str:id>", "GET"): (200, 403),
}
"""A free time is every trust's to see. The other trust's referral is its own, of the same number:
nobody's referral is found or changed by another trust."""
OPEN = {
    ("fhir/R4/metadata", "GET"): 200,
    ("fhir/R4/.well-known/smart-configuration", "GET"): 200,
    ("fhir/R4/$bulk-publish", "GET"): 200,
    ("fhir/R4/$bulk-publish/<str:name>.ndjson", "GET"): 200,
    ("api/v1/places", "GET"): 200,
    ("api/v1/places/<slug:slug>", "GET"): 200,
    ("api/v1/scanners/<str:code>", "GET"): 200,
    ("api/schema/", "GET"): 200,
    ("api/docs/", "GET"): 200,
    **{
        (address, method): 404
        for address in ("fhir", "fhir/", "fhir/<path:url>")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    },
}
TOKEN = ("oauth2/token", "POST")
"""Open, but to a client's own id and secret."""
TOKENS = {"own trust": 200, "other trust": 200, "expired token": 200}
"""Whose old token ran out gets a new one. Everybody else is refused: a key is no client."""
NO_OPTIONS = {"api/docs/"}
NOWHERE = {"fhir", "fhir/", "fhir/<path:url>"}
"""Addresses under which there is nothing: 404 to everybody, by every method."""
REVOKE = ("oauth2/revoke", "POST")
"""A client's own, like the token's: tests/booking/api/test_client_assertion.py."""
ADDRESSES = {address for address, _ in [*CLOSED, *OPEN, TOKEN]}
OPEN_ADDRESSES = {address for address, _ in [*OPEN, TOKEN]}


def every_address(patterns=None, before=""):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from every_address(pattern.url_patterns, address)
        else:
            yield address, pattern.callback


def api_addresses():
    for address, view in every_address():
        is_api = issubclass(getattr(view, "cls", object), APIView)
        if is_api or address.startswith(("fhir", "api", "oauth2")):
            yield address, view


def test_every_address_of_the_api_is_in_the_table():
    assert {address for address, _ in api_addresses()} == {*ADDRESSES, REVOKE[0]}


def test_every_method_of_every_address_is_in_the_table():
    found = set()
    for address, view in api_addresses():
        kind = getattr(view, "cls", None) or getattr(view, "view_class", None)
        has = [name for name in METHODS if kind and hasattr(kind, name.lower())] or ["GET"]
        found |= {(address, name) for name in has if name != "OPTIONS"}

    assert found == {*CLOSED, *OPEN, TOKEN, REVOKE}


def test_a_view_that_says_nothing_of_who_may_call_is_closed(client, rf):
    view = type("NewView", (APIView,), {"get": lambda *_: pytest.fail("it was let in")})

    answer = view.as_view()(rf.get("/new"))

    assert answer.status_code == 401
    assert [one.__name__ for one in api_settings.DEFAULT_PERMISSION_CLASSES] == ["HasTrustKey"]


@dataclass
class Caller:
    """What somebody sends to be known: a bearer token, and a client's id and secret."""

    bearer: str = ""
    basic: str = ""

    def headers(self, address):
        if address == TOKEN[0]:
            said = f"Basic {b64encode(self.basic.encode()).decode()}" if self.basic else ""
        else:
            said = f"Bearer {self.bearer}" if self.bearer else ""
        return {"Authorization": said} if said else {}


@pytest.fixture
def scene(made_once):
    return made_once(make_scene)


def make_scene(jane, tom, make_slot, push, furness, van, trust, now):
    """Everything here is of RTX: Jane's appointment, Tom's referral, a free slot, a van."""
    Trust.objects.create(code="RXR", name="East Lancashire Hospitals")
    push(location(furness), schedule(furness))
    mine, free = make_slot(), make_slot(day=9)
    holds.hold(jane, mine.pk, now=now)
    booked = booking.book(jane, mine.pk, now=now, actor="patient")
    Referral.objects.filter(pk=tom.pk).update(identifier="RTX-1")
    Patient.objects.filter(pk=tom.patient_id).update(
        given_name="Ann Mary", family_name="O’Neill", nhs_number="9990000018"
    )
    return {"booked": booked, "free": free, "furness": furness}


@pytest.fixture
def call(client, scene):
    def call(address, method, caller):
        path, query, body, content_type = request_of(address, method, scene)
        return client.generic(
            method,
            f"/{path}?{query}" if query else f"/{path}",
            body,
            content_type=content_type,
            headers={**caller.headers(address), "If-Match": 'W/"1"', **NUMBERS},
        )

    return call


@pytest.fixture
def make_caller(client, now, settings):
    """Make one of CALLERS, as the table names them."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick

    def make_caller(who):
        if who == "none":
            return Caller()
        trust = "RXR" if who == "other trust" else "RTX"
        if who == "revoked key":
            key = keys.create_key(trust, now=now)
            keys.revoke(FeedKey.objects.get(), now=now)
            return Caller(key, key.replace(".", ":"))
        basic = ":".join(keys.create_client(trust, now=now))
        caller = Caller(basic=basic)
        asked = client.post(
            "/oauth2/token", {"grant_type": "client_credentials"}, headers=caller.headers(TOKEN[0])
        )
        caller.bearer = asked.json()["access_token"]
        if who == "expired token":
            AccessToken.objects.update(expires=now - timedelta(seconds=1))
        if who == "revoked client":
            keys.revoke(FeedKey.objects.get(), now=now)
        return caller

    return make_caller


def request_of(address, method, scene):
    """Return path, query, body and media type of a call that its owner may make."""
    site, free, booked = scene["furness"], scene["free"], scene["booked"]
    for_tom = {
        "resourceType": "Parameters",
        "parameter": [
            {
                "name": "basedOn",
                "valueReference": json.loads(wanted(free, "3XRD7JQF"))["basedOn"][0],
            }
        ],
    }
    names = {
        "fhir/R4/Slot/<str:id>/$hold": free.pk,
        "fhir/R4/Slot/<str:id>/$release": free.pk,
        "fhir/R4/Slot/<str:id>": "new" if method == "PUT" else free.pk,
        "fhir/R4/Schedule/<str:id>": free.schedule_id,
        "fhir/R4/Location/<str:id>": site.pk,
        "fhir/R4/Appointment/<str:id>": booked.reference,
        "fhir/R4/ServiceRequest/<str:id>": Referral.objects.get(identifier="RTX-1").pk,
        "fhir/R4/Questionnaire/<str:id>": "scan-questions",
        "fhir/R4/QuestionnaireResponse/<str:id>": booked.referral_id,
        "fhir/R4/$bulk-publish/<str:name>.ndjson": "Location",
        "api/v1/places/<slug:slug>": site.slug,
        "fhir/<path:url>": "R4/Patient/1",
        "api/v1/scanners/<str:code>": "van-1",
    }
    queries = {
        "fhir/R4/Slot": [("status", "free"), ("start", "ge2026-12-01"), ("start", "le2026-12-08")],
        "fhir/R4/MessageDefinition": [("context", site.ods_code or site.slug)],
        "fhir/R4/Location": [("near", "54.05|-2.8|40|km")],
        "fhir/R4/ServiceRequest": [("identifier", "RTX-1")] if method in ("GET", "HEAD") else [],
        "api/v1/places": [("postcode", "LA14 4LF"), ("modality", "MR")],
    }
    queries["fhir/R4/ServiceRequest/_search"] = [("identifier", "RTX-1")]
    for name in ("Slot", "Location"):
        queries[f"fhir/R4/{name}/_search"] = queries[f"fhir/R4/{name}"]
    cancelled = {"resourceType": "Appointment", "id": booked.reference, "status": "cancelled"}
    bodies = {
        ("fhir/R4/", "POST"): bundle(slot(site, "new"), kind="transaction"),
        ("fhir/R4", "POST"): bundle(slot(site, "new"), kind="transaction"),
        ("fhir/R4/$import", "POST"): slot(site, "new"),
        ("fhir/R4/Slot/<str:id>", "PUT"): slot(site, "new"),
        ("fhir/R4/Slot/<str:id>/$hold", "POST"): for_tom,
        ("fhir/R4/Slot/<str:id>/$release", "POST"): for_tom,
        ("fhir/R4/$process-message", "POST"): message(json.loads(wanted(free, "3XRD7JQF"))),
        ("fhir/R4/Appointment", "POST"): json.loads(wanted(free, "3XRD7JQF")),
        ("fhir/R4/Appointment/<str:id>", "PUT"): cancelled,
        ("fhir/R4/Appointment/<str:id>", "PATCH"): [
            {"op": "replace", "path": "/status", "value": "cancelled"}
        ],
        ("fhir/R4/ServiceRequest", "POST"): resource(
            code={"coding": [{"system": "urn:scan-finder:exam", "code": "MR-1"}]},
            priority="routine", authoredOn="2026-11-24T09:00:00Z", reasonCode=[],
        ),
    }  # fmt: skip
    content_type = {
        ("fhir/R4/$import", "POST"): "application/fhir+ndjson",
        ("fhir/R4/Appointment/<str:id>", "PATCH"): "application/json-patch+json",
        TOKEN: FORM,
        **{key: FORM for key in CLOSED if key[0].endswith("/_search")},
    }.get((address, method), "application/fhir+json")
    body = json.dumps(bodies[address, method]) if (address, method) in bodies else ""
    if (address, method) == TOKEN:
        body = "grant_type=client_credentials"
    path = address
    for hole in ("<path:url>", "<str:id>", "<str:name>", "<slug:slug>", "<str:code>"):
        path = path.replace(hole, str(names.get(address)))
    return path, urlencode(queries.get(address, [])), body, content_type


def expected(address, method, who):
    known = "GET" if method == "HEAD" else method
    if (address, known) == TOKEN:
        return TOKENS.get(who, 401)
    if address not in OPEN_ADDRESSES and who not in WITH_A_KEY:
        return 401
    if address in NOWHERE:
        return 404
    if method == "OPTIONS" and address not in NO_OPTIONS:
        return 200
    if (address, known) in OPEN:
        return OPEN[address, known]
    if (address, known) in CLOSED:
        return CLOSED[address, known][who == "other trust"]
    return 405


def state():
    """Return all that a caller could have changed, and what was read of whom."""
    rows = {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in (Appointment, AuditEntry, Message, Patient, Referral, Slot)
    }
    return json.dumps(rows, cls=DjangoJSONEncoder)


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize(("address", "method"), sorted([*CLOSED, *OPEN, TOKEN]))
def test_caller_by_address_by_method(call, scene, make_caller, address, method, who):
    try_it(call, scene, address, method, who, make_caller(who))


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("address", sorted(ADDRESSES))
def test_no_address_does_more_than_its_methods(call, scene, make_caller, address, who):
    caller = make_caller(who)
    for method in METHODS:
        if (address, method) not in {*CLOSED, *OPEN, TOKEN}:
            try_it(call, scene, address, method, who, caller)


def try_it(call, scene, address, method, who, caller):
    before = state()

    answer = call(address, method, caller)

    assert answer.status_code == expected(address, method, who)
    if answer.status_code >= 400:
        assert state() == before
        says_why(answer, address, method)
    if answer.status_code == 401 and address != TOKEN[0]:
        assert answer["WWW-Authenticate"] == 'Bearer realm="slots"'
    if who != "own trust":
        said = answer.getvalue().decode()
        assert not any(name in said for name in ("Jane", scene["booked"].reference, "3XRD7JQF"))
        assert Appointment.objects.get().version == 1


def says_why(answer, address, method):
    if method == "HEAD" or not address.startswith("fhir/"):
        return
    outcome = answer.json()
    assert answer["Content-Type"].startswith("application/fhir+json")
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["diagnostics"]
    if answer.status_code in (401, 403):
        codes = {401: "login", 403: "forbidden"}
        assert outcome["issue"][0]["code"] == codes[answer.status_code]
