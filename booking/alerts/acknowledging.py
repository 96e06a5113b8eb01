"""Somebody of the imaging team says that they see to an alert. To have read it is not that.

`now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from datetime import datetime

from django.db import transaction

from booking.alerts import closing
from booking.alerts.state import AlertChanged, Event, State, lock, note, save, settle
from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.models import Alert, AuditAction


def acknowledge(alert_id: int, version: int, *, now: datetime, actor: Actor) -> Alert:
    """Note who sees to an alert; nobody further is told. Booked already, it counts as booked.

    Pressed twice by the same person it is done once. Raises AlertChanged if it is not as it was
    seen: somebody else was first, or it has been booked, opened again or closed.
    """
    with transaction.atomic():
        alert = lock(alert_id)
        if alert.is_open and alert.acknowledged_by == actor and alert.version == version + 1:
            return alert
        if alert.version != version or alert.state != State.RAISED:
            raise AlertChanged
        alert.acknowledged_at, alert.acknowledged_by = now, actor
        settle(alert, now=now)
        save(alert)
        note(alert, Event.ACKNOWLEDGED, now=now, actor=actor)
        audit.write(
            AuditAction.ALERT_ACKNOWLEDGED, now=now, actor=actor, referral=alert.referral,
            alert=alert.pk,
        )  # fmt: skip
        closing.close_nobody_row(alert, now=now, actor=actor)
    return alert
