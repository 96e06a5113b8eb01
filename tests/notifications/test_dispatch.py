import logging
from datetime import timedelta

import pytest
from django.db import connection

from notifications import dispatch, gateways, outbox
from notifications import provider as press
from notifications.attention import needs_person
from notifications.gateways.outcomes import Doubtful, Misconfigured, NotSent, ProviderRefused, Sent
from notifications.models import Message, Provider, State
from tests.notifications.conftest import NOON, NUMBER
from tests.notifications.test_outbox import assert_nothing_personal
from tests.racing import at_once

pytestmark = pytest.mark.django_db
NIGHT = NOON + timedelta(hours=10)
MINUTE = timedelta(minutes=1)


def state_of(message: Message) -> str:
    return Message.objects.get(pk=message.pk).state


def test_a_ready_text_is_sent_once(enqueue, provider):
    message = enqueue()
    assert dispatch.dispatch_due(NOON) == 1
    assert dispatch.dispatch_due(NOON + MINUTE) == 0
    message.refresh_from_db()
    assert (message.state, message.provider_sid, message.attempts) == ("accepted", "sid1", 1)
    moves = [(event.from_state, event.to_state) for event in message.events.all()]
    assert moves == [("", "ready"), ("ready", "sending"), ("sending", "accepted")]
    assert [call.to for call in provider.calls] == [NUMBER]


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_provider_is_called(enqueue, monkeypatch):
    seen = []

    def send(message):
        row = Message.objects.get(pk=message.pk)
        seen.append((connection.in_atomic_block, row.state, row.wire_at is not None))
        return Sent(sid="sid")

    monkeypatch.setattr(gateways, "send", send)
    enqueue()
    dispatch.dispatch_due(NOON)
    assert seen == [(False, "sending", True)]


def test_two_claims_share_out_the_texts(enqueue):
    for version in range(3):
        enqueue(subject=f"REF{version}")
    first, second = dispatch.claim(NOON, 2), dispatch.claim(NOON, 2)
    assert (len(first), len(second)) == (2, 1)
    assert not {text.pk for text in first} & {text.pk for text in second}


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_racing_on_a_row_send_once(enqueue, provider):
    for number in range(10):
        enqueue(subject=f"REF{number}")
    at_once(*[lambda: dispatch.dispatch_due(NOON)] * 4)
    dispatch.dispatch_due(NOON)
    assert sorted(call.subject for call in provider.calls) == [f"REF{n}" for n in range(10)]


def test_answers_go_before_reminders_and_older_before_newer(enqueue, provider):
    enqueue(subject="C", kind="reminder_2_days", due_at=NOON - MINUTE)
    enqueue(subject="B", due_at=NOON)
    enqueue(subject="A", due_at=NOON - MINUTE)
    dispatch.dispatch_due(NOON)
    assert [call.subject for call in provider.calls] == ["A", "B", "C"]


def test_a_reminder_is_made_ready_when_due_and_not_before(enqueue, provider):
    due_at = NOON + timedelta(hours=1)
    reminder = enqueue(kind="reminder_2_days", due_at=due_at)
    dispatch.run_scheduled_steps(due_at - MINUTE)
    assert state_of(reminder) == State.SCHEDULED
    dispatch.run_scheduled_steps(due_at)
    dispatch.run_scheduled_steps(due_at)
    assert state_of(reminder) == State.READY
    assert dispatch.dispatch_due(due_at) == 1


def test_at_night_a_reminder_waits_and_a_confirmation_goes(enqueue, provider):
    late = {"due_at": NIGHT, "now": NOON}
    reminder = enqueue(subject="A", kind="reminder_2_days", **late)
    confirmation = enqueue(subject="B", **late)
    dispatch.run_scheduled_steps(NIGHT)
    dispatch.dispatch_due(NIGHT)
    assert (state_of(reminder), state_of(confirmation)) == ("scheduled", "accepted")


