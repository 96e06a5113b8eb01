import json
import logging
import socket
from typing import Any

import pytest

from notifications.gateways import twilio
from notifications.gateways.outcomes import Doubtful, Misconfigured, NotSent, Refused
from notifications.models import Message
from tests.notifications.conftest import NUMBER
from tests.notifications.gateways.loopback import HANG, RESET, LoopbackHttpClient, serving

SID = "SM" + "0123456789abcdef" * 2
TEXT = Message(to=NUMBER, body="Jane, your scan is at 2:30pm")


@pytest.fixture(autouse=True)
def account(settings, monkeypatch):
    settings.TWILIO_ACCOUNT_SID = "AC" + "0" * 32
    settings.TWILIO_AUTH_TOKEN = "secret-of-the-test"
    settings.TWILIO_FROM = "+447700900999"
    monkeypatch.delenv("TWILIO_EDGE", raising=False)
    monkeypatch.delenv("TWILIO_REGION", raising=False)


def fault(status: int, code: int, **headers: str) -> tuple[int, str, dict[str, str]]:
    words = f"The number {NUMBER} is not valid"
    return status, json.dumps({"code": code, "message": words, "status": status}), headers


def send_against(answer: Any, timeout: float = 5.0):
    with serving(answer) as server:
        host, port = server.server_address[:2]
        try:
            return twilio.send(TEXT, LoopbackHttpClient(str(host), port, timeout))
        finally:
            # Whatever came of it, the text was called out once and never more.
            assert len(server.posts) == 1


def test_a_text_that_twilio_takes_has_its_sid():
    assert send_against((201, json.dumps({"sid": SID, "status": "queued"}), {})).sid == SID


def test_twilio_is_told_the_number_the_sender_and_the_words():
    with serving((201, json.dumps({"sid": SID}), {})) as server:
        twilio.send(TEXT, LoopbackHttpClient("127.0.0.1", server.server_port))
    assert server.posts == [{"To": [NUMBER], "From": ["+447700900999"], "Body": [TEXT.body]}]


def test_too_many_requests_means_not_sent_and_says_how_long_to_wait():
    with pytest.raises(NotSent) as not_sent:
        send_against(fault(429, 20429, **{"Retry-After": "7"}))
    assert not_sent.value.retry_after == 7


@pytest.mark.parametrize("code", sorted(twilio.PERMANENT))
def test_a_number_that_can_never_be_texted_is_refused(code):
    with pytest.raises(Refused) as refused:
        send_against(fault(400, code))
    assert refused.value.code == code


@pytest.mark.parametrize(("status", "code"), [(401, 20003), (403, 20403), (400, 30002)])
def test_a_fault_of_our_account_is_a_wrong_setting(status, code):
    with pytest.raises(Misconfigured):
        send_against(fault(status, code))


def test_an_unknown_refusal_was_not_sent_and_is_tried_again():
    with pytest.raises(NotSent):
        send_against(fault(400, 21606))


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


def test_no_answer_in_time_is_doubtful():
    with pytest.raises(Doubtful):
        send_against(HANG, timeout=0.2)


def test_no_connection_means_not_sent():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotSent):
        twilio.send(TEXT, LoopbackHttpClient("127.0.0.1", port))


@pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_an_empty_setting_is_noticed_before_any_call(settings, name):
    setattr(settings, name, "")
    with pytest.raises(Misconfigured):
        twilio.send(TEXT)


def test_the_real_client_gives_up_after_ten_seconds():
    assert twilio.HttpClient().timeout == 10


def test_only_this_machine_may_stand_in_for_twilio():
    with pytest.raises(ValueError, match="loopback"):
        LoopbackHttpClient("192.0.2.1", 80)


@pytest.mark.parametrize("answer", [fault(400, 21211), fault(500, 20500), fault(401, 20003)])
def test_no_outcome_or_log_line_holds_the_number_or_the_token(answer, caplog):
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises((Refused, Doubtful, Misconfigured)) as raised,
    ):
        send_against(answer)
    for personal in (NUMBER, NUMBER[1:], "Jane", "secret-of-the-test"):
        assert personal not in caplog.text + str(raised.value)
    assert raised.value.__suppress_context__
