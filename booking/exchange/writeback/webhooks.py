"""Changes of a trust's appointments, pushed to where it wants them, signed and in order.

The table of changes is the queue, and the webhook's row says how far it has been read: what was
not accepted is sent again, later and later, and nothing overtakes it. One sender at a time has
a webhook, by a lease. No transaction is open while the receiver is called.
"""

import base64
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import Q

from booking.appointments.why_off import why_off
from booking.changes import change_log, commit_numbers
from booking.exchange import fhir_resources
from booking.exchange.writeback import call
from booking.exchange.writeback.cursor import changes_after
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Appointment, AppointmentChange, Webhook
from booking.worklists import rows, subjects
from notifications import fence
from received import trace

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
LEASE = timedelta(minutes=2)
RUN = timedelta(seconds=60)
"""A run begins no call after this long; LEASE outlasts it and the last call."""
MAX_REFUSALS = 5
"""A change that the receiver refused (4xx) so often is left to a person; the next ones go on."""
ALARM_AFTER = 10
"""Failures in a row, most of an hour, before somebody is asked to look."""
ACTOR = Actor(ActorKind.WEBHOOK)
SECRET_PREFIX, SECRET_BYTES = "whsec_", 32
"""How Standard Webhooks writes a secret down: this, and the bytes in base64."""

Clock = Callable[[], datetime]


def create(trust: str, url: str, *, now: datetime) -> str:
    """Push the trust's changes to `url` from now on; return the new secret, shown once.

    Raises call.NotAllowed for an address that we would not call.
    """
    call.check(url)
    secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    name = change_log.trust_counter(trust)
    Webhook.objects.update_or_create(
        trust_id=trust,
        defaults={
            "url": url,
            "secret": secret,
            "created_at": now,
            "told": commit_numbers.read([name]).get(name, 0),
            "failures": 0,
            "refusals": 0,
            "next_try_at": now,
            "problem": "",
            "stopped_at": None,
        },
    )
    return secret


def stop(trust: str, *, now: datetime) -> None:
    """Push nothing more to a trust."""
    Webhook.objects.filter(trust_id=trust, stopped_at=None).update(stopped_at=now)


def due(now: datetime) -> list[str]:
    """Return the trusts that may be told something now: none while the fence keeps pushes."""
    if fence.holds(fence.PUSHES):
        return []
    hooks = Webhook.objects.filter(_claimable(now))
    last = commit_numbers.read([change_log.trust_counter(hook.trust_id) for hook in hooks])
    return [
        hook.trust_id
        for hook in hooks
        if last.get(change_log.trust_counter(hook.trust_id), 0) > hook.told
    ]


def deliver(trust: str, now: datetime) -> int:
    """Send a trust what it has not heard, until one call fails; return how many it took.

    Does nothing while another sender has the webhook, before its next try, or while the fence
    keeps pushes.
    """
    if fence.holds(fence.PUSHES):
        return 0
    began = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    mine = now + LEASE
    if not Webhook.objects.filter(_claimable(now), trust_id=trust).update(lease_until=mine):
        return 0
    hook = Webhook.objects.get(trust_id=trust)
    sent = 0
    while clock() < now + RUN:
        news, _ = changes_after(trust, hook.told, 1)
        if not news or not _send(hook, news[0], clock):
            break
        sent += 1
    Webhook.objects.filter(trust_id=trust, lease_until=mine).update(lease_until=None)
    return sent