def test_a_reminder_that_was_ready_by_day_does_not_go_by_night(enqueue, provider):
    reminder = enqueue(kind="reminder_2_days")
    assert dispatch.dispatch_due(NIGHT) == 0
    assert state_of(reminder) == State.READY


def test_a_text_past_its_use_expires(enqueue, provider):
    message = enqueue(not_after=NOON + MINUTE)
    assert dispatch.dispatch_due(NOON + MINUTE) == 0
    dispatch.run_scheduled_steps(NOON + MINUTE)
    assert state_of(message) == State.EXPIRED


def test_a_429_backs_off_and_is_tried_again(enqueue, provider):
    provider.script = [NotSent("too many requests")]
    message = enqueue()
    assert dispatch.dispatch_due(NOON) == 0
    message.refresh_from_db()
    assert (message.state, message.wire_at, message.claim) == ("ready", None, None)
    assert timedelta(seconds=5) <= message.due_at - NOON < timedelta(seconds=8)
    assert dispatch.dispatch_due(NOON + timedelta(seconds=4)) == 0
    assert dispatch.dispatch_due(NOON + timedelta(seconds=8)) == 1


def test_the_wait_is_at_least_what_the_provider_asks_for(enqueue, provider):
    provider.script = [NotSent("too many requests", retry_after=120)]
    message = enqueue()
    dispatch.dispatch_due(NOON)
    message.refresh_from_db()
    assert message.due_at >= NOON + timedelta(seconds=120)


def test_waits_double_up_to_a_quarter_of_an_hour():
    for attempts, seconds in ((1, 5), (2, 10), (5, 80), (9, 900), (20, 900)):
        wait = dispatch.backoff(attempts).total_seconds()
        assert seconds <= wait <= seconds * 1.25


def test_after_eight_attempts_a_text_has_failed(enqueue, provider):
    provider.script = [NotSent("Twilio answered 400, code 1")] * 8
    message = enqueue(not_after=NOON + timedelta(days=7))
    for hour in range(8):
        assert state_of(message) == State.READY
        dispatch.dispatch_due(NOON + timedelta(hours=hour))
    assert (state_of(message), len(provider.calls)) == (State.FAILED, 8)


def test_a_refused_text_has_failed_at_once(enqueue, provider):
    provider.script = [ProviderRefused(21211)]
    message = enqueue()
    dispatch.dispatch_due(NOON)
    message.refresh_from_db()
    assert (message.state, message.error) == (State.FAILED, "refused 21211")


def test_a_doubtful_text_is_unknown_and_never_sent_again_blind(enqueue, provider):
    provider.script = [Doubtful("call broke off: ReadTimeout")]
    message = enqueue()
    dispatch.dispatch_due(NOON)
    for minutes in (1, 10, 60):
        dispatch.run_scheduled_steps(NOON + minutes * MINUTE)
        dispatch.dispatch_due(NOON + minutes * MINUTE)
    assert (state_of(message), len(provider.calls)) == (State.UNKNOWN, 1)


def test_a_lease_that_died_on_the_wire_is_unknown_and_not_sent_again(enqueue, provider):
    message = enqueue()
    (claimed,) = dispatch.claim(NOON, 1)
    assert dispatch._begin_send(claimed, NOON)
    dispatch.run_scheduled_steps(NOON + 2 * MINUTE)
    dispatch.dispatch_due(NOON + 2 * MINUTE)
    assert (state_of(message), provider.calls) == (State.UNKNOWN, [])


def test_the_lease_is_renewed_when_the_call_begins(enqueue, provider):
    message = enqueue()
    (claimed,) = dispatch.claim(NOON, 1)
    on_the_wire = NOON + dispatch.LEASE * 0.9
    assert dispatch._begin_send(claimed, on_the_wire)
    dispatch.run_scheduled_steps(on_the_wire + dispatch.LEASE * 0.9)
    assert state_of(message) == State.SENDING
    dispatch.run_scheduled_steps(on_the_wire + dispatch.LEASE)
    assert state_of(message) == State.UNKNOWN


