"""What each step of sending writes down: states, times, leases and events, exactly."""

import logging
from datetime import timedelta

import pytest
from django.db import DatabaseError

from notifications import dead_numbers, dispatch, opt_outs
from notifications import provider as press
from notifications.gateways.outcomes import Doubtful, Misconfigured, NotSent, ProviderRefused
from notifications.models import Event, Message, OptOut, Provider, State
from tests.notifications.conftest import NOON, NUMBER

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _no_chance_and_no_time(monkeypatch):
    """The call takes no time, and a wait gets nothing added."""
    monkeypatch.setattr(dispatch.time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(dispatch.random, "random", lambda: 0.0)


def last_event(message):
    event = Event.objects.filter(message=message).order_by("pk").last()
    return (event.from_state, event.to_state, event.source, event.detail, event.at)


def row(message, *names):
    return Message.objects.values_list(*names).get(pk=message.pk)


TIED = ("state", "claim", "lease_until", "wire_at", "error", "attempts", "due_at", "updated_at")


@pytest.mark.parametrize(
    ("spoil", "state", "detail"),
    [
        ({"not_after": NOON + MINUTE}, "expired", "too late"),
        ({"version": 1}, "cancelled", "superseded"),
        ({}, "suppressed", "opted out"),
    ],
)
def test_a_tick_says_why_a_text_will_not_go(enqueue, spoil, state, detail):
    message = enqueue(kind="reminder_2_days", due_at=NOON + MINUTE, **spoil)
    if state == "cancelled":
        enqueue(kind="changed", version=2)
    if state == "suppressed":
        OptOut.objects.create(number_hash=opt_outs.hash_of(NUMBER), source="reply", at=NOON)

    dispatch.run_scheduled_steps(NOON + MINUTE)

    assert last_event(message) == ("scheduled", state, "tick", detail, NOON + MINUTE)


@pytest.mark.parametrize(
    ("code", "reason"), [(30005, "not_in_use"), (30006, "not_a_mobile")], ids=["dead", "landline"]
)
def test_a_tick_says_why_no_text_gets_to_a_number(enqueue, calls_for_a_person, code, reason):
    message = enqueue(due_at=NOON + MINUTE)
    dead_numbers.mark(opt_outs.hash_of(NUMBER), code, now=NOON)

    dispatch.run_scheduled_steps(NOON + MINUTE)

    assert row(message, "state") == ("suppressed",)
    assert last_event(message)[1:] == ("suppressed", "tick", "dead number", NOON + MINUTE)
    assert [notice.reason for notice in calls_for_a_person] == [reason]


def test_a_text_that_came_too_late_is_told_as_that_whatever_is_known_of_the_number(
    enqueue, calls_for_a_person
):
    enqueue(due_at=NOON + MINUTE, not_after=NOON + MINUTE)
    dead_numbers.mark(opt_outs.hash_of(NUMBER), 30005, now=NOON)

    dispatch.run_scheduled_steps(NOON + MINUTE)

    assert [notice.reason for notice in calls_for_a_person] == ["too_late"]


def test_a_tick_without_its_database_says_so(enqueue, monkeypatch):
    def away(*args, **kwargs):
        raise DatabaseError

    enqueue(not_after=NOON + MINUTE)
    monkeypatch.setattr(dispatch, "transition", away)

    with pytest.raises(DatabaseError):
        dispatch.run_scheduled_steps(NOON + MINUTE)


@pytest.mark.parametrize("why", ["superseded", "opted out", "dead number"])
def test_what_must_not_be_told_any_more_is_not_even_claimed(enqueue, why):
    enqueue()
    make_untold(why, enqueue)

    assert "confirmation" not in [message.kind for message in dispatch.claim(NOON, 5)]


def make_untold(why, enqueue):
    if why == "superseded":
        enqueue(kind="changed", version=2)
    elif why == "dead number":
        dead_numbers.mark(opt_outs.hash_of(NUMBER), 30005, now=NOON)
    else:
        OptOut.objects.create(number_hash=opt_outs.hash_of(NUMBER), source="reply", at=NOON)


def test_a_tick_makes_all_due_texts_ready_however_many(enqueue, monkeypatch):
    monkeypatch.setattr(dispatch, "READY_AT_ONCE", 2)
    due = [
        enqueue(subject=f"R{number}", kind="reminder_2_days", due_at=NOON + MINUTE)
        for number in range(4)
    ]

    dispatch.run_scheduled_steps(NOON + MINUTE)

    for message in due:
        assert row(message, "state", "updated_at") == ("ready", NOON + MINUTE)
        assert last_event(message) == ("scheduled", "ready", "tick", "", NOON + MINUTE)


def test_the_earliest_due_are_made_ready_first(enqueue, monkeypatch):
    monkeypatch.setattr(dispatch, "READY_AT_ONCE", 1)
    late = enqueue(subject="L", kind="reminder_2_days", due_at=NOON + 2 * MINUTE)
    early = enqueue(subject="E", kind="reminder_2_days", due_at=NOON + MINUTE)

    assert dispatch._make_ready(NOON + 2 * MINUTE) == 1

    assert (row(late, "state"), row(early, "state")) == (("scheduled",), ("ready",))


def test_a_claim_leases_and_notes_the_most_urgent(enqueue):
    reminder = enqueue(subject="C", kind="reminder_2_days", due_at=NOON - MINUTE)
    later = enqueue(subject="B", due_at=NOON - SECOND)
    sooner = enqueue(subject="A", due_at=NOON - MINUTE)

    at = NOON + SECOND
    taken = dispatch.claim(at, 2)

    assert [message.pk for message in taken] == [sooner.pk, later.pk]
    assert taken[0].claim == taken[1].claim is not None
    for message in taken:
        assert message.state == State.SENDING
        assert (message.lease_until, message.updated_at) == (at + dispatch.LEASE, at)
        assert last_event(message) == ("ready", "sending", "dispatch", "", at)
    assert row(reminder, "state", "claim") == ("ready", None)
    assert dispatch.claim(NOON, 0) == []


def test_of_more_than_may_go_the_most_urgent_goes_first_however_long_others_wait(enqueue, provider):
    reminder = enqueue(subject="A", kind="reminder_2_days", due_at=NOON - MINUTE)
    news = enqueue(subject="B")
    Message.objects.filter(pk=reminder.pk).update(updated_at=NOON - MINUTE)

    assert dispatch.dispatch_due(NOON, limit=1) == 1

    assert row(reminder, "state") == ("ready",)
    assert row(news, "state") == ("accepted",)


def test_at_most_a_batch_goes_at_once_and_what_was_accepted_is_counted(enqueue, provider, settings):
    settings.SMS_PER_SECOND = 30
    for number in range(22):
        enqueue(subject=f"R{number}")

    assert dispatch.dispatch_due(NOON) == 20
    assert dispatch.dispatch_due(NOON, limit=1) == 1
    provider.script = [ProviderRefused(21211)]
    assert dispatch.dispatch_due(NOON, limit=5) == 0


def test_without_a_text_to_send_no_token_is_asked_for(enqueue, monkeypatch):
    monkeypatch.setattr(press, "take_tokens", lambda *_: pytest.fail("asked"))

    assert dispatch.dispatch_due(NOON) == 0


def test_throttled_is_only_who_has_a_text_and_no_token(enqueue, provider, settings):
    settings.SMS_PER_SECOND = 1
    assert not dispatch.is_throttled(NOON)
    enqueue(subject="A"), enqueue(subject="B")
    assert not dispatch.is_throttled(NOON)

    assert dispatch.dispatch_due(NOON) == 1

    assert dispatch.is_throttled(NOON)
    assert not dispatch.is_throttled(NOON + SECOND)
    assert dispatch.dispatch_due(NOON + SECOND) == 1
    assert not dispatch.is_throttled(NOON + SECOND)


@pytest.mark.parametrize(
    ("changes", "goes"),
    [
        ({"due_at": NOON}, True),
        ({"due_at": NOON + SECOND}, False),
        ({"not_after": NOON}, False),
        ({"not_after": NOON + SECOND}, True),
        ({"state": "scheduled"}, False),
    ],
)
def test_what_may_go_now(enqueue, provider, changes, goes):
    message = enqueue(due_at=NOON - MINUTE)
    Message.objects.filter(pk=message.pk).update(**changes)

    assert dispatch.dispatch_due(NOON) == goes


@pytest.mark.parametrize(("chance", "share"), [(0.0, 1.0), (1.0, 1.25)])
def test_a_wait_gets_up_to_a_quarter_added(monkeypatch, chance, share):
    monkeypatch.setattr(dispatch.random, "random", lambda: chance)

    for attempts, seconds in ((1, 5), (2, 10), (8, 640), (9, 900), (10_000, 900)):
        assert dispatch.backoff(attempts) == timedelta(seconds=seconds * share)


def test_what_was_not_sent_is_put_back(enqueue, provider):
    provider.script = [NotSent("x" * 70)]
    message = enqueue()

    dispatch.dispatch_due(NOON)

    due_at = NOON + 5 * SECOND
    assert row(message, *TIED) == ("ready", None, None, None, "x" * 60, 1, due_at, NOON)
    assert last_event(message) == ("sending", "ready", "dispatch", "x" * 60, NOON)


@pytest.mark.parametrize(
    ("asked", "waits"), [(4, 5), (6, 6), (15 * 60, 15 * 60), (15 * 60 + 1, 15 * 60)]
)
def test_the_wait_is_what_is_asked_for_within_bounds(enqueue, provider, asked, waits):
    provider.script = [NotSent("429", retry_after=asked)]
    message = enqueue()

    dispatch.dispatch_due(NOON)

    assert row(message, "due_at") == (NOON + waits * SECOND,)


def test_the_eighth_try_is_the_last_but_for_the_providers_own_faults(enqueue, provider):
    ours, theirs = enqueue(subject="A"), enqueue(subject="B")
    Message.objects.update(attempts=7)
    provider.script = [NotSent("400"), NotSent("429", providers_own=True)]

    dispatch.dispatch_due(NOON)

    failed = ("failed", "not sent in 8 attempts", None)
    found = {one.pk: row(one, "state", "error", "lease_until") for one in (ours, theirs)}
    assert sorted(found.values()) == sorted([failed, ("ready", "429", None)])
    (one,) = [message for message in (ours, theirs) if found[message.pk] == failed]
    why = "not sent in 8 attempts"
    assert last_event(one) == ("sending", "failed", "dispatch", why, NOON)


def test_a_wrong_setting_puts_all_back_and_counts_nothing(enqueue, provider, caplog):
    provider.script = [Misconfigured("no key")]
    first, second = enqueue(due_at=NOON - MINUTE), enqueue(subject="B")

    dispatch.dispatch_due(NOON)

    put_off = NOON + press.BREAK
    assert row(first, *TIED) == ("ready", None, None, None, "misconfigured", 0, put_off, NOON)
    assert last_event(first) == ("sending", "ready", "dispatch", "misconfigured", NOON)
    assert row(second, *TIED) == ("ready", None, None, None, "released", 0, NOON, NOON)
    assert last_event(second) == ("sending", "ready", "dispatch", "released", NOON)
    stopped = Provider.objects.get()
    assert (stopped.stopped_until, stopped.stopped_why) == (put_off, "no key")
    assert "no text is sent for a minute: no key" in caplog.text


def test_the_fifth_fault_of_the_provider_says_why_all_stop(enqueue, provider, caplog):
    provider.script = [NotSent("too many", providers_own=True)] * 5
    for number in range(6):
        enqueue(subject=f"R{number}")

    dispatch.dispatch_due(NOON)

    assert len(provider.calls) == 5
    assert Provider.objects.get().stopped_why == "too many"
    assert "no text is sent for a minute: too many faults, the last: too many" in caplog.text
    assert set(Message.objects.values_list("error", flat=True)) == {"too many", "released"}


def test_a_doubtful_call_is_looked_for_in_a_minute(enqueue, provider, caplog):
    provider.script = [Doubtful("y" * 70)]
    message = enqueue()
    Message.objects.update(looks=3)  # it was in doubt before, and then sent again

    dispatch.dispatch_due(NOON)

    found = row(message, "state", "error", "look_at", "looks", "lease_until", "wire_at")
    assert found == ("unknown", "y" * 60, NOON + MINUTE, 0, None, NOON)
    assert last_event(message) == ("sending", "unknown", "dispatch", "y" * 60, NOON)
    assert f"text {message.pk} may or may not be sent: {'y' * 70}" in caplog.text


@pytest.mark.parametrize(("code", "out"), [(opt_outs.BLOCKED, True), (21211, False)])
def test_who_told_the_provider_stop_has_opted_out(enqueue, provider, code, out):
    provider.script = [ProviderRefused(code)]
    message = enqueue()

    dispatch.dispatch_due(NOON)

    assert row(message, "state", "error", "lease_until") == ("failed", f"refused {code}", None)
    assert last_event(message)[2:4] == ("dispatch", f"refused {code}")
    known = OptOut.objects.values_list("number_hash", "source", "at")
    assert list(known) == ([(opt_outs.hash_of(NUMBER), "provider", NOON)] if out else [])


def test_an_accepted_text_says_so(enqueue, provider):
    message = enqueue()

    assert dispatch.dispatch_due(NOON) == 1

    found = row(message, "state", "lease_until", "wire_at", "error", "attempts")
    assert found == ("accepted", None, NOON, "", 1)
    assert last_event(message) == ("sending", "accepted", "dispatch", "", NOON)


def test_the_call_is_marked_on_the_row_and_on_the_text(enqueue, provider):
    enqueue()
    (claimed,) = dispatch.claim(NOON, 1)
    at = NOON + SECOND

    assert dispatch._begin_send(claimed, at)
    assert not dispatch._begin_send(claimed, at)

    assert claimed.wire_at == at
    found = row(claimed, "wire_at", "lease_until", "attempts", "updated_at")
    assert found == (at, at + dispatch.LEASE, 1, at)


@pytest.mark.parametrize(
    ("spoil", "at"),
    [
        ({"state": "ready"}, NOON),
        ({"claim": None}, NOON),
        ({"wire_at": NOON}, NOON),
        ({"not_after": NOON}, NOON),
        ({"kind": "reminder_2_days"}, NOON + timedelta(hours=10)),
    ],
    ids=["state", "claim", "wire", "too late", "night"],
)
def test_what_changed_since_the_claim_is_not_sent(enqueue, provider, spoil, at):
    enqueue()
    (claimed,) = dispatch.claim(NOON, 1)
    Message.objects.update(**spoil)

    assert not dispatch._send(claimed, lambda: at)
    assert provider.calls == []


@pytest.mark.parametrize("why", ["superseded", "opted out", "dead number"])
def test_who_must_not_be_told_any_more_is_not(enqueue, provider, why):
    enqueue()
    (claimed,) = dispatch.claim(NOON, 1)
    make_untold(why, enqueue)

    assert not dispatch._send(claimed, lambda: NOON)
    assert provider.calls == []


@pytest.mark.parametrize(
    ("lease", "ends"),
    [
        (NOON, True),
        (NOON + SECOND, False),
        (NOON + 2 * dispatch.LEASE, False),
        (NOON + 2 * dispatch.LEASE + SECOND, True),
    ],
)
@pytest.mark.parametrize("on_the_wire", [True, False])
def test_a_dead_lease_is_ended(enqueue, provider, caplog, lease, ends, on_the_wire):
    message = enqueue(due_at=NOON - MINUTE)
    (claimed,) = dispatch.claim(NOON, 1)
    wire_at = NOON if on_the_wire else None
    Message.objects.update(lease_until=lease, wire_at=wire_at, looks=3)

    with caplog.at_level(logging.ERROR):
        dispatch.run_scheduled_steps(NOON)

    if not ends:
        assert row(message, "state", "claim") == ("sending", claimed.claim)
    elif on_the_wire:
        found = row(message, "state", "error", "look_at", "looks")
        assert found == ("unknown", "lease ran out while sending", NOON + MINUTE, 0)
        why = "lease ran out while sending"
        assert last_event(message) == ("sending", "unknown", "tick", why, NOON)
        assert f"text {message.pk} may or may not be sent: lease ran out" in caplog.text
    else:
        assert row(message, "state", "claim", "lease_until") == ("ready", None, None)
        why = "lease ran out before sending"
        assert last_event(message) == ("sending", "ready", "tick", why, NOON)
    assert bool(caplog.records) is (ends and on_the_wire)
