"""Keys and clients that are good with their certificate alone (mutual TLS, by the proxy)."""

import io
from datetime import timedelta
from ipaddress import ip_network

import jwt
import pytest
from django.core.management import CommandError, call_command

from booking.exchange.feeds import certificates, client_keys, keys
from booking.models import FeedKey
from tests.booking.api.test_client_assertion import BEARER, KEYS, jwks

OURS = "ab" * 32
SHOWN = ":".join(["AB"] * 32)
HEADER = "X-Client-Cert-Sha256"
CASES = [
    (HEADER, {HEADER: OURS}, True),
    (HEADER, {HEADER: SHOWN}, True),
    (HEADER, {HEADER: "cd" * 32}, False),
    (HEADER, {HEADER: f"{OURS},{OURS}"}, False),
    (HEADER, {HEADER: ""}, False),
    (HEADER, {"X-Other": OURS}, False),
    (HEADER, {}, False),
    ("", {HEADER: OURS}, False),
    ("", {"": OURS}, False),
    ("", {}, False),
]


@pytest.fixture
def call(client, settings):
    """Read slots with a key, as through a proxy."""

    def call(key, **headers):
        said = client.get(
            "/fhir/R4/Appointment", headers={"Authorization": f"Bearer {key}", **headers}
        )
        return said.status_code

    return call


@pytest.fixture(autouse=True)
def _by_our_proxy(settings):
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]


@pytest.mark.parametrize("proxies", [[], [ip_network("10.0.0.5")]])
def test_who_is_no_proxy_of_ours_shows_no_certificate(call, trust, now, settings, proxies):
    settings.CLIENT_CERTIFICATE_HEADER, settings.TRUSTED_PROXIES = HEADER, proxies
    key = keys.create_key(trust.code, now=now)
    certificates.bind(key.partition(".")[0], OURS)

    assert call(key, **{HEADER: SHOWN}) == 401


@pytest.mark.parametrize(("setting", "headers", "is_in"), CASES)
def test_a_bound_key_is_let_in_with_its_certificate_alone(
    call, trust, now, settings, setting, headers, is_in
):
    settings.CLIENT_CERTIFICATE_HEADER = setting
    key = keys.create_key(trust.code, now=now)
    certificates.bind(key.partition(".")[0], OURS)

    assert call(key, **headers) == (200 if is_in else 401)


@pytest.mark.parametrize("how", ["secret", "assertion"])
@pytest.mark.parametrize(("setting", "headers", "is_in"), CASES)
def test_a_bound_client_gets_a_token_and_uses_it_with_its_certificate_alone(
    call, client, trust, now, settings, setting, headers, is_in, how
):
    settings.CLIENT_CERTIFICATE_HEADER = setting
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    sent = {"grant_type": "client_credentials"}
    if how == "secret":
        sent["client_id"], sent["client_secret"] = keys.create_client(trust.code, now=now)
    else:
        one = client_keys.create_signing_client(trust.code, now=now, jwks=jwks("ec"))
        said = {
            "iss": one, "sub": one, "aud": f"{settings.PUBLIC_BASE_URL}/oauth2/token", "jti": "1",
            "exp": now + timedelta(minutes=4),
        }  # fmt: skip
        sent["client_assertion"] = jwt.encode(said, KEYS["ec"], "ES384", headers={"kid": "ec"})
        sent["client_assertion_type"] = BEARER
    certificates.bind(FeedKey.objects.get().prefix, OURS)

    answer = client.post("/oauth2/token", sent, headers=headers)

    assert answer.status_code == (200 if is_in else 401)
    if is_in:
        token = answer.json()["access_token"]
        assert (call(token), call(token, **headers)) == (401, 200)


def test_who_is_bound_to_none_shows_none(call, trust, now, settings):
    settings.CLIENT_CERTIFICATE_HEADER = HEADER
    key = keys.create_key(trust.code, now=now)

    assert (call(key), call(key, **{HEADER: "cd" * 32})) == (200, 200)


@pytest.mark.parametrize("more", [(), ("--oauth",)])
def test_the_command_binds_what_it_makes(trust, more):
    call_command("create_feed_key", "RTX", *more, "--certificate", SHOWN, stdout=io.StringIO())

    assert FeedKey.objects.get().certificate == OURS
    with pytest.raises(CommandError, match="64 hex"):
        call_command("create_feed_key", "RTX", *more, "--certificate", "ab", stdout=io.StringIO())
    assert FeedKey.objects.count() == 1