def test_a_lease_that_died_before_the_wire_is_ready_again(enqueue, provider):
    message = enqueue()
    dispatch.claim(NOON, 1)
    dispatch.run_scheduled_steps(NOON + MINUTE / 2)
    assert state_of(message) == State.SENDING
    dispatch.run_scheduled_steps(NOON + 2 * MINUTE)
    assert state_of(message) == State.READY
    assert dispatch.dispatch_due(NOON + 2 * MINUTE) == 1


def test_a_dispatcher_that_lost_its_lease_does_not_send(enqueue, provider):
    enqueue()
    (slow,) = dispatch.claim(NOON, 1)
    dispatch.run_scheduled_steps(NOON + 2 * MINUTE)
    assert dispatch.dispatch_due(NOON + 2 * MINUTE) == 1
    assert not dispatch._send(slow, lambda: NOON + 3 * MINUTE)
    assert len(provider.calls) == 1


def test_an_answer_that_comes_after_the_lease_still_counts(enqueue, provider, monkeypatch):
    def slow(message):
        dispatch.run_scheduled_steps(NOON + 5 * MINUTE)
        return Sent(sid="late")

    monkeypatch.setattr(gateways, "send", slow)
    message = enqueue()
    dispatch.dispatch_due(NOON)
    message.refresh_from_db()
    assert (message.state, message.provider_sid, message.error) == ("accepted", "late", "")


def test_a_change_while_the_batch_is_sent_stops_the_old_text(enqueue, provider):
    message = enqueue()
    (claimed,) = dispatch.claim(NOON, 1)
    assert outbox.cancel_unsent("7KQ49CRB", before_version=2, now=NOON) == 1
    assert not dispatch._send(claimed, lambda: NOON)
    assert (state_of(message), provider.calls) == (State.CANCELLED, [])


def test_a_text_not_sent_is_not_retried_once_a_newer_version_stands(enqueue, provider):
    provider.script = [NotSent("too many requests")]
    old = enqueue()
    dispatch.dispatch_due(NOON)
    enqueue(version=2, kind="changed")
    dispatch.dispatch_due(NOON + MINUTE)
    dispatch.run_scheduled_steps(NOON + MINUTE)
    assert [call.kind for call in provider.calls] == ["confirmation", "changed"]
    assert state_of(old) == State.CANCELLED


def test_a_wrong_setting_stops_the_batch_and_counts_no_attempt(enqueue, provider, caplog):
    provider.script = [Misconfigured("Twilio answered 401, code 20003")]
    for number in range(3):
        enqueue(subject=f"REF{number}")
    assert dispatch.dispatch_due(NOON) == 0
    assert len(provider.calls) == 1
    assert set(Message.objects.values_list("state", "attempts")) == {("ready", 0)}
    assert "no text is sent for a minute" in caplog.text
    assert dispatch.dispatch_due(NOON + 2 * MINUTE) == 3


def test_no_log_line_holds_anything_personal(enqueue, provider, caplog):
    provider.script = [Doubtful("x"), NotSent("y"), ProviderRefused(21610), Misconfigured("z")]
    for number in range(4):
        enqueue(subject=f"REF{number}")
    with caplog.at_level(logging.DEBUG):
        dispatch.dispatch_due(NOON)
        dispatch.run_scheduled_steps(NOON + timedelta(days=2))
    assert caplog.text
    assert_nothing_personal(caplog.text)


def test_one_text_that_cannot_be_moved_keeps_no_other_back(enqueue, provider, caplog):
    def fail(**kwargs):
        raise RuntimeError(NUMBER)

    stuck = enqueue(not_after=NOON + MINUTE)
    other = enqueue(subject="OTHER", kind="reminder_2_days", due_at=NOON + MINUTE)
    needs_person.connect(fail)
    try:
        dispatch.run_scheduled_steps(NOON + MINUTE)
    finally:
        needs_person.disconnect(fail)
    assert (state_of(stuck), state_of(other)) == (State.READY, State.READY)
    assert f"text {stuck.pk} is not expired: RuntimeError" in caplog.messages
    assert_nothing_personal(caplog.text)
    dispatch.run_scheduled_steps(NOON + MINUTE)
    assert state_of(stuck) == State.EXPIRED


