import json
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.test import override_settings

from notifications.gateways import twilio
from notifications.gateways.outcomes import (
    Doubtful,
    Found,
    Misconfigured,
    NoAnswer,
    NotSent,
    ProviderRefused,
)
from notifications.gateways.twilio import HttpClient
from notifications.models import Message
from tests.loopback import HANG, RESET, ScriptedServer
from tests.notifications.conftest import NOON, NUMBER

SID = "SM" + "0123456789abcdef" * 2
TEXT = Message(
    to=NUMBER,
    body="Jane, your scan is at 2:30pm",
    created_at=NOON,
    wire_at=NOON,
    not_after=NOON + timedelta(hours=2),
)


@pytest.fixture(autouse=True)
def account(settings, monkeypatch):
    settings.TWILIO_ACCOUNT_SID = "AC" + "0" * 32
    settings.TWILIO_AUTH_TOKEN = "secret-of-the-test"
    settings.TWILIO_MESSAGING_SERVICE_SID = "MG" + "0" * 32
    settings.PUBLIC_BASE_URL = "https://scans.example"
    monkeypatch.setenv("TWILIO_EDGE", "dublin")  # must not lead away from this machine
    monkeypatch.setenv("TWILIO_REGION", "ie1")


def fault(status: int, code: int, **headers: str) -> tuple[int, str, dict[str, str]]:
    words = f"The number {NUMBER} is not valid"
    return status, json.dumps({"code": code, "message": words, "status": status}), headers


@contextmanager
def twilio_says(answer: Any) -> Iterator[ScriptedServer]:
    """Let calls for Twilio go to a server on this machine that answers so."""
    with ScriptedServer(answer) as server, override_settings(TWILIO_API_BASE=server.url):
        yield server


def send_against(answer: Any):
    with twilio_says(answer) as server:
        try:
            return twilio.send(TEXT)
        finally:
            # Whatever came of it, the text was called out once and never more.
            assert len(server.calls) == 1


def test_a_text_that_twilio_takes_has_its_sid():
    assert send_against((201, json.dumps({"sid": SID, "status": "queued"}), {})).sid == SID


def test_twilio_is_told_everything_and_where_to_report():
    with twilio_says((201, json.dumps({"sid": SID}), {})) as server:
        twilio.send(TEXT)
    assert [call.form for call in server.calls] == [
        {
            "To": [NUMBER],
            "MessagingServiceSid": ["MG" + "0" * 32],
            "Body": [TEXT.body],
            "ValidityPeriod": ["7200"],
            "StatusCallback": [
                f"https://scans.example/sms/twilio/status/{TEXT.pk}/#rc=5&rp=ct,rt,5xx"
            ],
        }
    ]


@pytest.mark.parametrize(("hours", "seconds"), [(48, 36_000), (0, 1)])
def test_twilio_keeps_a_text_no_longer_than_it_can_or_is_useful(hours, seconds):
    text = Message(to=NUMBER, body="x", wire_at=NOON, not_after=NOON + timedelta(hours=hours))
    with twilio_says((201, json.dumps({"sid": SID}), {})) as server:
        twilio.send(text)
    assert server.calls[0].form["ValidityPeriod"] == [str(seconds)]


def test_too_many_requests_means_not_sent_and_says_how_long_to_wait():
    with pytest.raises(NotSent) as not_sent:
        send_against(fault(429, 20429, **{"Retry-After": "7"}))
    assert not_sent.value.retry_after == 7


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("86400", 86_400), ("-5", 0), ("soon", 0), ("1e9", 0), ("7.5", 0), ("", 0),
     ("Wed, 25 Nov 2026 12:00:00 GMT", 0)],
)  # fmt: skip
def test_any_retry_after_is_survived(asked, seconds):
    with pytest.raises(NotSent) as not_sent:
        send_against(fault(429, 20429, **{"Retry-After": asked}))
    assert not_sent.value.retry_after == seconds


@pytest.mark.parametrize(
    "answer",
    [
        fault(500, 20500),
        (503, "<html>down</html>", {}),
        (302, "", {"Location": "/elsewhere"}),
        (201, "<html>not json</html>", {}),
        (201, "[]", {}),
        (201, "null", {}),
        (201, "", {}),
        (201, "{}", {}),
        (201, '{"sid": "made up"}', {}),
        RESET,
    ],
)
def test_an_answer_that_proves_nothing_is_doubtful(answer):
    with pytest.raises(Doubtful):
        send_against(answer)


