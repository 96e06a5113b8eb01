"""A setting of ours is wrong: no text fails of it, one a minute tries, all go after the repair."""

import json
import logging
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError

from notifications import dispatch, figures, gateways
from notifications import provider as press
from notifications.gateways.outcomes import Misconfigured, NotSent, Sent
from notifications.models import Event, Message, Provider, State
from sites import places
from tests.loopback import ScriptedServer
from tests.notifications.conftest import NOON, NUMBER
from tests.racing import at_once

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WHY = "TWILIO_MESSAGING_SERVICE_SID: it has no sender in it (code 21703)"


@pytest.fixture(autouse=True)
def _no_time(monkeypatch):
    monkeypatch.setattr(dispatch.time, "monotonic", lambda: 0.0)


def states():
    return set(Message.objects.values_list("state", flat=True))


def run(minutes, start=NOON):
    for minute in range(minutes):
        now = start + minute * MINUTE + SECOND
        dispatch.run_scheduled_steps(now)
        while dispatch.dispatch_due(now):
            pass
    return start + minutes * MINUTE


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 21606), (400, 21703), (400, 21704), (400, 30032), (429, 63038), (404, 20404),
     (401, 20003), (403, 30002), (400, 77777)],
)  # fmt: skip
def test_twelve_texts_wait_for_the_repair_and_then_all_go(enqueue, settings, status, code):
    settings.SMS_GATEWAY = "twilio"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC" + "0" * 32, "token"
    settings.TWILIO_MESSAGING_SERVICE_SID = "MG" + "0" * 32
    for number in range(12):
        enqueue(subject=f"REF{number}")
    wrong = (status, json.dumps({"code": code, "message": NUMBER, "status": status}), {})
    with ScriptedServer(wrong) as server:
        settings.TWILIO_API_BASE = server.url
        repaired = run(40 if code == 77777 else 16)
        calls = len(server.calls)
    assert states() == {State.READY}
    assert max(Message.objects.values_list("attempts", flat=True)) < dispatch.MAX_ATTEMPTS
    if code != 77777:  # nobody knows that one: each text has its few tries before all stop
        assert calls <= 16
        assert set(Message.objects.values_list("attempts", flat=True)) == {0}
        assert str(code) in Provider.objects.get().fault
    taken = [(201, json.dumps({"sid": f"SM{number:032x}"}), {}) for number in range(12)]
    with ScriptedServer(*taken) as server:
        settings.TWILIO_API_BASE = server.url
        run(20 if code == 77777 else 3, repaired)
        assert len(server.calls) == 12
    assert states() == {State.ACCEPTED}
    assert Provider.objects.get().fault == ""


def test_one_text_a_minute_tries(enqueue, provider):
    for number in range(5):
        enqueue(subject=f"REF{number}")
    provider.script = [Misconfigured(WHY)] * 100

    run(10)

    assert len(provider.calls) == 10
    assert {one.subject for one in provider.calls} == {f"REF{number}" for number in range(5)}


def test_two_workers_at_the_fault_make_one_try(enqueue, provider):
    press.setting_at_fault(NOON, WHY)
    enqueue(subject="A"), enqueue(subject="B")
    assert press.take_tokens(20, NOON + MINUTE) == 1
    assert press.take_tokens(20, NOON + MINUTE) == 0
    assert press.take_tokens(20, NOON + 2 * MINUTE) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_make_one_try(settings):
    press.setting_at_fault(NOON, WHY)

    granted = at_once(*[lambda: press.take_tokens(20, NOON + MINUTE)] * 4)

    assert sum(granted) == 1


def test_a_worker_that_died_in_the_try_holds_nobody_up(enqueue, provider):
    press.setting_at_fault(NOON, WHY)
    enqueue(subject="A"), enqueue(subject="B")
    assert press.take_tokens(1, NOON + MINUTE) == 1
    dispatch.claim(NOON + MINUTE, 1, is_try=True)  # and here it is killed

    run(3, NOON + 2 * MINUTE)

    assert states() == {State.ACCEPTED}


def test_a_text_whose_time_is_over_is_not_sent_late_and_says_so(
    enqueue, provider, calls_for_a_person
):
    enqueue(not_after=NOON + 5 * MINUTE)
    provider.script = [Misconfigured(WHY)] * 8

    run(12)

    assert states() == {State.EXPIRED}
    assert [one.reason for one in calls_for_a_person] == ["too_late"]


