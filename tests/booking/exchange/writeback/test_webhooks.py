"""Bookings pushed to a trust's own system on loopback."""

import base64
import hashlib
import hmac
import json
import re
import socket
from datetime import timedelta

import pytest
import time_machine
from fhir.resources.R4B.appointment import Appointment as FhirAppointment
from standardwebhooks.webhooks import Webhook as Verifier

from booking.appointments import booking
from booking.changes import commit_numbers
from booking.exchange.writeback import call, tasks, webhooks
from booking.exchange.writeback.webhooks import backoff, create, deliver
from booking.models import Webhook, WorklistRow
from config.celery import app
from tests.loopback import DRIP, HANG, ScriptedServer


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings):
    settings.FEEDS_MAY_BE_PRIVATE = True


@pytest.fixture
def hook(trust, now):
    """Make the trust's webhook to a receiver; return its secret."""
    return lambda receiver: create("RTX", f"{receiver.url}/bookings?from=finder", now=now)


def told(receiver):
    return [(one["id"], one["status"]) for one in (json.loads(b) for _, _, b in receiver.calls)]


def assert_genuine(secret, headers, body):
    """Ask the standard's own library, a moment after the push was sent."""
    with time_machine.travel(int(headers["webhook-timestamp"]) + 1):
        Verifier(secret).verify(body, headers)


def state():
    return Webhook.objects.get()


def test_a_booking_is_pushed_signed_and_valid(hook, jane, make_slot, book, now):
    with ScriptedServer(204) as receiver:
        secret = hook(receiver)
        made = book(jane, make_slot())

        assert deliver("RTX", now) == 1

    ((path, headers, body),) = receiver.calls
    assert path == "/bookings?from=finder"
    assert headers["Content-Type"] == "application/fhir+json"
    found = FhirAppointment.model_validate_json(body)
    assert (found.id, found.status, found.meta.versionId) == (made.reference, "booked", "1")
    assert_genuine(secret, headers, body)
    assert headers["webhook-id"] == f"RTX-{state().told}"


