"""Who may call: keys and OAuth2 clients, scoped to one trust, throttled, logged."""

import io
import re
from base64 import b64encode
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from oauth2_provider import urls as oauth2_urls
from oauth2_provider.models import AccessToken, Application

from booking.exchange import key_tries
from booking.exchange.feeds import keys, tasks
from booking.models import AuditAction, AuditEntry, FeedCall, FeedKey, KeyTries, SignInTries
from tests.booking.api.conftest import counts, said
from tests.booking.exchange.feeds.conftest import location

IMPORT = "/fhir/R4/$import"


@pytest.fixture
def token(client, trust, now):
    """Get a token as RFC 6749 4.4 says."""
    made = keys.create_client(trust.code, now=now, label="PACS")

    def token(client_id=made[0], secret=made[1], grant="client_credentials"):
        basic = b64encode(f"{client_id}:{secret}".encode()).decode()
        return client.post(
            "/oauth2/token", {"grant_type": grant}, headers={"Authorization": f"Basic {basic}"}
        )

    token.made = made
    return token


def test_a_client_gets_a_token_and_calls_as_its_trust(token, send, furness):
    answer = token()

    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    access = answer.json()["access_token"]
    assert counts(send("POST", IMPORT, [location(furness)], key=access))["created"] == 1
    assert FeedCall.objects.get().key.kind == "client"


def test_neither_secret_nor_token_is_kept(token):
    access = token().json()["access_token"]

    assert token.made[1] not in str(Application.objects.values().get())
    assert access not in str(AccessToken.objects.values().get())


def test_a_token_runs_out(token, send, furness, time_machine, now):
    access = token().json()["access_token"]
    time_machine.move_to(now + timedelta(minutes=11), tick=False)

    assert send("POST", IMPORT, [location(furness)], key=access).status_code == 401
    tasks.prune()
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"secret": "wrong"}, {"client_id": "RTX-nobody"}, {"grant": "password"}, {"grant": ""}],
)
def test_a_wrong_client_gets_no_token(token, wrong):
    assert 400 <= token(**wrong).status_code < 500
    assert not AccessToken.objects.exists()


def test_a_revoked_client_and_its_tokens_are_useless(token, send, furness, now):
    access = token().json()["access_token"]

    keys.revoke(FeedKey.objects.get(kind="client"), now=now)

    assert send("POST", IMPORT, [location(furness)], key=access).status_code == 401
    assert token().status_code == 401
    assert token(secret="!").status_code == 401
    assert token(secret="").status_code == 401


def test_two_keys_live_at_once_and_a_third_is_refused(trust, key, now):
    keys.create_key(trust.code, now=now)

    with pytest.raises(keys.TooManyKeys):
        keys.create_key(trust.code, now=now)
    with pytest.raises(CommandError, match="Revoke one first"):
        call_command("create_feed_key", "RTX")
    keys.revoke(FeedKey.objects.earliest("pk"), now=now)
    assert keys.create_key(trust.code, now=now)


def test_the_commands_make_list_and_revoke(trust, key):
    out = io.StringIO()
    call_command("create_feed_key", "RTX", "--oauth", "--label", "PACS", stdout=out)
    client_id, _ = out.getvalue().split()
    call_command("revoke_feed_key", client_id, stdout=out)

    assert "last used never" in out.getvalue()
    assert FeedKey.objects.get(prefix=client_id).revoked_at
    audited = AuditEntry.objects.filter(actor="command", detail__key=client_id).order_by("pk")
    assert [one.action for one in audited] == [AuditAction.KEY_MADE, AuditAction.KEY_REVOKED]
    with pytest.raises(CommandError, match="No live key"):
        call_command("revoke_feed_key", client_id)


def test_when_a_key_was_last_used_is_noted(send, furness, now):
    send("POST", IMPORT, [location(furness)])

    assert FeedKey.objects.get().last_used_at == now


def test_too_many_calls_are_429_with_when_to_come_again(send, furness, settings, time_machine, now):
    settings.API_CALLS_A_MINUTE = 3
    time_machine.move_to(now + timedelta(seconds=15), tick=False)
    answers = [send("POST", IMPORT, [location(furness)]) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3]["Retry-After"] == "45"
    assert said(answers[3])[0] == "throttled"
    time_machine.move_to(now + timedelta(seconds=60), tick=False)
    assert send("POST", IMPORT, [location(furness)]).status_code == 200


def test_every_write_is_logged_with_its_key(send, furness, now):
    send("POST", f"{IMPORT}?mode=replace", [location(furness)])
    send("POST", IMPORT, b"{oops", content_type="application/fhir+ndjson")

    calls = FeedCall.objects.order_by("pk").values_list("call", "status", "key__label", "at")
    assert list(calls) == [
        ("$import replace", 200, "first", now), ("$import", 422, "first", now),
    ]  # fmt: skip
    assert FeedCall.objects.earliest("pk").counts["created"] == 1


# --- no grant but a client's own ----------------------------------------------------------------

OTHER_GRANTS = [
    "password", "authorization_code", "implicit", "refresh_token", "PASSWORD",
    "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange", "client_credentials ",
]  # fmt: skip


