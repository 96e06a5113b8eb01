"""Who may call: keys and OAuth2 clients, scoped to one trust, throttled, logged."""

import io
from base64 import b64encode
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from oauth2_provider.models import AccessToken, Application

from booking.exchange.feeds import keys, tasks
from booking.models import FeedCall, FeedKey
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
