"""Sign-in at a real OpenID Connect provider, a process of its own on loopback."""

import json
import socket
import subprocess
import sys
import time
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import jwt
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation

from booking.clerk.oidc import Backend
from tests.booking.clerk.conftest import text

SECRET = "x" * 40
PEOPLE = [
    {"sub": "carol", "email": "carol@nhs.example", "email_verified": True},
    {"sub": "bob", "email": "bob@nhs.example", "email_verified": True, "amr": ["pwd", "mfa"]},
    {"sub": "eve", "email": "bob@nhs.example", "email_verified": False, "amr": ["mfa"]},
    {"sub": "dan", "email": "bob@nhs.example", "amr": ["mfa"]},
    {"sub": "heir", "email": "bob@nhs.example", "email_verified": True, "amr": ["mfa"]},
    {"sub": "stranger", "email": "stranger@nhs.example", "amr": ["mfa"]},
]


@pytest.fixture(scope="module")
def provider():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for person in PEOPLE:
        command += ["--user-claims", json.dumps(person)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_for(base, process)
        yield base
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(base, process):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{base}/jwks").status_code == 200:
                return
        except httpx.TransportError:
            continue
    raise AssertionError("the provider did not start")


@pytest.fixture
def trusted(provider, settings, trust, make_staff):
    settings.ROOT_URLCONF = "tests.booking.clerk.oidc_urls"
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS, "booking.clerk.oidc.Backend",
    ]  # fmt: skip
    settings.OIDC_VERIFY_KID = False  # this provider has one key and does not name it
    settings.OIDC_RP_CLIENT_ID = "desk"
    settings.OIDC_RP_CLIENT_SECRET = "secret"
    settings.OIDC_ISSUER = provider
    settings.OIDC_OP_AUTHORIZATION_ENDPOINT = f"{provider}/oauth2/authorize"
    settings.OIDC_OP_TOKEN_ENDPOINT = f"{provider}/oauth2/token"
    settings.OIDC_OP_USER_ENDPOINT = f"{provider}/userinfo"
    settings.OIDC_OP_JWKS_ENDPOINT = f"{provider}/jwks"
    for name in ("carol", "bob"):
        user = make_staff(username=name).user
        user.email = f"{name.title()}@nhs.example"
        user.save()
    return provider


def go(client, sub, **form):
    """Follow the browser's way: our link, the provider's page, back to us."""
    start = client.get("/staff/oidc/authenticate/?next=/staff/lists/")
    page = httpx.post(start["Location"], data={"sub": sub, **form})
    back = urlsplit(page.headers["location"])
    return client.get(f"{back.path}?{back.query}")


def test_the_page_offers_the_trusts_own_sign_in(trusted, client):
    assert "/staff/oidc/authenticate/" in text(client.get("/staff/sign-in/"))


def test_who_passed_two_factors_there_is_in(trusted, client):
    answer = go(client, "bob")

    assert answer["Location"] == "/staff/lists/"
    assert client.get("/staff/lists/").status_code == 200


def test_who_gave_only_a_password_there_is_asked_for_our_second_factor(trusted, client):
    answer = go(client, "carol")

    assert answer["Location"] == "/staff/sign-in/set-up/"
    assert client.get("/staff/lists/").status_code == 302


@pytest.mark.parametrize("sub", ["stranger", "eve", "dan"])
def test_nobody_gets_an_account_or_anothers_by_signing_in(trusted, client, sub):
    answer = go(client, sub)

    assert answer["Location"] == "/staff/sign-in/?refused=1"
    assert client.get("/staff/desk/").status_code == 302


def test_a_provider_that_vouches_for_its_addresses_need_not_say_so(trusted, client, settings):
    settings.OIDC_VOUCHES_FOR_EMAIL = True

    assert go(client, "dan")["Location"] == "/staff/lists/"


def test_another_issuers_token_opens_nothing(trusted, client, settings):
    settings.OIDC_ISSUER = "https://sign-in.example"

    assert go(client, "bob").status_code in (302, 400)
    assert client.get("/staff/desk/").status_code == 302


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ({"exp": -1}, "expired"),
        ({"nbf": 3600}, "does not count yet"),
        ({"exp": None}, "never ends"),
        ({"iss": "https://else.example"}, "another provider"),
        ({"iss": None}, "another provider"),
        ({"aud": "another"}, "another client"),
        ({"azp": "another"}, "another client"),
    ],
)
def test_a_token_must_be_ours_and_still_count(settings, says, why):
    """Signed with a secret that we share, so that a test can make one."""
    settings.OIDC_RP_SIGN_ALGO, settings.OIDC_RP_CLIENT_SECRET = "HS256", SECRET
    settings.OIDC_RP_CLIENT_ID, settings.OIDC_ISSUER = "desk", "https://sign-in.example"
    for end in ("TOKEN", "USER"):
        setattr(settings, f"OIDC_OP_{end}_ENDPOINT", "https://sign-in.example/")
    now = int(time.time())
    right = {"iss": settings.OIDC_ISSUER, "aud": "desk", "exp": now + 600, "nonce": "n"}
    wrong = {name: now + one if isinstance(one, int) else one for name, one in says.items()}
    claims = {name: one for name, one in {**right, **wrong}.items() if one is not None}

    def read(claims):
        return Backend().verify_token(jwt.encode(claims, SECRET, "HS256"), nonce="n")

    assert read(right) == right
    with pytest.raises(SuspiciousOperation, match=why):
        read(claims)


def test_another_address_there_or_here_moves_nobody(trusted, client, make_staff):
    go(client, "bob")
    client.logout()
    User.objects.filter(username="bob").update(email="robert@nhs.example")
    User.objects.filter(username="carol").update(email="bob@nhs.example")

    go(client, "bob")

    assert User.objects.get(pk=client.session["_auth_user_id"]).username == "bob"


def test_an_address_that_is_given_to_somebody_else_opens_nothing(trusted, client):
    go(client, "bob")
    client.logout()

    answer = go(client, "heir")

    assert answer["Location"] == "/staff/sign-in/?refused=1"
    assert "opens no account here" in text(client.get(answer["Location"]))
    assert client.get("/staff/desk/").status_code == 302


def test_answers_about_two_people_open_nothing(trusted, client, monkeypatch):
    said = {"sub": "carol", "email": "bob@nhs.example", "email_verified": True}
    monkeypatch.setattr(Backend, "get_userinfo", lambda *_asked: said)

    assert go(client, "bob")["Location"] == "/staff/sign-in/?refused=1"


def test_who_says_no_there_is_not_in(trusted, client):
    answer = go(client, "bob", action="deny")

    assert answer["Location"] == "/staff/sign-in/?refused=1"


def test_an_answer_that_we_did_not_ask_for_is_refused(trusted, client):
    client.get("/staff/oidc/authenticate/")

    assert client.get("/staff/oidc/callback/?code=x&state=forged").status_code == 400
