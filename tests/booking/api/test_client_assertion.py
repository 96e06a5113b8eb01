"""Clients that sign in with an assertion, as SMART Backend Services has it."""

import io
import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.management import CommandError, call_command

from booking.exchange import key_tries
from booking.exchange.feeds import client_keys, keys
from booking.exchange.feeds.fetch import FetchFailed
from booking.models import ClientKeySet, FeedKey, UsedAssertion

BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEYS = {
    "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ec": ec.generate_private_key(ec.SECP384R1()),
    "other": ec.generate_private_key(ec.SECP384R1()),
}
ALGORITHM = {"rsa": "RS384", "ec": "ES384", "other": "ES384"}


def public(name):
    kind = jwt.algorithms.RSAAlgorithm if name == "rsa" else jwt.algorithms.ECAlgorithm
    return kind.to_jwk(KEYS[name].public_key(), as_dict=True) | {"kid": name}


def jwks(*names):
    return json.dumps({"keys": [public(name) for name in names]}).encode()


@pytest.fixture
def client_id(trust, now):
    return client_keys.create_signing_client(trust.code, now=now, jwks=jwks("rsa", "ec"))


@pytest.fixture
def sign_in(client, client_id, now, settings):
    def sign_in(key="ec", kid=None, alg=None, form=(), **claims):
        said = {
            "iss": client_id, "sub": client_id, "aud": f"{settings.PUBLIC_BASE_URL}/oauth2/token",
            "exp": now + timedelta(minutes=4), "jti": "1", **claims,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        headers = {"kid": kid or key}
        assertion = jwt.encode(said, KEYS[key], alg or ALGORITHM[key], headers=headers)
        sent = {
            "grant_type": "client_credentials", "client_assertion_type": BEARER,
            "client_assertion": assertion, **dict(form),
        }  # fmt: skip
        return client.post("/oauth2/token", sent)

    return sign_in


@pytest.mark.parametrize("key", ["rsa", "ec"])
def test_who_signs_gets_a_token_and_calls_as_its_trust(sign_in, client, key):
    answer = sign_in(key)

    assert answer.status_code == 200, answer.content
    token = answer.json()["access_token"]
    read = client.get("/fhir/R4/Appointment", headers={"Authorization": f"Bearer {token}"})
    assert read.status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "other", "kid": "ec"},
        {"kid": "unheard-of"},
        {"key": "rsa", "alg": "RS256"},
        {"iss": "RTX-nobody", "sub": "RTX-nobody"},
        {"sub": "RTX-other"},
        {"aud": "https://elsewhere.example/oauth2/token"},
        {"jti": None},
        {"exp": None},
        {"form": {"client_assertion_type": "x"}},
        {"form": {"client_assertion": "x.y.z"}},
        {"form": {"client_id": "RTX-other"}},
    ],
)
def test_a_wrong_assertion_gets_nothing(sign_in, wrong):
    answer = sign_in(**wrong)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert not UsedAssertion.objects.exists() or "form" in wrong


@pytest.mark.parametrize(("minutes", "status"), [(-1, 401), (5, 200), (5.02, 401), (60, 401)])
def test_an_assertion_lives_five_minutes_at_most(sign_in, now, minutes, status):
    assert sign_in(exp=now + timedelta(minutes=minutes)).status_code == status


@pytest.mark.parametrize(
    "claims", [{"exp": 10**18}, {"exp": float("inf")}, {"exp": "x"}, {"jti": "\ud800"}, {"jti": 1}]
)
def test_odd_claims_are_no_error_of_ours(sign_in, claims):
    assert sign_in(**claims).status_code == 401


def test_who_signs_is_told_what_is_wrong_and_many_wrong_ones_are_told_to_wait(sign_in):
    late = sign_in(aud="https://elsewhere.example/oauth2/token")
    assert "Audience" in late.json()["error_description"]
    again = [sign_in(key="other", kid="ec") for _ in range(key_tries.FROM_ADDRESS)]

    assert "kid" not in again[0].json()["error_description"]
    assert {one.status_code for one in again[:-1]} == {401}
    assert (again[-1].status_code, "Retry-After" in again[-1]) == (429, True)
    assert sign_in(jti="right").status_code == 200, "a right one is let in at once"


@pytest.mark.parametrize("address", ["token", "revoke"])
@pytest.mark.parametrize("known", [True, False])
def test_wrong_secrets_are_throttled_wherever_they_are_tried(client, trust, now, address, known):
    client_id, _ = keys.create_client(trust.code, now=now)
    sent = {
        "grant_type": "client_credentials", "token": "x", "client_secret": "!",
        "client_id": client_id if known else "RTX-nobody",
    }  # fmt: skip
    answers = [client.post(f"/oauth2/{address}", sent) for _ in range(key_tries.OF_KEY + 1)]

    assert [one.status_code for one in answers] == [401] * key_tries.OF_KEY + [429]
    assert {one.json()["error"] for one in answers} == {"invalid_client"}
    assert "error_description" not in answers[0].json()