def sign(secret: str, identifier: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a push sent at a moment (Unix seconds), as Standard Webhooks says.

    A secret without the prefix is from before: its letters are the key.
    """
    key = secret.encode()
    if secret.startswith(SECRET_PREFIX):
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    said = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode()


def old_signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature as it was before Standard Webhooks, sent until version 0.2."""
    said = b"%d." % timestamp + body
    return f"t={timestamp},v1={hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()}"


def backoff(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: 5 s, doubled, to 15 minutes."""
    doublings = int(2 ** min(failures - 1, 10))
    return min(LONGEST_WAIT, FIRST_WAIT * doublings)


def _claimable(now: datetime) -> Q:
    unleased = Q(lease_until=None) | Q(lease_until__lte=now)
    return unleased & Q(stopped_at=None, next_try_at__lte=now)


def _send(hook: Webhook, change: AppointmentChange, clock: Clock) -> bool:
    """Call the receiver once and write down what came of it; whether to go on."""
    made = change.appointment
    body = msgspec.json.encode(
        fhir_resources.appointment(
            made,
            reader=hook.trust_id,
            off=why_off([made]).get(made.pk),
            slot=change.slot if change.is_over else made.slot,
            changed_at=commit_numbers.moment_of(change.number),
        )
    )
    try:
        status = call.post(hook.url, body, _headers(hook, change, int(clock().timestamp()), body))
    except call.NotReached as fault:
        return _failed(hook, str(fault), clock())
    if 200 <= status < 300:
        return _told(hook, change.number, clock())
    if status == 410:
        return _gone(hook, clock())
    if 400 <= status < 500 and status not in (408, 425, 429):
        return _refused(hook, change, status, clock())
    return _failed(hook, f"status {status}", clock())


def _headers(
    hook: Webhook, change: AppointmentChange, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the headers of one try. A change keeps its identifier at every try."""
    identifier = f"{hook.trust_id}-{change.number}"
    return {
        "Content-Type": "application/fhir+json",
        "User-Agent": "scan-finder",
        **trace.headers(),
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(hook.secret, identifier, timestamp, body),
        "Finder-Change": str(change.number),
        "Finder-Signature": old_signature(hook.secret, timestamp, body),
    }


def _told(hook: Webhook, number: int, now: datetime) -> bool:
    if hook.failures:
        logger.info("webhook of %s works again after %d failures", hook.trust_id, hook.failures)
        about, resolved = subjects.of_webhook(hook.trust_id), rows.Outcome.RESOLVED
        rows.close_about(rows.Kind.NEEDS_PERSON, about, resolved, now=now, actor=ACTOR)
    return _note(
        hook,
        told=number, told_at=now, failures=0, refusals=0, problem="", next_try_at=now,
    )  # fmt: skip


def _failed(hook: Webhook, problem: str, now: datetime) -> bool:
    failures = hook.failures + 1
    logger.warning("webhook of %s failed %d times: %s", hook.trust_id, failures, problem)
    with transaction.atomic():
        _note(hook, failures=failures, problem=problem[:60], next_try_at=now + backoff(failures))
        if failures == ALARM_AFTER:
            reason = "The trust’s system has taken no bookings for most of an hour."
            _ask_somebody(hook, reason, now)
    return False


def _refused(hook: Webhook, change: AppointmentChange, status: int, now: datetime) -> bool:
    """Try again later; in the end leave this one to a person, so that the rest can go on."""
    refusals = hook.refusals + 1
    if refusals < MAX_REFUSALS:
        _note(
            hook,
            refusals=refusals,
            problem=f"refused with {status}",
            next_try_at=now + backoff(refusals),
        )
        return False
    with transaction.atomic():
        _note(hook, told=change.number, refusals=0, next_try_at=now)
        _ask_somebody(
            hook,
            "The trust’s system refused to take this booking. Tell the trust of it.",
            now,
            change.appointment,
        )
    return True


def _gone(hook: Webhook, now: datetime) -> bool:
    with transaction.atomic():
        _note(hook, stopped_at=now, problem="gone (410)")
        _ask_somebody(hook, "The trust’s system said that it takes no more bookings (410).", now)
    return False


def _note(hook: Webhook, **fields: object) -> bool:
    """Write fields down, if the lease is still ours; whether it was."""
    kept = Webhook.objects.filter(trust_id=hook.trust_id, lease_until=hook.lease_until)
    for name, value in fields.items():
        setattr(hook, name, value)
    return bool(kept.update(**fields))


def _ask_somebody(
    hook: Webhook, reason: str, now: datetime, made: Appointment | None = None
) -> None:
    rows.open_row(
        rows.Kind.NEEDS_PERSON,
        subjects.of_webhook(hook.trust_id, made),
        reason,
        now=now,
        actor=ACTOR,
    )