@pytest.mark.parametrize("grant", OTHER_GRANTS)
def test_another_grant_is_refused_before_any_account_is_looked_at(
    token, client, make_staff, grant, django_assert_num_queries
):
    make_staff("network_admin", username="ada", password="right-horse-1")
    basic = {"Authorization": f"Basic {b64encode(':'.join(token.made).encode()).decode()}"}
    sent = {"grant_type": grant, "username": "ada", "code": "x", "device_code": "x"}

    with django_assert_num_queries(0):
        answers = [
            client.post("/oauth2/token", {**sent, "password": password}, headers=headers)
            for password in ["right-horse-1", *map(str, range(13))]
            for headers in (basic, {})
        ]

    assert {(one.status_code, one.content) for one in answers} == {
        (400, b'{"error": "unsupported_grant_type"}')
    }
    assert not SignInTries.objects.exists()
    page = client.post("/staff/sign-in/", {"username": "ada", "password": "right-horse-1"})
    assert page.status_code == 302


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("?grant_type=password&username=ada&password=x", ""),
        ("?grant_type=client_credentials", "grant_type=client_credentials"),
        ("", "grant_type=client_credentials&grant_type=password&username=ada&password=x"),
        ("", "grant_type=password&grant_type=client_credentials&username=ada&password=x"),
        ("", "username=ada&password=x"),
    ],
)
def test_what_is_said_in_the_address_or_twice_is_refused_unread(
    token, client, address, body, django_assert_num_queries
):
    with django_assert_num_queries(0):
        answer = client.post(
            f"/oauth2/token{address}", body, content_type="application/x-www-form-urlencoded"
        )

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


@pytest.mark.parametrize(
    "path", [str(one.pattern) for one in oauth2_urls.urlpatterns if str(one.pattern) != "token/"]
)
@pytest.mark.parametrize("before", ["o", "oauth2", "oauth"])
def test_no_other_address_of_the_library_is_open(client, db, before, path):
    address = re.sub(r"<[^>]+>", "1", path)

    assert client.get(f"/{before}/{address}").status_code == 404
    assert client.post(f"/{before}/{address}").status_code == 404


# --- wrong ones are told to wait, right ones never --------------------------------------------


@pytest.fixture
def try_key(client, trust):
    def try_key(key, address="10.0.0.9"):
        return client.get(
            "/fhir/R4/Appointment", headers={"Authorization": f"Bearer {key}"}, REMOTE_ADDR=address
        )

    return try_key


def test_wrong_keys_of_one_id_are_told_to_wait_and_the_right_one_is_not(
    try_key, key, now, time_machine
):
    time_machine.move_to(now + timedelta(seconds=15), tick=False)
    prefix = key.partition(".")[0]

    wrong = [try_key(f"{prefix}.{n}", f"10.0.0.{n}") for n in range(key_tries.OF_KEY + 1)]

    assert [one.status_code for one in wrong] == [401] * key_tries.OF_KEY + [429]
    assert (wrong[-1]["Retry-After"], said(wrong[-1])[0]) == ("45", "throttled")
    assert try_key(key, "10.0.0.1").status_code == 200
    time_machine.move_to(now + timedelta(seconds=61), tick=False)
    assert try_key(f"{prefix}.1").status_code == 401


def test_one_wrong_sender_locks_nobody_out_who_stands_behind_the_same_address(try_key, key):
    wrong = [try_key(f"RTX-{n:08}.x").status_code for n in range(key_tries.FROM_ADDRESS + 3)]

    assert wrong == [401] * key_tries.FROM_ADDRESS + [429] * 3
    assert try_key(key).status_code == 200
    assert try_key("RTX-00000000.x", "10.0.0.10").status_code == 401  # from elsewhere
    assert KeyTries.objects.count() <= key_tries.FROM_ADDRESS + 2  # made-up ids fill no table


def test_an_ipv6_sender_is_its_network_and_old_rows_go(try_key, key, now, time_machine):
    for n in range(key_tries.FROM_ADDRESS):
        try_key("x", f"2001:db8::{n:x}")

    assert try_key("x", "2001:db8:0:0:1::1").status_code == 429
    assert try_key("x", "2001:db8:0:1::1").status_code == 401
    time_machine.move_to(now + timedelta(hours=2), tick=False)
    assert try_key("x").status_code == 401
    assert KeyTries.objects.count() == 1


def test_wrong_secrets_are_told_to_wait_without_the_slow_hash_and_right_ones_pass(
    token, monkeypatch
):
    slow = []
    monkeypatch.setattr(
        "oauth2_provider.oauth2_validators.check_password",
        lambda *said, **more: slow.append(said) or check_password(*said, **more),
    )

    wrong = [token(secret=f"no-{n}") for n in range(key_tries.OF_KEY + 1)]

    assert [one.status_code for one in wrong] == [401] * key_tries.OF_KEY + [429]
    assert 0 < int(wrong[-1]["Retry-After"]) <= 60
    assert not slow
    assert token().status_code == 200
    assert len(slow) == 1


def test_a_client_from_before_is_still_let_in_and_its_wrong_secrets_counted(token):
    FeedKey.objects.update(key_hash="")

    assert token().status_code == 200
    wrong = [token(secret="no").status_code for _ in range(key_tries.OF_KEY + 1)]
    assert wrong == [401] * key_tries.OF_KEY + [429]
    assert token().status_code == 200


def test_two_wrong_ones_at_once_are_two(db, now):
    assert key_tries.count_wrong("10.0.0.9", "RTX-1", now=now) == 0
    key_tries.count_wrong("10.0.0.9", "RTX-1", now=now)

    assert set(KeyTries.objects.values_list("wrong", flat=True)) == {2}
