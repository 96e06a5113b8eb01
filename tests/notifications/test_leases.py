"""Who lost a lease moves no text that another dispatcher has by now."""

from datetime import timedelta
from uuid import uuid4

import pytest

from notifications import dispatch
from notifications.gateways.outcomes import Doubtful, Misconfigured, NotSent, ProviderRefused
from notifications.models import Message, State
from tests.notifications.conftest import NOON

pytestmark = pytest.mark.django_db
LATER = NOON + dispatch.LEASE


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (None, {"wire_at": LATER, "lease_until": LATER + dispatch.LEASE}),
        (None, {"lease_until": LATER + dispatch.LEASE}),
        (None, {"wire_at": LATER}),
        (NOON, {"wire_at": None, "lease_until": LATER + dispatch.LEASE}),
        (NOON, {"lease_until": LATER + dispatch.LEASE}),
        (NOON, {"wire_at": None}),
    ],
)
def test_what_another_dispatcher_does_while_we_look_at_its_lease_stands(
    enqueue, monkeypatch, was, becomes
):
    message = enqueue()
    dispatch.claim(NOON, 1)
    Message.objects.update(wire_at=was)
    move = dispatch.transition

    def after_the_other(*args, **kwargs):
        Message.objects.update(**becomes)
        return move(*args, **kwargs)

    monkeypatch.setattr(dispatch, "transition", after_the_other)

    dispatch.run_scheduled_steps(LATER)

    message.refresh_from_db()
    assert message.state == State.SENDING


@pytest.mark.parametrize(
    "fault",
    [
        NotSent("429"),
        Misconfigured("no key"),
        ProviderRefused(21211),
        Doubtful("call broke off"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_dispatcher_that_comes_back_late_moves_nothing_that_another_has(
    enqueue, monkeypatch, fault
):
    message = enqueue()
    other = uuid4()

    def slow(text):
        Message.objects.update(claim=other, lease_until=LATER + timedelta(minutes=5))
        raise fault

    monkeypatch.setattr(dispatch.gateways, "send", slow)

    assert dispatch.dispatch_due(NOON) == 0

    message.refresh_from_db()
    assert (message.state, message.claim, message.error) == (State.SENDING, other, "")
