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

from notifications import (
    dead_numbers,
    fence,
    gateways,
    history,
    opt_outs,
    provider,
    receipts,
    refusals,
    timing,
)
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
SETTING = "misconfigured"
FIRST_LOOK = timedelta(minutes=1)  # after a doubtful call, before reconcile looks for the text

_PHONED_IF_LATE = Q(kind__in=fence.MISSED_IF_LATE)

Clock = Callable[[], datetime]


class _BreakerOpened(Exception):
    """The breaker has just opened: nothing more goes to the provider for now."""


def run_scheduled_steps(now: datetime) -> None:
    """Expire, supersede, suppress, make ready and recover texts. Safe to run twice at once.

    Of what waits behind the fence nobody is phoned: it may have gone.
    """
    history.look(now)
    waits = fence.behind(fence.standing())
    for condition, new, detail in (
        (Q(not_after__lte=now) & ~(waits & _PHONED_IF_LATE), State.EXPIRED, "too late"),
        (Q(superseded()), State.CANCELLED, "superseded"),
        (Q(opt_outs.opted_out()) & ~waits, State.SUPPRESSED, "opted out"),
        (Q(dead_numbers.dead()) & ~waits, State.SUPPRESSED, "dead number"),
    ):
        rows = Message.objects.filter(condition, state__in=WAITING)
        for message_id, old, to_hash in rows.values_list("pk", "state", "to_hash"):
            try:
                reason = dead_numbers.why_dead(to_hash) if detail == "dead number" else None
                cause = Cause("tick", detail, reason=reason)
                transition(message_id, State(old), new, at=now, cause=cause)
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
    history.look(now)
    granted = provider.take_tokens(limit, now)
    is_try = granted > 0 and provider.at_fault() is not None
    batch = claim(now, granted, is_try=is_try)
    provider.give_back(granted - len(batch), now)
    began = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    accepted, took_at = 0, None
    while batch:
        message = batch.pop(0)
        try:
            if _send(message, clock):
                accepted, took_at = accepted + 1, message.wire_at
        except (Misconfigured, _BreakerOpened) as fault:
            if isinstance(fault, Misconfigured):
                provider.setting_at_fault(clock(), str(fault))
            logger.error("no text is sent for a minute: %s", fault)
            for left in batch:
                _requeue(left, clock(), clock(), "released")
            return accepted
    if took_at and provider.got_through(took_at):
        logger.warning("texts are sent again: what was wrong has been put right")
        if is_try and limit > accepted:
            return accepted + dispatch_due(clock(), limit - accepted)
    return accepted


def is_throttled(now: datetime) -> bool:
    """Return whether a text could go now but for the rate at which we may send."""
    return provider.seconds_to_a_token(now) > 0 and _sendable(now).exists()


def claim(now: datetime, limit: int, *, is_try: bool = False) -> list[Message]:
    """Take up to `limit` ready texts, so that no other dispatcher does; the most urgent first.

    For a try whether a setting was put right: the one that was left alone for longest, so that a
    text with a fault of its own does not keep all the others back.
    """
    mine = uuid4()
    order = ("updated_at",) if is_try else ("priority", "due_at")
    with transaction.atomic():
        ids = _locked(_sendable(now).order_by(*order), limit)
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
        fence.not_behind(),
        ~superseded(),
        ~opt_outs.opted_out(),
        ~dead_numbers.dead(),
        state=State.READY,
        due_at__lte=now,
        not_after__gt=now,
    )


