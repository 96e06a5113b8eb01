"""The clerks' lists: rows are opened by what happens, and closed only with an outcome.

`now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from booking.models import Appointment, Referral, WorklistEvent, WorklistRow
from notifications.timing import after_bank_holidays

Kind, Outcome = WorklistRow.Kind, WorklistRow.Outcome

DUE_WITHIN = {
    Referral.Urgency.SUSPECTED_CANCER: timedelta(hours=4),
    Referral.Urgency.URGENT: timedelta(days=1),
    Referral.Urgency.ROUTINE: timedelta(days=2),
    Referral.Urgency.PLANNED: timedelta(days=5),
}
"""How soon somebody should see to a row: this network's own aims."""


def open_row(
    kind: str,
    *,
    about: str,
    reason: str,
    now: datetime,
    actor: str,
    trust: str | None = None,
    referral: Referral | None = None,
    appointment: Appointment | None = None,
) -> WorklistRow:
    """Put something on a list; if it stands there already, return that row as it is.

    Belongs inside the transaction of what happened. `about` is opaque: a reference or an id,
    never a name or a number. A referral gives the row its trust and its due time.
    """
    row, is_new = WorklistRow.objects.get_or_create(
        kind=kind,
        about=about,
        closed_at=None,
        defaults={
            "trust_id": referral.trust_id if referral else trust,
            "referral": referral,
            "appointment": appointment,
            "reason": reason,
            "opened_at": now,
            "due_at": _due_at(referral, now),
        },
    )
    if is_new:
        _note(row, now, actor, "opened")
    return row


def close_row(row: WorklistRow, outcome: str, *, now: datetime, actor: str) -> bool:
    """Close a row with its outcome; False if somebody else closed it first."""
    with transaction.atomic():
        closed = WorklistRow.objects.filter(pk=row.pk, closed_at=None).update(
            closed_at=now, outcome=Outcome(outcome)
        )
        if closed:
            _note(row, now, actor, "closed", Outcome(outcome).label)
    return bool(closed)


def close_for(
    referral: Referral, kinds: Collection[str], outcome: str, *, now: datetime, actor: str
) -> None:
    """Close the open rows of these kinds of one referral: what they asked for was done."""
    for row in WorklistRow.objects.filter(referral=referral, kind__in=kinds, closed_at=None):
        close_row(row, outcome, now=now, actor=actor)


def _due_at(referral: Referral | None, now: datetime) -> datetime:
    """Return when somebody should have seen to it: not on a bank holiday, unless it presses."""
    urgency = Referral.Urgency(referral.urgency if referral else "urgent")
    due_at = now + DUE_WITHIN[urgency]
    if urgency == Referral.Urgency.SUSPECTED_CANCER:
        return due_at
    return after_bank_holidays(due_at)


def _note(row: WorklistRow, now: datetime, actor: str, action: str, detail: str = "") -> None:
    WorklistEvent.objects.create(row=row, at=now, actor=actor, action=action, detail=detail)
