"""How a due text reaches the provider: claim, mark the wire, call, record.

A text is called out once in normal operation. After a doubtful call it becomes `unknown` and
is not called out again blind, because the provider has no idempotency key; reconcile looks for
it. No database transaction is open during the call. Any number of dispatchers may run at once.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet

from notifications import gateways, opt_outs, provider, receipts, timing
from notifications.gateways.outcomes import Doubtful, Misconfigured, NotSent, ProviderRefused
from notifications.models import WAITING, Event, Message, State
from notifications.moves import Cause, superseded, transition
from times.london import day_in_england

logger = logging.getLogger(__name__)

BATCH = 20
READY_AT_ONCE = 500
LEASE = timedelta(seconds=60)  # must outlast the gateways' 10 s to connect and 10 s to read
MAX_ATTEMPTS = 8
FIRST_WAIT, LONGEST_WAIT = 5.0, 15 * 60.0  # seconds
FIRST_LOOK = timedelta(minutes=1)  # after a doubtful call, before reconcile looks for the text

Clock = Callable[[], datetime]


class _BreakerOpened(Exception):
    """The breaker has just opened: nothing more goes to the provider for now."""


def run_scheduled_steps(now: datetime) -> None:
    """Expire, supersede, suppress, make ready and recover texts. Safe to run twice at once."""
    for condition, new, detail in (
        (Q(not_after__lte=now), State.EXPIRED, "too late"),
        (Q(superseded()), State.CANCELLED, "superseded"),
        (Q(opt_outs.opted_out()), State.SUPPRESSED, "opted out"),
    ):
        rows = Message.objects.filter(condition, state__in=WAITING).values_list("pk", "state")
        for message_id, old in rows:
            try:
                transition(message_id, State(old), new, at=now, cause=Cause("tick", detail))
            except DatabaseError:
                raise
            except Exception as fault:
                # One text that cannot be moved must not keep all the others back.
                logger.error("text %s is not %s: %s", message_id, new, type(fault).__name__)
    while _make_ready(now) == READY_AT_ONCE:
        pass
    _end_dead_leases(now)


def dispatch_due(now: datetime, limit: int = BATCH) -> int:
    """Send up to `limit` ready texts, the most urgent first; return how many were accepted."""
    if not _sendable(now).exists():
        return 0
    granted = provider.take_tokens(limit, now)
    batch = claim(now, granted)
    provider.give_back(granted - len(batch), now)
    began = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    accepted = 0
    while batch:
        try:
            accepted += _send(batch.pop(0), clock)
        except (Misconfigured, _BreakerOpened) as fault:
            if isinstance(fault, Misconfigured):
                provider.open_breaker(clock(), str(fault))
            logger.error("no text is sent for a minute: %s", fault)
            for message in batch:
                _requeue(message, clock(), clock(), "released")
            break
    return accepted


def is_throttled(now: datetime) -> bool:
    """Return whether a text could go now but for the rate at which we may send."""
    return provider.seconds_to_a_token(now) > 0 and _sendable(now).exists()


def claim(now: datetime, limit: int) -> list[Message]:
    """Take up to `limit` ready texts, so that no other dispatcher does; the most urgent first."""
    mine = uuid4()
    with transaction.atomic():
        ids = _locked(_sendable(now).order_by("priority", "due_at"), limit)
        Message.objects.filter(pk__in=ids, state=State.READY).update(
            state=State.SENDING, claim=mine, lease_until=now + LEASE, updated_at=now
        )
        taken = list(Message.objects.filter(pk__in=ids, claim=mine).order_by("priority", "due_at"))
        _note([message.pk for message in taken], State.READY, State.SENDING, now, "dispatch")
    return taken


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 5 s doubled each time, up to 15 minutes.

    Up to a quarter more is added at random, so that a thousand texts do not come back at once.
    """
    seconds = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 20))
    return timedelta(seconds=seconds * (1 + random.random() / 4))


def _sendable(now: datetime) -> QuerySet[Message]:
    return Message.objects.filter(
        _hour_fits(now),
        ~superseded(),
        ~opt_outs.opted_out(),
        state=State.READY,
        due_at__lte=now,
        not_after__gt=now,
    )


def _hour_fits(now: datetime) -> Q:
    """Return the condition "may be sent at this hour", as timing.may_go says it of one text."""
    today = Q(on_day=day_in_england(now), kind__in=timing.open_kinds_today(now))
    return Q(kind__in=timing.open_kinds(now)) | today


def _make_ready(now: datetime) -> int:
    """Make up to READY_AT_ONCE due texts ready in one transaction; return how many."""
    due = Message.objects.filter(_hour_fits(now), state=State.SCHEDULED, due_at__lte=now)
    with transaction.atomic():
        ids = _locked(due.order_by("due_at"), READY_AT_ONCE)
        Message.objects.filter(pk__in=ids, state=State.SCHEDULED).update(
            state=State.READY, updated_at=now
        )
        _note(ids, State.SCHEDULED, State.READY, now, "tick")
    return len(ids)


def _locked(texts: QuerySet[Message], limit: int) -> list[UUID]:
    """Return the ids of up to `limit` texts, which nobody else can move until the transaction ends.

    PostgreSQL steps over rows that others have locked. SQLite ignores the lock, and lets only one
    transaction write at all; the old state in the UPDATE's WHERE is what holds on both.
    """
    locked = texts.select_for_update(skip_locked=True)
    return list(locked.values_list("pk", flat=True)[:limit])


