"""What follows from each kind of refusal, by receipt and by answer, in every order."""

from datetime import timedelta

import pytest

from notifications import by_hand, dead_numbers, dispatch, opt_outs, receipts, refusals
from notifications import provider as press
from notifications.attention import reached
from notifications.gateways import codes
from notifications.gateways.outcomes import ProviderRefused
from notifications.models import DeadNumber, Message, State
from tests.notifications.conftest import NOON, NUMBER

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HASH = opt_outs.hash_of(NUMBER)


@pytest.fixture(autouse=True)
def _no_time(monkeypatch):
    monkeypatch.setattr(dispatch.time, "monotonic", lambda: 0.0)


@pytest.fixture
def closed():
    """Collect the subjects of which booking is told that a text about them arrived."""
    subjects = []

    def hear(sender, subject, **kwargs):
        subjects.append(subject)

    reached.connect(hear)
    yield subjects
    reached.disconnect(hear)


def sent(enqueue, at=NOON, **changes):
    message = enqueue(**changes)
    dispatch.dispatch_due(at)
    message.refresh_from_db()
    return message


def told(message, status, code="", at=NOON + MINUTE, source="callback"):
    sid = message.provider_sid or f"sid-of-{message.pk.hex}"
    receipts.take(message.pk, sid, status, source=source, now=at, error_code=str(code or ""))
    message.refresh_from_db()


def tries():
    return Message.objects.filter(dedupe_key__contains=":try:").order_by("created_at")


def run(at):
    dispatch.run_scheduled_steps(at)
    dispatch.dispatch_due(at)


@pytest.mark.parametrize("by_receipt", [True, False])
@pytest.mark.parametrize("code", sorted(codes.NUMBER_FOR_EVER))
def test_a_dead_number_is_marked_and_not_tried_again(
    enqueue, provider, calls_for_a_person, code, by_receipt
):
    if not by_receipt:
        provider.script = [ProviderRefused(code)]
    message = sent(enqueue)
    if by_receipt:
        told(message, "undelivered", code)
    why = "not_a_mobile" if code in codes.LANDLINES else "not_in_use"

    enqueue(subject="NEXT")
    enqueue(subject="OTHER", to="+447700900999")
    dispatch.dispatch_due(NOON + MINUTE)

    assert DeadNumber.objects.get().code == code
    assert [one.reason for one in calls_for_a_person] == [why, why]
    assert not tries().exists()
    assert dict(Message.objects.values_list("subject", "state"))["NEXT"] == State.SUPPRESSED
    assert [one.subject for one in provider.calls] == ["7KQ49CRB", "OTHER"]
    by_hand.resend(
        message.pk, reason=by_hand.Reason.NOT_COME, actor="staff 1", seen_retries=0, now=NOON
    )
    assert dead_numbers.why_dead(HASH) is None  # a person says that it is right


def test_what_waits_for_a_dead_number_is_held_back_and_says_why(
    enqueue, provider, calls_for_a_person
):
    enqueue(kind="reminder_2_days", due_at=NOON + HOUR)
    told(sent(enqueue, subject="A"), "undelivered", 30005)
    run(NOON + HOUR)
    assert [one.reason for one in calls_for_a_person] == ["not_in_use", "not_in_use"]
    assert len(provider.calls) == 1


@pytest.mark.parametrize("by_receipt", [True, False])
@pytest.mark.parametrize("code", [*sorted(codes.NUMBER_FOR_NOW), 30001, 30022])
def test_a_fault_of_the_moment_is_tried_again_three_times(
    enqueue, provider, calls_for_a_person, code, by_receipt
):
    if code in codes.BUSY and not by_receipt:
        pytest.skip("a busy gateway took nothing: the same text waits")
    at, text = NOON, enqueue(not_after=NOON + 72 * HOUR)
    for number in range(4):
        if not by_receipt:
            provider.script = [ProviderRefused(code)]
        run(at)
        text.refresh_from_db()
        if by_receipt:
            told(text, "undelivered", code, at)
        assert text.state == (State.UNDELIVERED if by_receipt else State.FAILED)
        assert tries().count() == min(3, number + 1)
        text = tries().last()
        at = max(at, text.due_at)
    assert [one.due_at - NOON for one in tries()] == [
        timedelta(minutes=30), timedelta(hours=2, minutes=30), timedelta(hours=20),
    ]  # fmt: skip
    assert {one.body for one in tries()} == {tries()[0].body} != {""}
    assert {one.reason for one in calls_for_a_person} == {"out_of_reach"}
    assert not DeadNumber.objects.exists()


@pytest.mark.parametrize("code", sorted(codes.CONTENT))
def test_what_is_not_carried_fails_that_text_alone(enqueue, provider, calls_for_a_person, code):
    told(sent(enqueue), "failed", code)
    assert [one.reason for one in calls_for_a_person] == ["not_carried"]
    assert not tries().exists()
    assert not DeadNumber.objects.exists()
    assert press.at_fault() is None