def test_a_text_with_a_fault_of_its_own_does_not_keep_the_others_back(
    enqueue, monkeypatch, calls_for_a_person
):
    """The provider calls one number's fault ours: it is tried eight times, the others go."""
    sids = iter(range(100))

    def send(message):
        if message.subject == "BAD":
            raise Misconfigured("Twilio's geographic permissions (code 21408)")
        return Sent(sid=f"sid{next(sids)}")

    monkeypatch.setattr(gateways, "send", send)
    enqueue(subject="BAD", due_at=NOON - MINUTE)
    for number in range(4):
        enqueue(subject=f"REF{number}")

    run(45)

    assert dict(Message.objects.values_list("subject", "state")) == {
        "BAD": "failed", **{f"REF{number}": "accepted" for number in range(4)}
    }  # fmt: skip
    assert len(calls_for_a_person) == 1
    assert Provider.objects.get().fault == ""


def test_a_refusal_that_nobody_knows_fails_only_the_text_that_has_it_alone(enqueue, monkeypatch):
    def send(message):
        if message.subject == "BAD":
            raise NotSent("Twilio answered 400, code 77777")
        return Sent(sid=f"sid{message.subject}")

    monkeypatch.setattr(gateways, "send", send)
    for subject in ("BAD", "REF1", "REF2"):
        enqueue(subject=subject)

    run(45)

    assert dict(Message.objects.values_list("subject", "state")) == {
        "BAD": "failed", "REF1": "accepted", "REF2": "accepted",
    }  # fmt: skip
    assert not Provider.objects.exclude(fault="").exists()


def test_of_a_text_with_a_fault_of_its_own_the_fault_is_kept_and_it_does_not_count_as_sent(
    enqueue, monkeypatch
):
    why = "Twilio's geographic permissions (code 21408)"

    def send(message):
        if message.subject == "BAD":
            raise Misconfigured(why)
        return Sent(sid=f"sid{message.subject}")

    monkeypatch.setattr(gateways, "send", send)
    bad = enqueue(subject="BAD", due_at=NOON - MINUTE)
    enqueue(subject="REF1"), enqueue(subject="REF2")

    sent = sum(dispatch.dispatch_due(NOON + number * MINUTE) for number in range(6))

    assert sent == 2
    bad.refresh_from_db()
    assert (bad.state, bad.error) == (State.READY, why)


@pytest.mark.parametrize("tried", [1, 6])
def test_before_the_last_try_a_refusal_that_all_meet_is_each_texts_own(enqueue, provider, tried):
    provider.script = [NotSent("Twilio answered 400, code 77777")] * 4
    enqueue(subject="A"), enqueue(subject="B")
    dispatch.dispatch_due(NOON)
    Message.objects.update(attempts=tried)

    dispatch.dispatch_due(NOON + MINUTE)

    assert set(Message.objects.values_list("attempts", flat=True)) == {tried + 1}
    assert press.at_fault() is None


@pytest.mark.parametrize("why", ["Twilio answered 400, code 77777", "x" * 70])
def test_at_the_last_try_a_refusal_that_all_meet_is_a_setting_at_fault(enqueue, provider, why):
    provider.script = [NotSent(why)] * 6
    enqueue(subject="A"), enqueue(subject="B")
    for minutes in (0, 1):  # twice, so that each has seen the other refused after itself
        dispatch.dispatch_due(NOON + minutes * MINUTE)
    Message.objects.update(attempts=7)

    assert dispatch.dispatch_due(NOON + 30 * MINUTE) == 0

    assert press.at_fault().fault == f"The texting service refuses every text ({why})"
    assert set(Message.objects.values_list("state", "attempts")) == {("ready", 7)}


def test_a_setting_that_goes_wrong_while_a_text_waits_for_another_reason_is_no_fault_of_the_text(
    enqueue, provider
):
    waits = enqueue(subject="A", due_at=NOON - MINUTE)
    provider.script = [NotSent("429", providers_own=True)]
    enqueue(subject="B")
    dispatch.dispatch_due(NOON)  # B goes meanwhile
    provider.script = [Misconfigured(WHY)]

    dispatch.dispatch_due(NOON + MINUTE)

    waits.refresh_from_db()
    assert (waits.state, waits.attempts) == (State.READY, 1)
    assert press.at_fault().fault == WHY


