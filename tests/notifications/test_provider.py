"""The breaker and the token bucket that all workers share."""

from datetime import timedelta

import pytest

from notifications import dispatch
from notifications import provider as press
from notifications.gateways.outcomes import Doubtful, Misconfigured, NotSent
from notifications.models import Message, Provider
from tests.notifications.conftest import NOON
from tests.racing import at_once

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def test_the_bucket_holds_one_seconds_worth_and_fills_with_time(settings):
    settings.SMS_PER_SECOND = 10
    assert press.take_tokens(20, NOON) == 10
    assert press.take_tokens(20, NOON) == 0
    assert press.seconds_to_a_token(NOON) == pytest.approx(0.1)
    assert press.take_tokens(20, NOON + SECOND / 2) == 5
    assert press.take_tokens(20, NOON + 60 * SECOND) == 10


def test_what_is_given_back_can_be_taken_again(settings):
    settings.SMS_PER_SECOND = 10
    press.take_tokens(10, NOON)
    press.give_back(4, NOON)
    assert press.take_tokens(20, NOON) == 4


def test_a_dispatcher_gives_back_what_it_found_no_text_for(enqueue, provider, settings):
    settings.SMS_PER_SECOND = 10
    enqueue()
    assert dispatch.dispatch_due(NOON) == 1
    assert press.take_tokens(20, NOON) == 9


def test_no_more_is_given_back_than_the_bucket_holds(settings):
    settings.SMS_PER_SECOND = 10
    press.take_tokens(4, NOON)
    press.give_back(20, NOON)
    assert press.take_tokens(20, NOON) == 10
    press.give_back(0, NOON)
    press.give_back(-3, NOON)
    press.give_back(1, NOON)
    assert press.take_tokens(20, NOON) == 1


@pytest.mark.django_db(transaction=True)
def test_any_number_of_workers_share_one_bucket(settings):
    settings.SMS_PER_SECOND = 10

    granted = at_once(*[lambda: sum(press.take_tokens(1, NOON) for _ in range(5))] * 4)

    assert sum(granted) == 10


def test_five_faults_in_a_minute_open_the_breaker_for_a_minute():
    for number in range(4):
        assert not press.record_fault(NOON + number * SECOND, "429")
    assert press.record_fault(NOON + 5 * SECOND, "429")
    assert press.take_tokens(1, NOON + 6 * SECOND) == 0
    assert press.seconds_to_a_token(NOON + 6 * SECOND) == 0
    assert press.take_tokens(1, NOON + 66 * SECOND) == 1


def test_five_faults_over_more_than_a_minute_do_not():
    assert not any(press.record_fault(NOON + 16 * n * SECOND, "429") for n in range(12))


def test_a_storm_of_429s_stops_after_five_and_everything_is_sent_after_it(enqueue, provider):
    provider.script = [NotSent("too many requests", providers_own=True)] * 5
    for number in range(20):
        enqueue(subject=f"REF{number}")
    assert dispatch.dispatch_due(NOON) == 0
    assert len(provider.calls) == 5
    assert dispatch.dispatch_due(NOON + 30 * SECOND) == 0
    assert len(provider.calls) == 5
    assert dispatch.dispatch_due(NOON + 61 * SECOND) == 20
    assert Message.objects.filter(state="accepted").count() == 20


def test_five_broken_answers_open_it_too_and_none_is_sent_again(enqueue, provider):
    provider.script = [Doubtful("Twilio answered 503", providers_own=True)] * 5
    for number in range(8):
        enqueue(subject=f"REF{number}")
    dispatch.dispatch_due(NOON)
    assert (Message.objects.filter(state="unknown").count(), len(provider.calls)) == (5, 5)


def test_a_fault_of_one_text_does_not_count(enqueue, provider):
    provider.script = [NotSent("Twilio answered 400, code 1")] * 6
    for number in range(8):
        enqueue(subject=f"REF{number}")
    assert dispatch.dispatch_due(NOON) == 2


def test_wrong_settings_stop_every_worker_for_a_minute_and_say_so(enqueue, provider):
    provider.script = [Misconfigured("Twilio answered 401, code 20003")]
    enqueue()
    dispatch.dispatch_due(NOON)
    enqueue(subject="OTHER")
    assert dispatch.dispatch_due(NOON + SECOND) == 0
    row = press.current()
    assert press.is_stopped(row, NOON + SECOND)
    assert row.stopped_why == "Twilio answered 401, code 20003"
    assert dispatch.dispatch_due(NOON + 61 * SECOND) == 2


def test_a_clock_that_jumps_back_neither_fills_the_bucket_nor_keeps_the_breaker_open(settings):
    settings.SMS_PER_SECOND = 10
    press.take_tokens(10, NOON)
    press.open_breaker(NOON, "429")
    earlier = NOON - timedelta(hours=1)
    assert press.take_tokens(1, earlier) == 0
    assert press.take_tokens(10, earlier + SECOND) == 10
    assert Provider.objects.get().tokens_at == earlier + SECOND


def test_a_provider_that_was_away_for_hours_loses_no_text(enqueue, provider):
    provider.script = [NotSent("no connection", providers_own=True)] * 30
    message = enqueue()
    for minute in range(0, 60 * 12, 5):
        dispatch.dispatch_due(NOON + minute * 60 * SECOND)
    message.refresh_from_db()
    assert (message.state, len(provider.calls)) == ("accepted", 31)


def test_retry_after_a_day_is_capped_at_a_quarter_of_an_hour(enqueue, provider):
    provider.script = [NotSent("too many requests", retry_after=86_400, providers_own=True)]
    message = enqueue()
    dispatch.dispatch_due(NOON)
    message.refresh_from_db()
    assert timedelta(minutes=14) < message.due_at - NOON < timedelta(minutes=16)