def _hour_fits(now: datetime) -> Q:
    """Return the condition "may be sent at this hour", as timing.may_go says it of one text."""
    today = Q(on_day=day_in_england(now), kind__in=timing.open_kinds_today(now))
    soon = Q(scan_at__gt=now, scan_at__lt=timing.too_late_by_morning(now))
    missed = soon & Q(kind__in=timing.DO_NOT_COME)
    return Q(kind__in=timing.open_kinds(now)) | today | missed


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

    Raises Misconfigured after putting the text back, and _BreakerOpened after recording.
    """
    if not _begin_send(message, clock()):
        return False
    try:
        sent = gateways.send(message)
    except NotSent as fault:
        _not_sent(message, clock(), fault)
    except Misconfigured as fault:
        if _others_went_since(message, Q(detail=SETTING)):
            # They go, and this one does not, again: it is its own.
            _retry_later(message, clock(), NotSent(str(fault)))
            return False
        _put_back_uncounted(message, clock())
        raise
    except ProviderRefused as fault:
        _refused(message, clock(), fault)
    except Doubtful as fault:
        now = clock()
        logger.error("text %s may or may not be sent: %s", message.pk, fault)
        cause = Cause("dispatch", str(fault))
        _finish(message, State.UNKNOWN, now, cause, look_at=now + FIRST_LOOK, looks=0)
        _count_fault(fault, now)
    else:
        # Whatever became of the row meanwhile: the provider has the text.
        receipts.take(message.pk, sent.sid, "accepted", source="dispatch", now=clock())
        return True
    return False


def _not_sent(message: Message, now: datetime, fault: NotSent) -> None:
    """Put a text back that was not taken; the last try of one fails it.

    But not if others meet the same, which we do not know, and none went meanwhile: then it is no
    fault of the text's. Raises Misconfigured.
    """
    is_last = message.attempts + 1 >= MAX_ATTEMPTS and not fault.providers_own
    if is_last and _is_everybodys(message, fault):
        _put_back_uncounted(message, now)
        raise Misconfigured(f"The texting service refuses every text ({fault})")
    _retry_later(message, now, fault)
    _count_fault(fault, now)


def _put_back_uncounted(message: Message, now: datetime) -> None:
    """Make a text ready again as if it had not been tried, however long the repair takes."""
    _requeue(message, now, now + provider.BREAK, SETTING, attempts=message.attempts)


def _is_everybodys(message: Message, fault: NotSent) -> bool:
    """Return whether others were refused as this text is, and none went since it was first."""
    same = Event.objects.filter(source="dispatch", detail=str(fault)[:60])
    first = same.filter(message=message).order_by("pk").values_list("pk", flat=True).first()
    if first is None or not same.filter(pk__gt=first).exclude(message=message).exists():
        return False
    return not _others_went_since(message, Q(pk__gte=first))


def _others_went_since(message: Message, moment: Q) -> bool:
    """Return whether the provider took another text since this one had such an event, the first."""
    events = Event.objects.filter(moment, message=message, source="dispatch").order_by("pk")
    first = events.values_list("pk", flat=True).first()
    if first is None:
        return False
    taken = Event.objects.filter(pk__gt=first, source="dispatch", to_state=State.ACCEPTED)
    return taken.exclude(message=message).exists()


def _count_fault(fault: NotSent | Doubtful, now: datetime) -> None:
    """Count a fault that is the provider's own. Raises _BreakerOpened if it opens the breaker."""
    if fault.providers_own and provider.record_fault(now, str(fault)):
        raise _BreakerOpened(f"too many faults, the last: {fault}")


def _begin_send(message: Message, now: datetime) -> bool:
    """Renew the lease and write that the call begins; False if the text is not ours to send.

    Looks again at what may have changed while the texts before it in the batch were sent.
    """
    ours = Message.objects.filter(
        _hour_fits(now),
        fence.not_behind(),
        ~superseded(),
        ~opt_outs.opted_out(),
        ~dead_numbers.dead(),
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
    with transaction.atomic():
        ruling = refusals.judge(message, fault.code, now)
        cause = Cause("dispatch", f"refused {fault.code}", reason=ruling.reason)
        if _finish(message, State.FAILED, now, cause):
            refusals.carry_out(message, ruling, now, by_receipt=False)


def _retry_later(message: Message, now: datetime, fault: NotSent) -> None:
    """Put a text back for another try.

    Eight tries are for a fault of the text's own. One of the provider's (too many requests, no
    connection) is tried until it is too late: an outage of an hour must not lose a text.
    """
    attempts = message.attempts + 1
    if attempts >= MAX_ATTEMPTS and not fault.providers_own:
        _finish(message, State.FAILED, now, Cause("dispatch", f"not sent in {attempts} attempts"))
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


def _finish(message: Message, state: State, now: datetime, cause: Cause, **changes: Any) -> bool:
    return transition(
        message.pk,
        State.SENDING,
        state,
        at=now,
        cause=cause,
        where=Q(claim=message.claim),
        lease_until=None,
        error=cause.detail[:60],
        **changes,
    )