def test_a_setting_that_goes_wrong_a_second_time_is_no_fault_of_a_text_that_meets_it_first(
    enqueue, provider
):
    enqueue(subject="A")
    provider.script = [Misconfigured(WHY)]
    run(2)  # wrong, put right, and A has gone
    provider.script = [Misconfigured(WHY)]
    second = enqueue(subject="B")

    dispatch.dispatch_due(NOON + HOUR)

    second.refresh_from_db()
    assert (second.state, second.attempts) == (State.READY, 0)
    assert press.at_fault().fault == WHY


def test_what_went_before_it_was_wrong_tells_nothing_against_a_text(enqueue, provider):
    gone = enqueue(subject="A")
    dispatch.dispatch_due(NOON)
    provider.script = [Misconfigured(WHY)] * 2
    waits = enqueue(subject="B")

    dispatch.dispatch_due(NOON + HOUR)
    # That it went is found out only now.
    found = {"from_state": State.UNKNOWN, "to_state": State.ACCEPTED, "source": "reconcile"}
    Event.objects.create(message=gone, at=NOON + HOUR, **found)
    dispatch.dispatch_due(NOON + HOUR + MINUTE)

    waits.refresh_from_db()
    assert (waits.state, waits.attempts, len(provider.calls)) == (State.READY, 0, 3)


def test_a_call_that_began_before_the_fault_proves_nothing():
    press.setting_at_fault(NOON, WHY)
    assert not press.got_through(NOON)
    assert not press.got_through(NOON - MINUTE + SECOND)
    assert press.at_fault()
    assert press.got_through(NOON + SECOND)
    assert not press.got_through(NOON + SECOND)
    assert press.at_fault() is None


def test_a_clock_that_jumped_back_does_not_keep_the_fault():
    press.setting_at_fault(NOON, WHY)
    assert press.got_through(NOON - HOUR)


def test_a_fault_that_only_receipts_tell_ends_with_a_text_that_arrives():
    press.setting_at_fault(NOON, WHY, by_receipt=True)
    assert not press.got_through(NOON + MINUTE)
    assert press.got_through(NOON + MINUTE, arrived=True)


def test_since_when_it_is_so_is_the_first_time():
    press.setting_at_fault(NOON, WHY)
    press.setting_at_fault(NOON + HOUR, "x" * 300)
    row = Provider.objects.get()
    assert (row.fault_since, row.fault_at, row.fault) == (NOON, NOON + HOUR, "x" * 200)


PARTS = "database: ok\nwrites: ok\nmigrations: ok\nplaces: ok\nbroker: ok\n"


def test_everybody_is_told_which_setting(client, enqueue, provider, caplog, settings):
    places.table()
    provider.script = [Misconfigured(WHY)]
    enqueue()
    with caplog.at_level(logging.INFO):
        dispatch.dispatch_due(NOON)
    assert WHY in caplog.text
    now = figures.count(NOON + HOUR)
    assert (now.fault, now.fault_since, now.stopped_why) == (WHY, NOON, WHY)
    with time_machine.travel(NOON + HOUR, tick=False):
        assert (
            f'texts_setting_at_fault{{setting="{WHY}"}} 1.0'
            in client.get("/metrics").content.decode()
        )
        ready = client.get("/readyz")
        assert (ready.status_code, ready.content.decode()) == (
            200, f"{PARTS}texts: stopped: {WHY}\n"
        )  # fmt: skip
    caplog.clear()
    with caplog.at_level(logging.INFO):
        run(1, NOON + 2 * MINUTE)
    assert "texts are sent again" in caplog.text
    assert client.get("/readyz").content.decode() == f"{PARTS}texts: ok\n"
    assert "texts_setting_at_fault{" not in client.get("/metrics").content.decode()


def test_without_its_database_it_is_not_ready(client, monkeypatch):
    def away():
        raise DatabaseError

    monkeypatch.setattr(press, "current", away)
    assert client.get("/readyz").status_code == 503


def test_a_provider_that_is_left_alone_for_a_minute_has_no_setting_at_fault(client):
    press.open_breaker(NOON, "too many requests")
    assert press.why_stopped(press.current(), NOON + SECOND) == "too many requests"
    assert press.why_stopped(press.current(), NOON + HOUR) == ""
    assert press.why_stopped(None, NOON) == ""
    assert press.at_fault() is None