def test_until_the_next_version_a_push_is_signed_as_before_too(hook, jane, make_slot, book, now):
    with ScriptedServer(204) as receiver:
        secret = hook(receiver)
        book(jane, make_slot())

        deliver("RTX", now)

    ((_, headers, body),) = receiver.calls
    t, v1 = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["Finder-Signature"]).groups()
    expected = hmac.new(secret.encode(), t.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(v1, expected)
    assert headers["Finder-Change"] == str(state().told)


def test_a_secret_is_written_as_the_standard_has_it(hook):
    with ScriptedServer(204) as receiver:
        first, second = hook(receiver), hook(receiver)

    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32
    assert first != second


def test_a_secret_from_before_goes_on_signing(hook, jane, make_slot, book, now):
    with ScriptedServer(204) as receiver:
        hook(receiver)
        Webhook.objects.update(secret="5vJ-Wq_x0c")
        book(jane, make_slot())

        deliver("RTX", now)

    ((_, headers, body),) = receiver.calls
    assert_genuine("whsec_" + base64.b64encode(b"5vJ-Wq_x0c").decode(), headers, body)


def test_every_try_of_a_change_has_its_identifier_and_a_signature_of_its_own(
    hook, jane, make_slot, book, now
):
    with ScriptedServer(500, 204, 204) as receiver:
        secret = hook(receiver)
        slot = make_slot()
        made = book(jane, slot)
        deliver("RTX", now)
        deliver("RTX", state().next_try_at)
        booking.cancel(made, made.version, now=now, actor="patient")
        deliver("RTX", state().next_try_at)

    tries = [headers for _, headers, _ in receiver.calls]
    first, again, other = [headers["webhook-id"] for headers in tries]
    assert first == again != other
    assert tries[0]["webhook-timestamp"] < tries[1]["webhook-timestamp"]
    assert tries[0]["webhook-signature"] != tries[1]["webhook-signature"]
    for _, headers, body in receiver.calls:
        assert_genuine(secret, headers, body)


def test_what_was_taken_is_not_sent_again(hook, jane, make_slot, book, now):
    with ScriptedServer(204) as receiver:
        hook(receiver)
        book(jane, make_slot())

        deliver("RTX", now)
        assert deliver("RTX", now) == 0
        assert webhooks.due(now) == []

    assert len(receiver.calls) == 1


def test_only_news_from_the_day_on_which_it_was_made_is_pushed(hook, jane, make_slot, book, now):
    book(jane, make_slot())
    with ScriptedServer(204) as receiver:
        hook(receiver)

        assert webhooks.due(now) == []
        assert deliver("RTX", now) == 0


def test_a_dead_receiver_is_tried_later_and_later_and_nothing_is_lost(
    hook, jane, make_slot, book, now
):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        create("RTX", dead, now=now)
        made, at, waits = book(jane, make_slot()), now, []
        for _ in range(webhooks.ALARM_AFTER):
            assert deliver("RTX", at) == 0
            waits.append(state().next_try_at - at)
            assert deliver("RTX", at) == 0  # not yet
            at = state().next_try_at

    assert all(wait >= backoff(n) for n, wait in enumerate(waits, 1))
    assert state().problem.startswith("cannot connect")
    assert WorklistRow.objects.get(about="webhook:RTX", closed_at=None).trust_id == "RTX"
    with ScriptedServer(204) as receiver:
        Webhook.objects.update(url=receiver.url)
        assert deliver("RTX", at) == 1
        assert told(receiver) == [(made.reference, "booked")]
    assert (state().failures, state().problem) == (0, "")
    assert WorklistRow.objects.get(about="webhook:RTX").outcome == "resolved"


@pytest.mark.parametrize("answer", [HANG, DRIP])
def test_a_slow_receiver_is_given_up_on_and_tried_again(
    hook, jane, make_slot, book, now, monkeypatch, answer
):
    monkeypatch.setattr(call, "STEP", 0.2)
    monkeypatch.setattr(call, "WHOLE", 0.4)
    with ScriptedServer(answer, 204) as receiver:
        hook(receiver)
        book(jane, make_slot())

        assert deliver("RTX", now) == 0
        assert state().problem.startswith("no answer")
        assert deliver("RTX", state().next_try_at) == 1


@pytest.mark.parametrize("answer", [500, 503, 408, 429, 301, 302])
def test_trouble_of_the_receivers_is_waited_out_in_order(
    hook, jane, tom, make_slot, book, now, answer
):
    with ScriptedServer(answer, 204) as receiver:
        hook(receiver)
        first, second = book(jane, make_slot(hour=9)), book(tom, make_slot(hour=10))

        assert deliver("RTX", now) == 0
        assert deliver("RTX", state().next_try_at) == 2

    references = [reference for reference, _ in told(receiver)]
    assert references == [first.reference, first.reference, second.reference]


def test_changes_of_an_appointment_are_never_told_in_the_wrong_order(
    hook, jane, make_slot, book, now
):
    with ScriptedServer(500, 204) as receiver:
        hook(receiver)
        made = book(jane, make_slot())
        deliver("RTX", now)
        booking.cancel(made, 1, now=now, actor="patient")

        deliver("RTX", state().next_try_at)

    assert [status for _, status in told(receiver)] == ["booked", "cancelled"]


def test_gone_stops_the_pushes_and_asks_somebody(hook, jane, tom, make_slot, book, now):
    with ScriptedServer(410) as receiver:
        hook(receiver)
        book(jane, make_slot(hour=9))
        deliver("RTX", now)
        book(tom, make_slot(hour=10))

        assert webhooks.due(now) == []
        assert deliver("RTX", now + timedelta(days=1)) == 0

    assert len(receiver.calls) == 1
    assert "410" in WorklistRow.objects.get(about="webhook:RTX").reason


def test_one_booking_that_is_refused_again_and_again_does_not_stop_the_rest(
    hook, jane, tom, make_slot, book, now
):
    with ScriptedServer(*[422] * webhooks.MAX_REFUSALS, 204) as receiver:
        hook(receiver)
        first, second = book(jane, make_slot(hour=9)), book(tom, make_slot(hour=10))
        for _ in range(webhooks.MAX_REFUSALS):
            deliver("RTX", state().next_try_at)

    assert told(receiver)[-1] == (second.reference, "booked")
    assert WorklistRow.objects.get(appointment=first).about == f"webhook:{first.reference}"


def test_two_senders_do_not_send_twice(hook, jane, make_slot, book, now):
    with ScriptedServer(204) as receiver:
        hook(receiver)
        book(jane, make_slot())
        Webhook.objects.update(lease_until=now + timedelta(seconds=1))

        assert deliver("RTX", now) == 0
        assert deliver("RTX", now + timedelta(seconds=1)) == 1


def test_a_sender_that_lost_its_lease_writes_nothing(hook, jane, make_slot, book, now, monkeypatch):
    with ScriptedServer(204) as receiver:
        hook(receiver)
        book(jane, make_slot())
        post = call.post

        def slowly(*arguments):
            Webhook.objects.update(lease_until=now + timedelta(hours=1))  # another took over
            return post(*arguments)

        monkeypatch.setattr(call, "post", slowly)
        assert deliver("RTX", now) == 0

    assert state().told < commit_numbers.read(["appointments:RTX"])["appointments:RTX"]


def test_the_tick_wakes_a_sender_a_trust_with_news(hook, jane, make_slot, book, now, monkeypatch):
    monkeypatch.setattr(tasks.timezone, "now", lambda: now)
    woken = []
    monkeypatch.setattr(tasks.deliver, "delay", woken.append)
    with ScriptedServer(204) as receiver:
        hook(receiver)
        tasks.tick()
        book(jane, make_slot())
        tasks.tick()
        tasks.deliver("RTX")
        tasks.tick()

    assert woken == ["RTX"]
    assert len(receiver.calls) == 1


def test_waits_double_to_fifteen_minutes():
    seconds = [backoff(n).total_seconds() for n in range(1, 11)]

    assert seconds == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
    assert backoff(10_000) == timedelta(minutes=15)


@pytest.mark.parametrize(
    "url",
    [
        "http://trust.example/", "ftp://trust.example/", "https://", "https://me@trust.example/",
        "https://trust.example:0/", "https://trust.example:x/", "https://[::1", "//trust.example",
    ],
)  # fmt: skip
def test_an_address_that_we_would_not_call_cannot_be_set(trust, now, settings, url):
    settings.FEEDS_MAY_BE_PRIVATE = False

    with pytest.raises(call.NotAllowed):
        create("RTX", url, now=now)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254",
        "[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "0.0.0.0", "100.64.0.1",
        "224.0.0.1", "2130706433", "[2002:0a00:0001::]",
    ],
)  # fmt: skip
def test_a_private_address_is_never_called(settings, host):
    settings.FEEDS_MAY_BE_PRIVATE = False

    with pytest.raises(call.NotAllowed):
        call.post(f"https://{host}/", b"{}", {})


def test_a_name_that_points_inside_is_never_called(settings, monkeypatch):
    settings.FEEDS_MAY_BE_PRIVATE = False
    asked = []

    def resolve(host, port, **_):
        asked.append(host)
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))
        private = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))
        return [public, private]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(call.NotAllowed):
        call.post("https://trust.example/", b"{}", {})
    assert asked == ["trust.example"]


def test_the_worker_knows_the_tasks_that_beat_calls(settings):
    beat = settings.CELERY_BEAT_SCHEDULE["tell trusts of their bookings, ask for late answers"]

    assert tasks.tick.name == beat["task"]
    app.loader.import_default_modules()
    assert beat["task"] in app.tasks
