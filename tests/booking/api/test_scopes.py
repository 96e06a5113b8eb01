"""What a token may do for which less than all was asked."""

import json

import pytest

from booking.api import scopes
from booking.exchange.feeds import keys
from tests.booking.api.conftest import NUMBERS, said
from tests.booking.api.test_permissions import CLOSED, every_address, make_scene, request_of
from tests.booking.exchange.feeds.conftest import van as van  # noqa: PLC0414 - a fixture

VIEWS = dict(every_address())


@pytest.fixture
def scene(jane, tom, make_slot, push, furness, van, trust, now):
    return make_scene(jane, tom, make_slot, push, furness, van, trust, now)


@pytest.fixture
def ask(client, trust, now, settings):
    """Ask for a token with a scope; answer what came."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    client_id, secret = keys.create_client(trust.code, now=now)

    def ask(scope=None):
        sent = {
            "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret,
        }  # fmt: skip
        return client.post("/oauth2/token", sent | ({"scope": scope} if scope else {}))

    return ask


@pytest.mark.parametrize("address", ["$import", "Slot", "ServiceRequest", "$process-message"])
def test_a_scope_is_held_to_at_every_address_and_method(client, ask, scene, address):
    """By each call's own needs it gets through; without one letter of them it does not."""
    for (at, method), (status, _) in CLOSED.items():
        if at.split("/")[2:3] != [address]:
            continue
        needs = VIEWS[at].cls.needs[method.lower()]
        every = [f"system/{name}.{does}" for name, does in needs]
        path, query, body, kind = request_of(at, method, scene)
        for asked, right in [([*every[1:], "system/MessageDefinition.r"], False), (every, True)]:
            token = ask(" ".join(asked)).json()["access_token"]
            answer = client.generic(
                method, f"/{path}?{query}", body, content_type=kind,
                headers={"Authorization": f"Bearer {token}", "If-Match": 'W/"1"', **NUMBERS},
            )  # fmt: skip
            if right:
                assert answer.status_code == status, (at, method)
                continue
            assert (answer.status_code, said(answer)[0]) == (403, "forbidden"), (at, method)
            assert every[0] in said(answer)[1]


def test_every_call_says_what_it_needs():
    for address, method in CLOSED:
        needs = VIEWS[address].cls.needs[method.lower()]
        assert needs, (address, method)
        for name, does in needs:
            assert name in scopes.RESOURCES
            assert scopes.is_known(f"system/{name}.{does}")


@pytest.mark.parametrize(
    ("scope", "does", "does_not"),
    [
        ("system/Slot.read", "rs", "cud"),
        ("system/Slot.write", "cud", "rs"),
        ("system/Slot.*", "cruds", ""),
        ("system/Slot.cs", "cs", "rud"),
        ("system/*.rs", "rs", "cud"),
        ("system/Slot.r system/Slot.s", "rs", "cud"),
        ("system/Location.cruds", "", "cruds"),
        ("slots system/Location.r", "cruds", ""),
        ("", "cruds", ""),
    ],
)
def test_a_scope_in_either_version_holds_what_it_says(scope, does, does_not):
    for letter in does:
        scopes.check(scope, [("Slot", letter)])
    for letter in does_not:
        with pytest.raises(scopes.FhirError, match=f"system/Slot.{letter}"):
            scopes.check(scope, [("Slot", letter)])


def test_a_call_that_says_no_needs_is_for_those_alone_who_may_do_all():
    scopes.check("slots", None)
    scopes.check("system/*.cruds system/Slot.r", None)
    with pytest.raises(scopes.FhirError):
        scopes.check("system/Slot.cruds", None)


@pytest.mark.parametrize(
    "scope",
    ["system/Slot.", "system/Slot.sr", "system/Patient.r", "user/Slot.r", "system/Slot.r?x=1",
     "system/Slot.r system/Patient.r", "SYSTEM/Slot.r", "openid"],
)  # fmt: skip
def test_what_is_no_scope_gets_no_token(ask, scope):
    answer = ask(scope)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_token_says_its_scope_and_without_one_it_may_do_all(client, ask):
    assert ask("system/Slot.rs").json()["scope"] == "system/Slot.rs"
    everything = ask().json()
    headers = {"Authorization": f"Bearer {everything['access_token']}"}

    assert everything["scope"] == "slots"
    assert client.get("/fhir/R4/Appointment", headers=headers).status_code == 200


def test_systems_are_told_which_scopes_there_are(client, db):
    listed = client.get("/fhir/R4/.well-known/smart-configuration").json()["scopes_supported"]

    assert all(map(scopes.is_known, listed))
    assert {"slots", "system/*.cruds", "system/Appointment.rs"} <= set(listed)
    assert json.dumps(listed).count("system/*") == 4
