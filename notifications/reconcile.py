"""What became of doubtful texts: look for each at the provider, then decide once.

A callback settles an unknown text at once (receipts.take). For the others there are three looks
over ten minutes at the provider's own list, which lags. If none finds it, it was not taken: it
is sent once more, marked as a possible duplicate, or given up if it may go at most once, if it
has gone twice, or if it is of no use any more.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import Q

from notifications import gateways, receipts
from notifications.gateways.outcomes import Found, Misconfigured, NoAnswer
from notifications.models import AT_MOST_ONCE, Event, Message, State
from notifications.moves import Cause, superseded, transition

logger = logging.getLogger(__name__)

NEXT_LOOKS = (timedelta(minutes=3), timedelta(minutes=6))
"""After the first, which dispatch.FIRST_LOOK sets: 1, 4 and 10 minutes after the doubtful call."""
LOOKS = len(NEXT_LOOKS) + 1
BUSY = timedelta(minutes=2)
"""How long a look keeps others off the row; if its worker dies, the look is made again."""
BATCH = 50


def reconcile(now: datetime) -> int:
    """Look once for every unknown text whose time has come; return how many were settled."""
    settled = 0
    for message in _due_looks(now):
        try:
            found = _not_anothers(message, gateways.find(message))
        except NoAnswer as fault:
            # Not a look: the decision to send again stands on three real ones.
            logger.warning("text %s: %s", message.pk, fault)
            continue
        except Misconfigured as fault:
            logger.error("no doubtful text can be looked for: %s", fault)
            break
        settled += _settle(message, found, now)
    return settled


def _due_looks(now: datetime) -> Iterator[Message]:
    """Yield the texts to look for, each to one worker only."""
    due = Q(state=State.UNKNOWN, look_at__lte=now)
    # A look planned further ahead than any can be was planned before the clock jumped back.
    due |= Q(state=State.UNKNOWN, look_at__gt=now + 2 * NEXT_LOOKS[-1])
    for message in Message.objects.filter(due).order_by("look_at")[:BATCH]:
        mine = Message.objects.filter(pk=message.pk, state=State.UNKNOWN, look_at=message.look_at)
        if mine.update(look_at=now + BUSY):
            message.look_at = now + BUSY
            yield message


def _not_anothers(message: Message, found: list[Found]) -> Found | None:
    """Return the first of what was found that is not known to be another text of ours."""
    sids = [one.sid for one in found]
    others = set(
        Message.objects.filter(provider_sid__in=sids)
        .exclude(pk=message.pk)
        .values_list("provider_sid", flat=True)
    )
    others |= set(
        Event.objects.filter(sid__in=sids)
        .exclude(message_id=message.pk)
        .values_list("sid", flat=True)
    )
    return next((one for one in found if one.sid not in others), None)


def _settle(message: Message, found: Found | None, now: datetime) -> bool:
    if found:
        code = str(found.error_code or "")
        try:
            return receipts.take(
                message.pk, found.sid, found.status or "accepted", source="reconcile", now=now,
                error_code=code,
            )  # fmt: skip
        except IntegrityError:
            return False  # a callback gave that sid to another text this moment: look again
    looks = message.looks + 1
    if looks < LOOKS:
        Message.objects.filter(pk=message.pk, state=State.UNKNOWN, look_at=message.look_at).update(
            looks=looks, look_at=now + NEXT_LOOKS[looks - 1]
        )
        return False
    return _decide(message, now)


def _decide(message: Message, now: datetime) -> bool:
    """Send once more or give up a text that the provider does not have."""
    why_not = _why_not_again(message, now)
    same_look = Q(look_at=message.look_at)
    if why_not:
        logger.error("text %s is given up: %s", message.pk, why_not)
        return transition(
            message.pk, State.UNKNOWN, State.FAILED, at=now, cause=Cause("reconcile", why_not),
            where=same_look, look_at=None, error=why_not,
        )  # fmt: skip
    logger.warning("text %s is sent again: the provider does not have it", message.pk)
    return transition(
        message.pk, State.UNKNOWN, State.READY, at=now, where=same_look,
        cause=Cause("reconcile", "not found in three looks"), possible_duplicate=True, due_at=now,
        claim=None, lease_until=None, wire_at=None, look_at=None, looks=0,
    )  # fmt: skip


def _why_not_again(message: Message, now: datetime) -> str:
    if message.kind in AT_MOST_ONCE:
        return "not found, and sent at most once"
    if message.possible_duplicate:
        return "not found after a second sending"
    if message.not_after <= now:
        return "not found, and too late now"
    if Message.objects.filter(superseded(), pk=message.pk).exists():
        return "not found, and superseded"
    return ""
