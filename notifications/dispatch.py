"""How a due text reaches the provider: claim, mark the wire, call, record.

A text is called out once in normal operation. After a doubtful call it becomes `unknown` and
is not called out again blind, because the provider has no idempotency key. No database
transaction is open during the call. Any number of dispatchers may run at once.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q

from notifications import gateways
from notifications.gateways.outcomes import Doubtful, Misconfigured, NotSent, Refused
from notifications.models import ANSWERS, WAITING, Event, Message, State
from notifications.moves import move, superseded
from notifications.timing import is_quiet

logger = logging.getLogger(__name__)

BATCH = 20
LEASE = timedelta(seconds=60)  # must outlast the gateways' 10 s to connect and 10 s to read
MAX_ATTEMPTS = 8
FIRST_WAIT, LONGEST_WAIT = 5.0, 15 * 60.0  # seconds
REPAIR_TIME = timedelta(minutes=1)

Clock = Callable[[], datetime]


def tick(now: datetime) -> None:
    """Expire, supersede, make ready and recover texts. Safe to run twice at once."""
    for message_id, state in _waiting(Q(not_after__lte=now)):
        move(message_id, state, State.EXPIRED, at=now, source="tick", detail="too late")
    for message_id, state in _waiting(Q(superseded())):
        move(message_id, state, State.CANCELLED, at=now, source="tick", detail="superseded")
    for message_id, state in _waiting(Q(state=State.SCHEDULED, due_at__lte=now) & _hour_fits(now)):
        move(message_id, state, State.READY, at=now, source="tick")
    _end_dead_leases(now)


def dispatch_due(now: datetime, limit: int = BATCH) -> int:
    """Send up to `limit` ready texts, the most urgent first; return how many were accepted."""
    began = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    accepted = 0
    batch = claim(now, limit)
    while batch:
        try:
            accepted += _send(batch.pop(0), clock)
        except Misconfigured as fault:
            logger.error("no text is sent until the gateway is put right: %s", fault)
            for message in batch:
                _put_back(message, clock(), clock(), "released")
            break
    return accepted


def claim(now: datetime, limit: int) -> list[Message]:
    """Take up to `limit` ready texts, so that no other dispatcher does; the most urgent first."""
    mine = uuid4()
    sendable = Message.objects.filter(
        _hour_fits(now), ~superseded(), state=State.READY, due_at__lte=now, not_after__gt=now
    ).order_by("priority", "due_at")
    with transaction.atomic():
        # PostgreSQL steps over rows that another claim has locked. SQLite ignores this line; the
        # old state in the UPDATE's WHERE is what holds on both.
        ids = list(
            sendable.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit]
        )
        Message.objects.filter(pk__in=ids, state=State.READY).update(
            state=State.SENDING, claim=mine, lease_until=now + LEASE, updated_at=now
        )
        taken = list(Message.objects.filter(pk__in=ids, claim=mine).order_by("priority", "due_at"))
        Event.objects.bulk_create(
            Event(
                message=message,
                at=now,
                from_state=State.READY,
                to_state=State.SENDING,
                source="dispatch",
            )
            for message in taken
        )
    return taken


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 5 s doubled each time, up to 15 minutes.

    Up to a quarter more is added at random, so that a thousand texts do not come back at once.
    """
    seconds = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1))
    return timedelta(seconds=seconds * (1 + random.random() / 4))  # noqa: S311 - no secret


def _waiting(condition: Q) -> list[tuple[UUID, State]]:
    rows = Message.objects.filter(condition, state__in=WAITING).values_list("pk", "state")
    return [(message_id, State(state)) for message_id, state in rows]


def _hour_fits(now: datetime) -> Q:
    """Return which texts may go at this hour: at night only answers to the patient's own act."""
    return Q(kind__in=ANSWERS) if is_quiet(now) else Q()


def _end_dead_leases(now: datetime) -> None:
    """Take texts from dispatchers that died: back if never on the wire, else `unknown`."""
    dead = Q(lease_until__lte=now)
    left = Message.objects.filter(dead, state=State.SENDING).values_list("pk", "wire_at")
    for message_id, wire_at in left:
        if wire_at is None:
            move(
                message_id,
                State.SENDING,
                State.READY,
                at=now,
                source="tick",
                detail="lease ran out before sending",
                where=dead & Q(wire_at=None),
                claim=None,
                lease_until=None,
            )
        elif move(
            message_id,
            State.SENDING,
            State.UNKNOWN,
            at=now,
            source="tick",
            detail="lease ran out while sending",
            where=dead & Q(wire_at__isnull=False),
            error="lease ran out while sending",
        ):
            logger.error("text %s may or may not be sent: lease ran out", message_id)


def _send(message: Message, clock: Clock) -> bool:
    """Call the provider for one claimed text and record the outcome; return if it took it.

    Raises Misconfigured after putting the text back.
    """
    if not _mark_wire(message, clock()):
        return False
    try:
        sent = gateways.send(message)
    except NotSent as fault:
        _try_later(message, clock(), fault)
    except Misconfigured:
        # Not this text's fault: the attempt is not counted, however long the repair takes.
        now = clock()
        _put_back(message, now, now + REPAIR_TIME, "misconfigured", attempts=message.attempts)
        raise
    except Refused as fault:
        _finish(message, State.FAILED, clock(), f"refused {fault.code}")
    except Doubtful as fault:
        logger.error("text %s may or may not be sent: %s", message.pk, fault)
        _finish(message, State.UNKNOWN, clock(), str(fault))
    else:
        _accept(message, sent.sid, clock())
        return True
    return False


def _mark_wire(message: Message, now: datetime) -> bool:
    """Renew the lease and write that the call begins; False if the text is not ours to send.

    Looks again at what may have changed while the texts before it in the batch were sent.
    """
    ours = Message.objects.filter(
        _hour_fits(now),
        ~superseded(),
        pk=message.pk,
        state=State.SENDING,
        claim=message.claim,
        wire_at=None,
        not_after__gt=now,
    )
    return bool(
        ours.update(
            wire_at=now, lease_until=now + LEASE, attempts=F("attempts") + 1, updated_at=now
        )
    )


def _accept(message: Message, sid: str, now: datetime) -> None:
    """Record that the provider took the text, even if our lease ran out during the call."""
    for old in (State.SENDING, State.UNKNOWN):
        if move(
            message.pk,
            old,
            State.ACCEPTED,
            at=now,
            source="dispatch",
            where=Q(claim=message.claim),
            provider_sid=sid,
            lease_until=None,
            error="",
        ):
            return


def _try_later(message: Message, now: datetime, fault: NotSent) -> None:
    attempts = message.attempts + 1
    if attempts >= MAX_ATTEMPTS:
        _finish(message, State.FAILED, now, f"not sent in {attempts} attempts")
        return
    wait = max(backoff(attempts), timedelta(seconds=fault.retry_after))
    _put_back(message, now, now + wait, str(fault))


def _put_back(
    message: Message, now: datetime, due_at: datetime, why: str, **changes: object
) -> None:
    """Make a text that surely was not sent ready again, from `due_at` on."""
    move(
        message.pk,
        State.SENDING,
        State.READY,
        at=now,
        source="dispatch",
        detail=why,
        where=Q(claim=message.claim),
        due_at=due_at,
        claim=None,
        lease_until=None,
        wire_at=None,
        error=why,
        **changes,
    )


def _finish(message: Message, state: State, now: datetime, why: str) -> None:
    move(
        message.pk,
        State.SENDING,
        state,
        at=now,
        source="dispatch",
        detail=why,
        where=Q(claim=message.claim),
        lease_until=None,
        error=why,
    )
