"""An alert is raised when a request is, or becomes, one of suspected cancer; once.

`now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from datetime import datetime

from booking.alerts import chain
from booking.alerts.dates import dates_of
from booking.alerts.state import Event, State, begin_chain, lock_latest, note, save, settle
from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.models import Alert, AuditAction, Exam, Referral
from times.london import day_in_england

Why, Reason = Alert.Why, Alert.Reason
OVER_WITH_THE_REFERRAL = (Reason.ENDED, Reason.DIED)


def raise_alert(referral: Referral, why: Alert.Why, *, now: datetime, actor: Actor) -> Alert | None:
    """Raise the alert of an open referral of suspected cancer; one that is open stays as it is.

    Its days count from the clock's start; after an upgrade from the day of the upgrade, as the
    national rule has it. Belongs in the transaction of the receipt or the upgrade, which keeps
    others from changing the referral. Returns None if the referral wants none.
    """
    if referral.urgency != Referral.Urgency.SUSPECTED_CANCER or referral.ended_at:
        return None
    latest = lock_latest(referral.pk)
    if latest and latest.is_open:
        return latest
    exam = Exam.objects.get(pk=referral.exam_id).code
    since = day_in_england(now) if why == Why.UPGRADED else referral.clock_start
    alert = Alert.objects.create(
        referral=referral,
        trust_id=referral.trust_id,
        why=why,
        raised_at=now,
        raised_by=actor,
        chain=chain.as_set(),
        next_at=now,
        **dates_of(exam, now=now, since=since)._asdict(),
    )
    note(alert, Event.RAISED, now=now, actor=actor, detail=str(Why(why).label))
    audit.write(AuditAction.ALERT_RAISED, now=now, actor=actor, referral=referral, alert=alert.pk)
    if settle(alert, now=now):  # booked already, and in time
        save(alert)
    return alert


def referral_reopened(referral: Referral, *, now: datetime, actor: Actor) -> None:
    """Open the alert of a referral again, with its first dates: the referral is open again.

    What a lead closed stays closed. One that never had an alert gets one.
    """
    latest = lock_latest(referral.pk)
    if latest is None:
        raise_alert(referral, Why.FOUND, now=now, actor=actor)
        return
    ended_with = latest.state == State.CLOSED and latest.close_reason in OVER_WITH_THE_REFERRAL
    if latest.is_open or latest.state == State.SCANNED or ended_with:
        open_again(latest, "the request is open again", now=now, actor=actor)


def open_again(alert: Alert, why: str, *, now: datetime, actor: Actor) -> None:
    """Open a locked alert again, at once and with its first dates; its chain begins anew."""
    alert.closed_at, alert.closed_by = None, ""
    alert.close_reason = alert.close_words = ""
    begin_chain(alert, now=now)
    settle(alert, now=now)
    save(alert)
    note(alert, Event.REOPENED, now=now, actor=actor, detail=why)
    audit.write(
        AuditAction.ALERT_REOPENED, now=now, actor=actor, referral=alert.referral, alert=alert.pk,
        reason=why,
    )  # fmt: skip