def test_a_dispatcher_that_slept_through_reconcile_still_stops_a_second_sending(
    enqueue, provider, monkeypatch
):
    def sleepy(message):
        # The process was stopped for long: its text was unknown, looked for, and is ready again.
        Message.objects.filter(pk=message.pk).update(
            state=State.READY, claim=None, wire_at=None, possible_duplicate=True
        )
        return Sent(sid="SMfirst")

    monkeypatch.setattr(gateways, "send", sleepy)
    message = enqueue()
    dispatch.dispatch_due(NOON)
    message.refresh_from_db()
    assert (message.state, message.provider_sid) == ("accepted", "SMfirst")


def test_a_lease_from_before_the_clock_jumped_back_is_ended(enqueue, provider):
    enqueue(subject="A"), enqueue(subject="B")
    on_the_wire, held = dispatch.claim(NOON, 2)
    dispatch._begin_send(on_the_wire, NOON)
    dispatch.run_scheduled_steps(NOON - timedelta(hours=1))
    assert [state_of(on_the_wire), state_of(held)] == [State.UNKNOWN, State.READY]


def test_news_of_an_appointment_today_goes_at_seven_in_the_morning(enqueue, provider):
    seven = NOON.replace(hour=7)
    today = enqueue(kind="displaced", subject="A", due_at=seven, now=seven, on_day=NOON.date())
    later = enqueue(kind="displaced", subject="B", due_at=seven, now=seven)
    assert (today.state, later.state) == (State.READY, State.SCHEDULED)
    assert dispatch.dispatch_due(seven) == 1


def test_what_expires_unsent_calls_for_a_person_but_a_late_reminder_does_not(
    enqueue, calls_for_a_person
):
    enqueue(not_after=NOON + MINUTE)
    enqueue(subject="R", kind="reminder_2_days", not_after=NOON + MINUTE)
    dispatch.run_scheduled_steps(NOON + MINUTE)
    assert [(one.reason, one.subject) for one in calls_for_a_person] == [("too_late", "7KQ49CRB")]


# --- while a setting is at fault, and how much may go at once


def test_what_no_text_was_found_for_is_given_back_to_others(enqueue, provider, settings):
    settings.SMS_PER_SECOND = 5
    enqueue()

    dispatch.dispatch_due(NOON)

    assert Provider.objects.get().tokens == 4


def test_the_text_that_was_left_alone_for_longest_tries_whether_it_was_put_right(enqueue, provider):
    press.setting_at_fault(NOON, "no key")
    enqueue(subject="URGENT", now=NOON + MINUTE / 2)
    enqueue(subject="WAITS", kind="reminder_2_days")
    provider.script = [Misconfigured("no key")]

    dispatch.dispatch_due(NOON + MINUTE)

    assert [call.subject for call in provider.calls] == ["WAITS"]


def test_once_it_was_put_right_as_many_go_as_were_asked_for(enqueue, provider, settings):
    settings.SMS_PER_SECOND = 30
    press.setting_at_fault(NOON, "no key")
    for number in range(5):
        enqueue(subject=f"REF{number}")

    assert dispatch.dispatch_due(NOON + MINUTE, limit=3) == 3

    assert len(provider.calls) == 3


def test_doubtful_calls_that_are_the_providers_own_fault_open_the_breaker(enqueue, provider):
    provider.script = [Doubtful("503", providers_own=True)] * 6
    for number in range(6):
        enqueue(subject=f"REF{number}")

    assert dispatch.dispatch_due(NOON) == 0

    assert len(provider.calls) == 5
    assert Provider.objects.get().stopped_why == "503"
