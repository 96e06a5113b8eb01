"""What the provider says became of a text: by callback, or because we asked.

Callbacks come doubled, late, shuffled, and before the answer to the call that they are about.
So a status never moves a text back: the state is the highest of all statuses seen, and every
order of the same callbacks ends in the same state.
"""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from notifications import dead_numbers, gateways, opt_outs, provider, refusals
from notifications.gateways.outcomes import Misconfigured, NoAnswer
from notifications.models import NOT_TOLD, Event, Message, State
from notifications.moves import Cause, tell_reached, transition

logger = logging.getLogger(__name__)

STATES = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "sent": State.ACCEPTED,
    "partially_delivered": State.ACCEPTED,
    "canceled": State.FAILED,
    "failed": State.FAILED,
    "undelivered": State.UNDELIVERED,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
}
"""Twilio's statuses of an outgoing message."""

RANK = {State.ACCEPTED: 1, State.FAILED: 2, State.UNDELIVERED: 3, State.DELIVERED: 4}
"""Any other state ranks below: the provider's word counts for more than what we meant to do.
Delivered is highest: of a text sent twice, one arrived."""

AGAIN = timedelta(hours=4)
GIVE_UP = timedelta(days=3)
"""A phone that was off for so long: Twilio itself keeps no text beyond ten hours."""
BATCH = 100


def take(
    message_id: UUID, sid: str, status: str, *, source: str, now: datetime, error_code: str = ""
) -> bool:
    """Write down what the provider says of a text; False if it said so before.

    `source` is "dispatch", "callback", "poll" or "reconcile". A status that we do not know is
    kept as an event and moves nothing. Raises Message.DoesNotExist.
    """
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=message_id)
        known = Event.objects.filter(sid=sid, status=status, source=source)
        if known.exists():
            return False
        if error_code == str(opt_outs.BLOCKED):
            opt_outs.opt_out(message.to_hash, source="provider", now=now)
        detail = f"provider's code {error_code}" if error_code else ""
        old, new = State(message.state), STATES.get(status)
        if new is None:
            logger.warning("text %s has a status that we do not know", message.pk)
        if new is None or RANK.get(old, 0) >= RANK[new]:
            Event.objects.create(
                message=message, at=now, from_state=old, to_state=old, source=source,
                detail=detail[:60], sid=sid, status=status,
            )  # fmt: skip
            return True
        changes: dict[str, Any] = {
            "lease_until": None,
            "error": detail[:60],
            "look_at": now + AGAIN if new == State.ACCEPTED else None,
            "accepted_at": message.accepted_at or now,
        }
        if message.provider_sid is None:
            changes["provider_sid"] = sid
        cause = Cause(source, detail, sid, status)
        if new in (State.FAILED, State.UNDELIVERED) and error_code and old not in NOT_TOLD:
            ruling = refusals.judge(message, int(error_code), now)
            refusals.carry_out(message, ruling, now, by_receipt=True)
            cause = cause._replace(reason=ruling.reason, another_try=ruling.reason is None)
        transition(message.pk, old, new, at=now, cause=cause, **changes)
        if new == State.DELIVERED:
            _arrived(message, now)
    return True


def _arrived(message: Message, now: datetime) -> None:
    """Do what follows when a text is on the phone: no further try, and nobody need phone."""
    dead_numbers.clear(message.to_hash, now=now)
    if message.wire_at:
        provider.got_through(message.wire_at, arrived=True)
    refusals.call_off(message, "it arrived", now)
    tell_reached(message, now)


def poll(now: datetime) -> int:
    """Ask what became of texts taken hours ago of which nothing was heard; return how many."""
    waiting = Message.objects.filter(state=State.ACCEPTED, look_at__lte=now)
    asked = 0
    for message in waiting.order_by("look_at")[:BATCH]:
        mine = Message.objects.filter(pk=message.pk, state=State.ACCEPTED, look_at=message.look_at)
        old = message.accepted_at is None or now - message.accepted_at > GIVE_UP
        if not mine.update(look_at=None if old else now + AGAIN):
            continue  # another worker asks
        try:
            found = gateways.status_of(message.provider_sid or "")
        except NoAnswer as fault:
            logger.warning("text %s: %s", message.pk, fault)
            continue
        except Misconfigured as fault:
            logger.error("no receipt can be asked for: %s", fault)
            break
        asked += 1
        if found:
            code = str(found.error_code or "")
            take(message.pk, found.sid, found.status, source="poll", now=now, error_code=code)
    return asked
