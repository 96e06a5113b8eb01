"""An alert ends without a scan only with a reason and a name: by a lead, a downgrade, an end.

`now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from datetime import datetime

from django.db import transaction

from booking.alerts.state import (
    Event,
    State,
    call_off_page,
    lock_latest,
    lock_seen,
    note,
    save,
)
from booking.changes import audit
from booking.identifiers.actors import Actor, ActorKind, kind_of, staff_key
from booking.models import Alert, AuditAction, Referral, Staff
from booking.worklists import rows, subjects

Reason, End = Alert.Reason, Referral.End
BY_A_LEAD = [Reason.NOT_NEEDED, Reason.ELSEWHERE, Reason.NOT_WANTED, Reason.MISTAKE]
"""Reasons that a lead may give while the request is open."""
LONGEST_WORDS = 150


class ReasonMissing(ValueError):
    """A lead closes an alert, and does not say why."""


def close(
    alert_id: int, version: int, reason: str, words: str, *, now: datetime, actor: Actor
) -> Alert:
    """Close an alert for a lead, and put on the list that the referrer must be told.

    Of a request that has ended the reason is that. Raises ReasonMissing without a reason and
    words of one's own, and AlertChanged.
    """
    words = words.strip()[:LONGEST_WORDS]
    with transaction.atomic():
        alert = lock_seen(alert_id, version)
        allowed = [Reason.ENDED] if alert.referral.ended_at else BY_A_LEAD
        if reason not in allowed or not words:
            raise ReasonMissing
        _close(alert, Reason(reason), words, now, actor)
        if alert.referral.end_reason != End.WITHDRAWN:
            _tell_referrer(alert, now, actor)
    return alert


def downgraded(referral: Referral, why: str, *, now: datetime, actor: Actor) -> None:
    """Close the alert of a referral that is less urgent now, with who said so and why.

    Belongs in the transaction of the change.
    """
    alert = lock_latest(referral.pk)
    if alert and alert.is_open:
        _close(alert, Reason.LESS_URGENT, why, now, actor)
        _tell_referrer(alert, now, actor)


def referral_ended(referral: Referral, reason: str, *, now: datetime, actor: Actor) -> None:
    """Follow the end of a referral. Belongs in its transaction.

    A death, a trust's own system and a lead close the alert. Ended by anybody else it stays on
    the screen, nobody is told any more, and a lead closes it: no list's button takes it away.
    """
    alert = lock_latest(referral.pk)
    if alert is None or not alert.is_open:
        return
    if reason == End.DIED:
        _close(alert, Reason.DIED, "", now, actor)
    elif _may_close(actor):
        words = str(End(reason).label)
        _close(alert, Reason.ENDED, words, now, actor)
        if staff_key(actor) and reason != End.WITHDRAWN:
            _tell_referrer(alert, now, actor)
    else:
        alert.next_at = None
        call_off_page(alert, now=now)
        save(alert)
        note(alert, Event.REFERRAL_ENDED, now=now, actor=actor, detail=str(End(reason).label))


def close_nobody_row(alert: Alert, *, now: datetime, actor: Actor) -> None:
    """Close the row that asked for somebody because nobody had acknowledged."""
    about = subjects.of_referral(alert.referral, subjects.Topic.ALERT)
    rows.close_about(rows.Kind.NEEDS_PERSON, about, "resolved", now=now, actor=actor)


def _may_close(actor: Actor) -> bool:
    """Whether this actor's end of a referral closes its alert: staff only if they are a lead."""
    key = staff_key(actor)
    if key is None:
        return kind_of(actor) != ActorKind.PATIENT
    return Staff.objects.filter(pk=key, role=Staff.Role.LEAD).exists()


def _close(alert: Alert, reason: Alert.Reason, words: str, now: datetime, actor: Actor) -> None:
    alert.state, alert.next_at = State.CLOSED, None
    alert.closed_at, alert.closed_by = now, actor
    alert.close_reason, alert.close_words = reason, words
    call_off_page(alert, now=now)
    save(alert)
    said = f"{reason.label}: {words}" if words else str(reason.label)
    note(alert, Event.CLOSED, now=now, actor=actor, detail=said)
    audit.write(
        AuditAction.ALERT_CLOSED, now=now, actor=actor, referral=alert.referral, alert=alert.pk,
        reason=str(reason),
    )  # fmt: skip
    close_nobody_row(alert, now=now, actor=actor)


def _tell_referrer(alert: Alert, now: datetime, actor: Actor) -> None:
    rows.open_row(
        rows.Kind.NEEDS_PERSON,
        subjects.of_referral(alert.referral, subjects.Topic.REFERRER),
        f"Suspected cancer, closed: {Reason(alert.close_reason).label}. Tell the referrer.",
        now=now,
        actor=actor,
    )