@pytest.mark.parametrize("code", sorted(codes.SENDER))
def test_a_receipt_that_blames_us_stops_all_and_the_text_goes_after_the_repair(
    enqueue, provider, calls_for_a_person, closed, code
):
    message = sent(enqueue)
    told(message, "failed", code)
    assert str(code) in press.at_fault().fault
    enqueue(subject="NEXT")
    assert dispatch.dispatch_due(NOON + MINUTE + timedelta(seconds=1)) == 0
    assert calls_for_a_person == []

    run(NOON + 3 * MINUTE)  # the provider takes it: that proves nothing
    assert press.at_fault()
    first = Message.objects.filter(state=State.ACCEPTED).get()
    told(first, "delivered", at=NOON + 3 * MINUTE)
    assert press.at_fault() is None
    run(NOON + 4 * MINUTE)
    assert Message.objects.filter(state__in=("accepted", "delivered")).count() == 2
    assert calls_for_a_person == []


def test_a_receipt_that_is_told_by_two_ways_writes_one_try(enqueue, provider):
    message = sent(enqueue)
    for source in ("callback", "poll", "reconcile"):
        told(message, "undelivered", 30003, source=source)
    told(message, "failed", 30008)
    assert tries().count() == 1


@pytest.mark.parametrize(
    "spoil",
    [{"kind": "offer"}, {"kind": "answer", "wording": "answer_yes"},
     {"not_after": NOON + 20 * MINUTE},
     {"kind": "reminder_2_days", "not_after": NOON + 20 * MINUTE}],
)  # fmt: skip
def test_what_is_of_no_use_later_is_not_tried_again(enqueue, provider, spoil):
    told(sent(enqueue, **spoil), "undelivered", 30003)
    assert not tries().exists()


def test_what_a_newer_text_replaced_is_not_tried_again(enqueue, provider):
    message = sent(enqueue)
    enqueue(version=2, kind="changed")
    told(message, "undelivered", 30003)
    assert not tries().exists()


def test_a_try_waits_for_its_hours(enqueue, provider):
    evening = NOON + timedelta(hours=7, minutes=50)
    message = sent(enqueue, evening, kind="invitation", due_at=evening, now=evening)
    told(message, "undelivered", 30003, evening)
    assert tries().get().due_at == NOON + timedelta(hours=20)


def test_undelivered_then_delivered_calls_off_the_try_and_the_phone_call(enqueue, provider, closed):
    message = sent(enqueue)
    told(message, "undelivered", 30003)
    told(message, "delivered")
    assert message.state == State.DELIVERED
    assert tries().get().state == State.CANCELLED
    assert closed == ["7KQ49CRB"]


def test_a_try_that_arrives_calls_off_the_phone_call(enqueue, provider, closed):
    told(sent(enqueue), "undelivered", 30003)
    run(NOON + HOUR)
    told(tries().get(), "delivered", at=NOON + HOUR)
    assert closed == ["7KQ49CRB"]


def test_an_old_text_that_arrives_late_closes_nothing(enqueue, provider, closed):
    old = sent(enqueue)
    told(sent(enqueue, version=2, kind="changed"), "undelivered", 30007)
    told(old, "delivered")
    assert closed == []


def test_a_text_that_arrives_says_nothing_of_a_later_one_that_did_not(enqueue, provider, closed):
    first = sent(enqueue)
    later = NOON + HOUR
    told(sent(enqueue, later, kind="details", now=later, due_at=later), "undelivered", 30007, later)
    reminder = sent(enqueue, later, kind="reminder_2_days", now=later, due_at=later)
    told(reminder, "undelivered", 30007, later)
    told(first, "delivered", at=later)
    assert closed == []
    told(reminder, "delivered", at=later)
    assert closed == ["7KQ49CRB"]


def test_who_opted_out_is_phoned_though_a_text_arrives(enqueue, provider, closed):
    message = sent(enqueue)
    opt_outs.opt_out(HASH, source="reply", now=NOON)
    told(message, "delivered")
    assert closed == []


def test_an_answer_that_arrives_is_no_news(enqueue, provider, closed):
    told(sent(enqueue, kind="answer", wording="answer_yes"), "delivered")
    assert closed == []


def test_a_dead_number_that_a_text_reaches_lives(enqueue, provider):
    message = sent(enqueue)
    told(message, "undelivered", 30005)
    told(message, "delivered")
    assert dead_numbers.why_dead(HASH) is None
    assert not dead_numbers.clear(HASH, now=NOON)
    assert dead_numbers.mark(HASH, 30005, now=NOON)
    assert not dead_numbers.mark(HASH, 30006, now=NOON)
    assert not dead_numbers.mark("", 30006, now=NOON)


def test_sent_again_by_hand_takes_the_place_of_the_try_that_waits(enqueue, provider):
    message = sent(enqueue)
    told(message, "undelivered", 30003)
    by_hand.resend(
        message.pk, reason=by_hand.Reason.NOT_DELIVERED, actor="staff 1", seen_retries=0, now=NOON
    )
    assert tries().get().state == State.CANCELLED


def test_there_are_three_tries_more():
    assert refusals.WAITS == (30 * MINUTE, 2 * HOUR, 6 * HOUR)
