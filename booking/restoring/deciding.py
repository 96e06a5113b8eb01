"""What an administrator decides of what waits behind the send-fence: with why, in the audit."""

from datetime import datetime

from django.db import transaction

from booking.changes import audit
from booking.changes.commit_numbers import number_of
from booking.identifiers.actors import Actor
from booking.models import AppointmentChange, AuditAction, Webhook
from booking.worklists import rows, subjects
from notifications import fence
from notifications.models import Fence


def send(seen: Fence, kind: str, count: int, reason: str, *, now: datetime, actor: Actor) -> int:
    """Let what waits of a kind go; return how much that was. Raises fence.FenceChanged."""
    with transaction.atomic():
        if kind == fence.PUSHES:
            fence.open_pushes(seen)
            sent = count
        else:
            sent = fence.send(seen, kind, count)
        _note(AuditAction.FENCE_SENT, kind, sent, reason, now, actor)
    return sent


def drop(seen: Fence, kind: str, count: int, reason: str, *, now: datetime, actor: Actor) -> int:
    """Drop what waits of a kind: it went before; return how much. Raises fence.FenceChanged."""
    with transaction.atomic():
        if kind == fence.PUSHES:
            fence.open_pushes(seen)
            told = number_of(seen.restored_at)
            Webhook.objects.filter(told__lt=told).update(told=told)
            dropped = count
        else:
            dropped = fence.drop(seen, kind, count, now=now)
        _note(AuditAction.FENCE_DROPPED, kind, dropped, reason, now, actor)
    return dropped


def lift(seen: Fence, reason: str, *, now: datetime, actor: Actor) -> None:
    """Take the fence down. Raises fence.FenceChanged, fence.StillWaiting."""
    with transaction.atomic():
        if has_pushes(seen):
            raise fence.StillWaiting
        fence.lift(seen, now=now)
        audit.write(AuditAction.FENCE_LIFTED, now=now, actor=actor, reason=reason)
        subject, done = subjects.of_fence(seen.pk), rows.Outcome.RESOLVED
        rows.close_about(rows.Kind.NEEDS_PERSON, subject, done, now=now, actor=actor)


def has_pushes(fence_up: Fence) -> bool:
    """Return whether bookings are pushed to any trust, and nobody decided that they go on."""
    hooks = Webhook.objects.filter(stopped_at=None)
    return fence.PUSHES not in fence_up.opened and hooks.exists()


def pushes_waiting() -> int:
    """Return how many bookings trusts with a webhook were not told of, as the database has it."""
    hooks = Webhook.objects.filter(stopped_at=None).values_list("trust_id", "told")
    return sum(
        AppointmentChange.objects.filter(trust_id=trust, number__gt=told).count()
        for trust, told in hooks
    )


def _note(
    action: AuditAction, kind: str, count: int, reason: str, now: datetime, actor: Actor
) -> None:
    audit.write(action, now=now, actor=actor, kind=str(kind), count=count, reason=reason)
