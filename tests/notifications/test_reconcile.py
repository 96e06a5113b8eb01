"""Doubtful texts: looked for three times, then sent once more or given up."""

from datetime import timedelta

import pytest

from notifications import dispatch, gateways, receipts, reconcile
from notifications.gateways.outcomes import Doubtful, Found, Misconfigured, NoAnswer
from notifications.models import Event, Message, State
from tests.notifications.conftest import NOON

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
MOMENT = timedelta(seconds=20)


class Listing:
    """The provider's list as it answers, one entry a look; the last one stays."""

    def __init__(self):
        self.answers = [[]]
        self.looks = []

    def find(self, message):
        self.looks.append(message.pk)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def listing(monkeypatch):
    listing = Listing()
    monkeypatch.setattr(gateways, "find", listing.find)
    return listing


@pytest.fixture
def doubtful(enqueue, provider):
    """Make a text whose call broke off at NOON."""

    def doubtful(**changes):
        provider.script = [Doubtful("call broke off: ReadTimeout")]
        message = enqueue(**changes)
        dispatch.dispatch_due(NOON)
        assert outcome(message) == State.UNKNOWN
        return message

    return doubtful


def outcome(message):
    message.refresh_from_db()
    return message.state


def minutes(*when):
    """Reconcile so many minutes after the call, and the moment that the call itself took."""
    for minute in when:
        reconcile.reconcile(NOON + minute * MINUTE + MOMENT)


def test_a_text_that_the_provider_has_is_accepted_and_not_sent_again(doubtful, listing, provider):
    message = doubtful()
    listing.answers = [[Found("SM1", "delivered")]]
    minutes(1)
    assert (outcome(message), message.provider_sid) == ("delivered", "SM1")
    assert len(provider.calls) == 1


def test_three_looks_over_ten_minutes_then_one_more_sending(doubtful, listing, provider):
    message = doubtful()
    for minute in range(10):
        minutes(minute)
        assert outcome(message) == State.UNKNOWN
    minutes(10)
    assert outcome(message) == State.READY
    assert message.possible_duplicate
    assert len(listing.looks) == 3
    assert dispatch.dispatch_due(NOON + 11 * MINUTE) == 1
    assert len(provider.calls) == 2


def test_a_listing_that_lags_is_believed_when_it_catches_up(doubtful, listing, provider):
    message = doubtful()
    listing.answers = [[], [], [Found("SM1", "sent")]]
    minutes(1, 4, 10)
    assert outcome(message) == State.ACCEPTED
    assert len(provider.calls) == 1


def test_a_look_that_is_not_answered_does_not_count(doubtful, listing):
    message = doubtful()
    listing.answers = [NoAnswer("listing failed")] * 20 + [[]]
    minutes(*range(1, 31))
    assert outcome(message) == State.UNKNOWN
    minutes(*range(31, 60))
    assert outcome(message) == State.READY


def test_wrong_settings_stop_the_looking_and_nothing_is_sent(doubtful, listing, caplog):
    message = doubtful()
    listing.answers = [Misconfigured("Twilio answered 401")]
    minutes(*range(1, 30))
    assert outcome(message) == State.UNKNOWN
    assert "no doubtful text can be looked for" in caplog.text


def test_a_second_doubt_ends_in_failure_and_a_phone_call(
    doubtful, listing, provider, calls_for_a_person
):
    message = doubtful()
    minutes(1, 4, 10)
    provider.script = [Doubtful("Twilio answered 500")]
    dispatch.dispatch_due(NOON + 11 * MINUTE)
    assert outcome(message) == State.UNKNOWN
    minutes(12, 15, 21)
    assert (outcome(message), len(provider.calls)) == (State.FAILED, 2)
    assert message.error == "not found after a second sending"
    assert [notice.subject for notice in calls_for_a_person] == ["7KQ49CRB"]


@pytest.mark.parametrize("kind", ["offer", "one_time_code"])
def test_offers_and_codes_go_at_most_once(doubtful, listing, provider, kind):
    message = doubtful(kind=kind)
    minutes(1, 4, 10)
    assert (outcome(message), len(provider.calls)) == (State.FAILED, 1)


def test_a_text_that_is_too_late_by_then_is_not_sent_again(doubtful, listing):
    message = doubtful(not_after=NOON + 5 * MINUTE)
    minutes(1, 4, 10)
    assert (outcome(message), message.error) == (State.FAILED, "not found, and too late now")


def test_a_text_that_was_superseded_by_then_is_not_sent_again(
    doubtful, listing, enqueue, calls_for_a_person
):
    message = doubtful()
    enqueue(version=2, kind="changed")
    minutes(1, 4, 10)
    assert (outcome(message), message.error) == (State.FAILED, "not found, and superseded")
    assert calls_for_a_person == []


def test_another_texts_sid_is_not_taken_for_it(doubtful, listing, provider, enqueue):
    other = enqueue(subject="OTHER")
    dispatch.dispatch_due(NOON)
    receipts.take(other.pk, "SMsecond", "sent", source="callback", now=NOON)
    other.refresh_from_db()
    message = doubtful()
    taken = [Found(other.provider_sid, "sent"), Found("SMsecond", "sent")]
    listing.answers = [taken, [*taken, Found("SMmine", "sent")]]
    minutes(1)
    assert outcome(message) == State.UNKNOWN
    minutes(4)
    assert message.provider_sid is None
    assert (outcome(message), message.provider_sid) == (State.ACCEPTED, "SMmine")


def test_two_workers_look_once(doubtful, monkeypatch):
    message = doubtful()
    looks = []

    def find(text):
        looks.append(text.pk)
        if len(looks) == 1:
            minutes(1)  # the other worker, while we wait for the listing
        return []

    monkeypatch.setattr(gateways, "find", find)
    minutes(1)
    assert looks == [message.pk]


def test_a_callback_during_the_last_look_wins(doubtful, monkeypatch, provider):
    message = doubtful()
    monkeypatch.setattr(gateways, "find", lambda text: [])
    minutes(1, 4)

    def find(text):
        receipts.take(text.pk, "SM1", "delivered", source="callback", now=NOON)
        return []

    monkeypatch.setattr(gateways, "find", find)
    minutes(10)
    assert (outcome(message), len(provider.calls)) == ("delivered", 1)


def test_a_look_whose_worker_died_is_made_again(doubtful, monkeypatch, listing):
    message = doubtful()

    def die(text):
        raise SystemExit

    monkeypatch.setattr(gateways, "find", die)
    with pytest.raises(SystemExit):
        minutes(1)
    listing.answers = [[Found("SM1", "sent")]]
    monkeypatch.setattr(gateways, "find", listing.find)
    minutes(2)
    assert outcome(message) == State.UNKNOWN
    minutes(3)
    assert outcome(message) == State.ACCEPTED


def test_a_clock_that_jumps_back_does_not_hide_a_doubtful_text(doubtful, listing):
    message = doubtful()
    listing.answers = [[Found("SM1", "sent")]]
    minutes(-60)
    assert outcome(message) == State.ACCEPTED


def test_what_reconcile_did_is_in_the_texts_history(doubtful, listing):
    message = doubtful()
    minutes(1, 4, 10)
    event = Event.objects.filter(message=message).last()
    assert (event.source, event.detail) == ("reconcile", "not found in three looks")
    assert Message.objects.get().claim is None
