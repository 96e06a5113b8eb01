"""The control: a sender as it is often written, which sends again whatever it is not sure of.

Same rows, same gateway, same harness. If it texts nobody twice, the harness is blind.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db.models import Q

from notifications import gateways
from notifications.gateways.outcomes import ProviderRefused
from notifications.models import Message, State

LEASE, WAIT = timedelta(seconds=60), timedelta(seconds=30)


def pump(now: datetime) -> None:
    """Send what is ready, and again what a dead worker left behind."""
    Message.objects.filter(state=State.SENDING, lease_until__lte=now).update(state=State.READY)
    while mine := _claim(now):
        _send(mine, now)


def _claim(now: datetime) -> Message | None:
    claim = uuid4()
    due = Q(state=State.READY, due_at__lte=now)
    for message_id in Message.objects.filter(due).values_list("pk", flat=True)[:20]:
        if Message.objects.filter(due, pk=message_id).update(
            state=State.SENDING, claim=claim, lease_until=now + LEASE, wire_at=now
        ):
            return Message.objects.get(pk=message_id)
    return None


def _send(message: Message, now: datetime) -> None:
    row = Message.objects.filter(pk=message.pk, claim=message.claim)
    try:
        sent = gateways.send(message)
    except ProviderRefused:
        row.update(state=State.FAILED)
    except Exception:
        row.update(state=State.READY, due_at=now + WAIT)
    else:
        row.update(state=State.ACCEPTED, provider_sid=sent.sid, accepted_at=now)
