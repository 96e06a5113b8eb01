"""What we send is what Twilio's own OpenAPI file allows, and our fake Twilio answers as it says.

Prism, a mock server made from that file, stands where Twilio would; and, as a proxy, between the
real library and the fake.
"""

import json
import socket
import subprocess
from datetime import timedelta

import pytest

from notifications import receipts
from notifications.gateways import twilio
from notifications.models import Message
from tests.notifications.conftest import NOON, NUMBER
from tests.resilience.celery_workers import wait_until
from tests.resilience.fake_twilio import ACCOUNT, SERVICE, TOKEN
from tools import twilio_contract

CONTRACT = twilio_contract.found()
pytestmark = pytest.mark.skipif(
    CONTRACT is None, reason="Twilio's OpenAPI file is not here: run tools/twilio_contract.py"
)
TEXT = Message(
    to=NUMBER,
    body="Jane, your scan is at 2:30pm",
    created_at=NOON,
    wire_at=NOON,
    not_after=NOON + timedelta(hours=2),
)
NULLS = {"first_page_uri", "next_page_uri", "previous_page_uri", "uri"}
"""Twilio's file calls these absolute addresses; Twilio's own examples in it are paths or null."""


@pytest.fixture(scope="module")
def prism():
    """Start Prism, once for each way of running it; return its address."""
    running = {}

    def start(*words):
        if words not in running:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            command = [CONTRACT.prism, *words[:1], "-h", "127.0.0.1", "-p", str(port)]
            process = subprocess.Popen(
                [*command, CONTRACT.description, *words[1:]],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            running[words] = process, f"http://127.0.0.1:{port}"

            def listens():
                with socket.socket() as probe:
                    return probe.connect_ex(("127.0.0.1", port)) == 0

            wait_until(listens, process)
        return running[words][1]

    yield start
    for process, _ in running.values():
        process.kill()
        process.wait()


@pytest.fixture
def violations(settings, monkeypatch):
    """Collect where each call or its answer departs from Twilio's file, as Prism says it."""
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    settings.TWILIO_MESSAGING_SERVICE_SID = SERVICE
    settings.PUBLIC_BASE_URL = "https://scans.example"
    real, seen = twilio.HttpClient, []

    class Listening(real):
        def request(self, *args, **kwargs):
            response = super().request(*args, **kwargs)
            said = json.loads(response.headers.get("sl-violations") or "[]")
            seen.extend(one for one in said if NULLS.isdisjoint(one["location"][-1:]))
            return response

    monkeypatch.setattr(twilio, "HttpClient", Listening)
    return seen


def test_a_create_call_is_one_that_twilio_describes(prism, settings, violations):
    settings.TWILIO_API_BASE = prism("mock")
    assert twilio.SID.fullmatch(twilio.send(TEXT).sid)
    assert violations == []


def test_a_listing_is_one_that_twilio_describes(prism, settings, violations):
    settings.TWILIO_API_BASE = prism("mock")
    assert twilio.find(TEXT) == []  # Twilio's examples are other texts
    assert violations == []


def test_a_question_about_one_text_is_one_that_twilio_describes(prism, settings, violations):
    settings.TWILIO_API_BASE = prism("mock")
    assert twilio.status_of("SM" + "0" * 32).status
    assert violations == []


def test_a_wrong_call_would_be_noticed(prism, settings, violations, monkeypatch):
    settings.TWILIO_API_BASE = prism("mock")
    settings.TWILIO_MESSAGING_SERVICE_SID = "nonsense"
    with pytest.raises(twilio.NotSent, match="422"):
        twilio.send(TEXT)


def test_the_fake_twilio_answers_as_twilio_describes(prism, settings, violations, fake):
    settings.TWILIO_API_BASE = prism("proxy", fake.url)
    sid = twilio.send(TEXT).sid
    assert [one.sid for one in twilio.find(TEXT)] == [sid]
    assert twilio.status_of(sid).status == "queued"
    assert violations == []


def test_every_status_that_twilio_describes_is_one_that_we_know():
    described = json.loads(CONTRACT.description.read_text())["components"]["schemas"]
    ours_to_hear = set(described["message_enum_status"]["enum"]) - {"receiving", "received"}
    assert ours_to_hear <= set(receipts.STATES)
