"""What the provider says became of a text, in whatever order it says it."""

from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import dispatch, gateways, opt_outs, receipts
from notifications.gateways.outcomes import Found, Misconfigured, NoAnswer, ProviderRefused, Sent
from notifications.models import Event, Message, OptOut, State
from tests.notifications.conftest import NOON, NUMBER

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MOMENT = timedelta(seconds=20)
"""What the call itself may take."""
STATUSES = sorted(receipts.STATES)


def take(message, status, sid="SM1", **more):
    return receipts.take(message.pk, sid, status, source="callback", now=NOON, **more)


def sent(enqueue, provider, **changes):
    message = enqueue(**changes)
    dispatch.dispatch_due(NOON)
    return message


def outcome(message):
    message.refresh_from_db()
    return message.state


@pytest.mark.parametrize(
    ("statuses", "ends"),
    [
        (("queued", "sent", "delivered"), "delivered"),
        (("sent", "undelivered", "queued"), "undelivered"),
        (("sent", "failed", "accepted"), "failed"),
        (("undelivered", "delivered", "sent"), "delivered"),
        (("sent", "read", "delivered", "undelivered"), "delivered"),
    ],
)
def test_every_order_of_callbacks_ends_in_the_same_state(enqueue, statuses, ends):
    for number, order in enumerate(permutations(statuses)):
        message = enqueue(subject=f"REF{number}")
        for status in order:
            take(message, status, sid=f"SM{number}")
        assert outcome(message) == ends


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    callbacks=st.lists(
        st.tuples(st.sampled_from([*STATUSES, "teleported"]), st.sampled_from("AB")), max_size=8
    ),
    start=st.sampled_from([State.SENDING, State.ACCEPTED, State.UNKNOWN]),
    data=st.data(),
)
def test_doubled_and_shuffled_callbacks_of_two_sends_end_in_the_same_state(
    enqueue, callbacks, start, data
):
    ends = set()
    for _ in range(2):
        with transaction.atomic():
            message = enqueue(subject=uuid4().hex[:8])
            Message.objects.filter(pk=message.pk).update(state=start)
            tale = data.draw(st.permutations(callbacks + callbacks[:2]))
            for status, sid in tale:
                take(message, status, sid=f"{message.pk.hex}{sid}")
            ends.add(outcome(message))
            told = Event.objects.filter(message=message, source="callback").count()
            assert told == len(set(callbacks))
            transaction.set_rollback(True)
    assert len(ends) == 1


def test_a_callback_before_the_answer_to_the_call_proves_acceptance(enqueue, monkeypatch):
    def send(message):
        take(message, "delivered", sid="SMx")
        return Sent(sid="SMx")

    monkeypatch.setattr(gateways, "send", send)
    message = enqueue()
    dispatch.dispatch_due(NOON)
    assert outcome(message) == "delivered"
    assert message.provider_sid == "SMx"


def test_a_callback_settles_an_unknown_text_and_stops_a_second_sending(enqueue, provider):
    first, second = enqueue(subject="A"), enqueue(subject="B")
    Message.objects.filter(pk=first.pk).update(state=State.UNKNOWN)
    Message.objects.filter(pk=second.pk).update(possible_duplicate=True)  # about to go again
    for message in (first, second):
        take(message, "sent", sid=f"SM{message.subject}")
        assert outcome(message) == "accepted"
    assert dispatch.dispatch_due(NOON) == 0
    assert provider.calls == []


def test_a_replayed_callback_is_taken_once(enqueue):
    message = enqueue()
    assert take(message, "sent")
    assert not take(message, "sent")
    assert message.events.filter(status="sent").count() == 1


def test_an_unknown_status_is_kept_and_moves_nothing(enqueue, caplog):
    message = enqueue()
    take(message, "teleported")
    assert outcome(message) == State.READY
    assert message.events.filter(status="teleported").count() == 1
    assert "status that we do not know" in caplog.text


def test_a_text_that_is_not_ours_is_not_found():
    with pytest.raises(Message.DoesNotExist):
        receipts.take(uuid4(), "SM1", "sent", source="callback", now=NOON)


def test_the_providers_reason_is_kept_and_a_blocked_number_is_an_opt_out(enqueue):
    message = enqueue()
    take(message, "failed", error_code="21610")
    assert outcome(message) == "failed"
    assert message.error == "provider's code 21610"
    assert opt_outs.has_opted_out(message.to_hash)


def test_an_undelivered_text_calls_for_a_person_once_and_a_superseded_one_does_not(
    enqueue, provider, calls_for_a_person
):
    message = sent(enqueue, provider)
    take(message, "undelivered", error_code="30003")
    take(message, "failed")
    old = sent(enqueue, provider, subject="OLD")
    enqueue(subject="OLD", version=2, kind="changed")
    take(old, "undelivered", sid="SM2")
    assert [(n.reason, n.subject) for n in calls_for_a_person] == [("out_of_reach", "7KQ49CRB")]


def test_an_offer_that_is_not_delivered_calls_for_nobody(enqueue, provider, calls_for_a_person):
    take(sent(enqueue, provider, kind="offer"), "undelivered")
    assert calls_for_a_person == []


def test_after_four_hours_without_a_receipt_we_ask(enqueue, provider, monkeypatch):
    message = sent(enqueue, provider)
    asked = []

    def status_of(sid):
        asked.append(sid)
        return Found(sid, "undelivered", 30005)

    monkeypatch.setattr(gateways, "status_of", status_of)
    assert receipts.poll(NOON + HOUR + MOMENT) == 0
    assert receipts.poll(NOON + 4 * HOUR + MOMENT) == 1
    assert receipts.poll(NOON + 9 * HOUR + MOMENT) == 0
    assert (outcome(message), message.error) == ("undelivered", "provider's code 30005")
    assert asked == [message.provider_sid]


def test_a_text_still_on_its_way_is_asked_about_again_but_not_for_ever(
    enqueue, provider, monkeypatch
):
    message = sent(enqueue, provider)
    asked = []
    monkeypatch.setattr(gateways, "status_of", lambda sid: asked.append(sid) or Found(sid, "sent"))
    for hours in range(0, 200, 2):
        receipts.poll(NOON + hours * HOUR + MOMENT)
    assert len(asked) == 72 / 4
    assert outcome(message) == "accepted"


@pytest.mark.parametrize("fault", [NoAnswer("listing failed"), Misconfigured("401")])
def test_a_question_that_is_not_answered_is_asked_again(enqueue, provider, monkeypatch, fault):
    message = sent(enqueue, provider)

    def fail(sid):
        raise fault

    monkeypatch.setattr(gateways, "status_of", fail)
    assert receipts.poll(NOON + 4 * HOUR + MOMENT) == 0
    monkeypatch.setattr(gateways, "status_of", lambda sid: Found(sid, "delivered"))
    assert receipts.poll(NOON + 8 * HOUR + MOMENT) == 1
    assert outcome(message) == "delivered"


def test_what_the_gateway_refuses_as_blocked_is_an_opt_out(enqueue, provider):
    provider.script = [ProviderRefused(21610)]
    message = sent(enqueue, provider)
    assert outcome(message) == "failed"
    assert OptOut.objects.get().source == "provider"
    assert opt_outs.has_opted_out(opt_outs.hash_of(NUMBER))