def test_an_assertion_is_used_once(sign_in):
    assert [sign_in().status_code for _ in range(2)] == [200, 401]
    assert sign_in(jti="2").status_code == 200


def test_a_revoked_client_signs_in_vain(sign_in, client_id, now):
    keys.revoke(FeedKey.objects.get(prefix=client_id), now=now)

    assert sign_in().status_code == 401


@pytest.mark.parametrize("secret", ["", "!", "x"])
def test_who_signs_has_no_secret(client, client_id, secret):
    sent = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}

    assert client.post("/oauth2/token", sent).status_code == 401


def test_keys_at_an_address_are_kept_and_read_again_for_a_new_one(
    sign_in, client_id, now, monkeypatch, clock
):
    ClientKeySet.objects.update(url="https://ris.trust.example/jwks", keys={}, read_at=None)
    there, calls = jwks("rsa"), []

    def fetch(url, into, **how):
        calls.append(url)
        if there is None:
            raise FetchFailed("it answered 500.")
        into.write(there)

    monkeypatch.setattr(client_keys, "fetch", fetch)
    assert [sign_in("rsa", jti=n).status_code for n in "ab"] == [200, 200]
    assert len(calls) == 1
    there = jwks("ec")
    assert [sign_in("ec", jti=n).status_code for n in "cd"] == [401, 401], "once a minute"
    assert len(calls) == 1
    clock.move_to(now + timedelta(seconds=61), tick=False)
    assert sign_in("ec", jti="e").status_code == 200
    there = None
    clock.move_to(now + timedelta(seconds=200), tick=False)
    assert sign_in("other", jti="f").status_code == 401
    assert sign_in("ec", jti="g").status_code == 200, "what cannot be read takes nothing away"
    assert len(calls) == 3


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "AAAA", "kid": "x"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "x"},
        {**public("ec"), "use": "enc"},
        {**public("ec"), "d": "AA"},
        {name: value for name, value in public("ec").items() if name != "kid"},
    ],
)
def test_other_keys_are_refused(key):
    with pytest.raises(client_keys.KeysRefused):
        client_keys.read_keys(json.dumps({"keys": [key]}).encode())


def test_the_command_makes_one_from_a_file_or_an_address(trust, tmp_path):
    file, out = tmp_path / "jwks.json", io.StringIO()
    file.write_bytes(jwks("ec"))
    call_command("create_feed_key", "RTX", "--jwks", str(file), stdout=out)
    call_command("create_feed_key", "RTX", "--jwks", "https://ris.example/jwks", stdout=out)

    assert ClientKeySet.objects.count() == len(out.getvalue().split()) == 2
    with pytest.raises(CommandError, match="https"):
        call_command("create_feed_key", "RTX", "--jwks", "http://ris.example/jwks")


def test_what_has_run_out_is_forgotten(sign_in, now):
    sign_in()
    client_keys.drop_old_assertions(now=now + timedelta(minutes=4))
    assert UsedAssertion.objects.exists()
    client_keys.drop_old_assertions(now=now + timedelta(minutes=5))
    assert not UsedAssertion.objects.exists()


@pytest.fixture
def give_back(client, client_id, now, settings):
    def give_back(token, key="ec", jti="r"):
        said = {
            "iss": client_id, "sub": client_id, "aud": f"{settings.PUBLIC_BASE_URL}/oauth2/token",
            "exp": now + timedelta(minutes=4), "jti": jti,
        }  # fmt: skip
        assertion = jwt.encode(said, KEYS[key], "ES384", headers={"kid": "ec"})
        sent = {"token": token, "client_assertion_type": BEARER, "client_assertion": assertion}
        return client.post("/oauth2/revoke", sent)

    return give_back


def test_a_token_given_back_is_good_for_nothing(sign_in, give_back, client):
    token = sign_in().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    assert give_back(token, key="other").status_code == 401
    assert client.get("/fhir/R4/Appointment", headers=headers).status_code == 200
    assert give_back(token).status_code == 200
    assert client.get("/fhir/R4/Appointment", headers=headers).status_code == 401
    assert give_back("unknown", jti="s").status_code == 200


def test_a_client_gives_back_no_others_token(sign_in, client, trust, now):
    token = sign_in().json()["access_token"]
    other, secret = keys.create_client(trust.code, now=now)
    sent = {"token": token, "client_id": other, "client_secret": secret}

    assert client.post("/oauth2/revoke", sent).status_code == 200
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/fhir/R4/Appointment", headers=headers).status_code == 200


def test_how_to_sign_in_is_said_to_systems(client, db, settings):
    said = client.get("/fhir/R4/.well-known/smart-configuration").json()

    assert said["token_endpoint"] == f"{settings.PUBLIC_BASE_URL}/oauth2/token"
    assert said["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    for name in ("token_endpoint", "revocation_endpoint"):
        path = said[name].removeprefix(settings.PUBLIC_BASE_URL)
        assert client.post(path).status_code in (400, 401), "it is there"