def _note(ids: list[UUID], old: State, new: State, now: datetime, source: str) -> None:
    """Write the events of a move of many texts."""
    Event.objects.bulk_create(
        Event(message_id=pk, at=now, from_state=old, to_state=new, source=source) for pk in ids
    )


def _end_dead_leases(now: datetime) -> None:
    """Take texts from dispatchers that died: back if never on the wire, else `unknown`.

    A lease that ends later than any lease can is one of before the clock jumped back.
    """
    dead = Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * LEASE)
    left = Message.objects.filter(dead, state=State.SENDING).values_list("pk", "wire_at")
    for message_id, wire_at in left:
        if wire_at is None:
            transition(
                message_id,
                State.SENDING,
                State.READY,
                at=now,
                cause=Cause("tick", "lease ran out before sending"),
                where=dead & Q(wire_at=None),
                claim=None,
                lease_until=None,
            )
        elif transition(
            message_id,
            State.SENDING,
            State.UNKNOWN,
            at=now,
            cause=Cause("tick", "lease ran out while sending"),
            where=dead & Q(wire_at__isnull=False),
            error="lease ran out while sending",
            look_at=now + FIRST_LOOK,
            looks=0,
        ):
            logger.error("text %s may or may not be sent: lease ran out", message_id)


def _send(message: Message, clock: Clock) -> bool:
    """Call the provider for one claimed text and record the outcome; return if it took it.

    Raises Misconfigured after putting the text back, and _LeaveAlone after recording.
    """
    if not _begin_send(message, clock()):
        return False
    try:
        sent = gateways.send(message)
    except NotSent as fault:
        _retry_later(message, clock(), fault)
        _count_fault(fault, clock())
    except Misconfigured:
        # Not this text's fault: the attempt is not counted, however long the repair takes.
        now = clock()
        _requeue(message, now, now + provider.BREAK, "misconfigured", attempts=message.attempts)
        raise
    except ProviderRefused as fault:
        _refused(message, clock(), fault)
    except Doubtful as fault:
        now = clock()
        logger.error("text %s may or may not be sent: %s", message.pk, fault)
        _finish(message, State.UNKNOWN, now, str(fault)[:60], look_at=now + FIRST_LOOK, looks=0)
        _count_fault(fault, now)
    else:
        # Whatever became of the row meanwhile: the provider has the text.
        receipts.take(message.pk, sent.sid, "accepted", source="dispatch", now=clock())
        return True
    return False


def _count_fault(fault: NotSent | Doubtful, now: datetime) -> None:
    """Count a fault that is the provider's own. Raises _LeaveAlone if it opens the breaker."""
    if fault.providers_own and provider.record_fault(now, str(fault)):
        raise _BreakerOpened(f"too many faults, the last: {fault}")


def _begin_send(message: Message, now: datetime) -> bool:
    """Renew the lease and write that the call begins; False if the text is not ours to send.

    Looks again at what may have changed while the texts before it in the batch were sent.
    """
    ours = Message.objects.filter(
        _hour_fits(now),
        ~superseded(),
        ~opt_outs.opted_out(),
        pk=message.pk,
        state=State.SENDING,
        claim=message.claim,
        wire_at=None,
        not_after__gt=now,
    )
    message.wire_at = now
    return bool(
        ours.update(
            wire_at=now, lease_until=now + LEASE, attempts=F("attempts") + 1, updated_at=now
        )
    )


def _refused(message: Message, now: datetime, fault: ProviderRefused) -> None:
    if fault.code == opt_outs.BLOCKED:
        opt_outs.opt_out(message.to_hash, source="provider", now=now)
    _finish(message, State.FAILED, now, f"refused {fault.code}")


def _retry_later(message: Message, now: datetime, fault: NotSent) -> None:
    """Put a text back for another try.

    Eight tries are for a fault of the text's own. One of the provider's (too many requests, no
    connection) is tried until it is too late: an outage of an hour must not lose a text.
    """
    attempts = message.attempts + 1
    if attempts >= MAX_ATTEMPTS and not fault.providers_own:
        _finish(message, State.FAILED, now, f"not sent in {attempts} attempts")
        return
    asked = timedelta(seconds=min(fault.retry_after, LONGEST_WAIT))
    wait = max(backoff(attempts), asked)
    _requeue(message, now, now + wait, str(fault))


def _requeue(message: Message, now: datetime, due_at: datetime, why: str, **changes: Any) -> None:
    """Make a text that surely was not sent ready again, from `due_at` on."""
    transition(
        message.pk,
        State.SENDING,
        State.READY,
        at=now,
        cause=Cause("dispatch", why),
        where=Q(claim=message.claim),
        due_at=due_at,
        claim=None,
        lease_until=None,
        wire_at=None,
        error=why[:60],
        **changes,
    )


def _finish(message: Message, state: State, now: datetime, why: str, **changes: Any) -> None:
    transition(
        message.pk,
        State.SENDING,
        state,
        at=now,
        cause=Cause("dispatch", why),
        where=Q(claim=message.claim),
        lease_until=None,
        error=why,
        **changes,
    )