def test_an_answer_in_the_newer_error_format_is_understood():
    problem = {"type": "x", "title": "Too Many Requests", "status": 429, "code": 20429}
    with pytest.raises(NotSent):
        send_against((429, json.dumps(problem), {}))


def test_no_answer_in_time_is_doubtful(monkeypatch):
    monkeypatch.setattr(twilio, "HttpClient", lambda: HttpClient(timeout=0.2))
    with pytest.raises(Doubtful):
        send_against(HANG)


def test_no_connection_means_not_sent(settings):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.TWILIO_API_BASE = f"http://127.0.0.1:{port}"
    with pytest.raises(NotSent) as not_sent:
        twilio.send(TEXT)
    assert not_sent.value.providers_own


@pytest.mark.parametrize(
    "name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_MESSAGING_SERVICE_SID"]
)
def test_an_empty_setting_is_noticed_before_any_call(settings, name):
    setattr(settings, name, "")
    with pytest.raises(Misconfigured):
        twilio.send(TEXT)


def test_the_real_client_gives_up_after_ten_seconds():
    assert twilio.HttpClient().timeout == 10


@pytest.mark.parametrize(
    "base",
    ["http://192.0.2.1", "https://twilio.example", "http://127.0.0.1.example", "ftp://localhost",
     "localhost:4010", "http://", "http://10.0.0.1@evil.example"],
)  # fmt: skip
def test_only_this_machine_may_stand_in_for_twilio(settings, base):
    settings.TWILIO_API_BASE = base
    with pytest.raises(Misconfigured, match="not a server on this machine"):
        twilio.send(TEXT)


def listed(sid: str, body: str, created: datetime, status: str = "sent") -> dict[str, Any]:
    return {
        "sid": sid, "body": body, "status": status, "to": NUMBER,
        "date_created": format_datetime(created),
    }  # fmt: skip


def page(*texts: dict[str, Any]) -> tuple[int, str, dict[str, str]]:
    return 200, json.dumps({"messages": list(texts), "page": 0, "page_size": 200}), {}


def test_a_doubtful_text_is_found_by_number_words_and_time():
    answer = page(
        listed("SM3", TEXT.body, NOON + timedelta(seconds=2)),
        listed("SM2", TEXT.body, NOON + timedelta(seconds=1), "delivered"),
        listed("SM1", TEXT.body + "!", NOON),
        listed("SM0", TEXT.body, NOON - timedelta(days=1)),
    )
    with twilio_says(answer) as server:
        found = twilio.find(TEXT)
    assert [(one.sid, one.status) for one in found] == [("SM2", "delivered"), ("SM3", "sent")]
    assert server.calls[0].query["To"] == [NUMBER]


@pytest.mark.parametrize(
    "answer", [fault(500, 20500), fault(429, 20429), (200, "not json", {}), (200, "[]", {}), RESET]
)
def test_a_listing_that_fails_is_no_answer(answer):
    with twilio_says(answer), pytest.raises(NoAnswer) as no_answer:
        twilio.find(TEXT)
    assert NUMBER not in str(no_answer.value)


def test_what_became_of_a_text_is_asked_by_its_sid():
    answer = (200, json.dumps({"sid": SID, "status": "undelivered", "error_code": 30003}), {})
    with twilio_says(answer):
        assert twilio.status_of(SID) == Found(SID, "undelivered", 30003)


def test_a_sid_that_twilio_does_not_know_has_no_status():
    with twilio_says(fault(404, 20404)):
        assert twilio.status_of(SID) is None
    with twilio_says(fault(503, 20503)), pytest.raises(NoAnswer):
        twilio.status_of(SID)


@pytest.mark.parametrize("answer", [fault(400, 21211), fault(500, 20500), fault(401, 20003)])
def test_no_outcome_or_log_line_holds_the_number_or_the_token(answer, caplog):
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises((ProviderRefused, Doubtful, Misconfigured)) as raised,
    ):
        send_against(answer)
    for personal in (NUMBER, NUMBER[1:], "Jane", "secret-of-the-test"):
        assert personal not in caplog.text + str(raised.value)
    assert raised.value.__suppress_context__
