"""An alert's row: how it is locked, what its state follows from, and what is noted of it.

Its row is locked after appointments (docs/locking.md). `now` is passed in, aware, UTC. `actor` is
who does it, as AuditEntry says it.
"""

from datetime import datetime

from booking.alerts import chain, dates
from booking.changes import transactions
from booking.identifiers.actors import Actor
from booking.models import Alert, AlertEvent, Appointment, Referral
from booking.models.alert import OPEN
from booking.models.appointment import LIVE
from notifications import emails, outbox

State, Event = Alert.State, AlertEvent.Kind


class AlertChanged(Exception):
    """The alert is not as the caller saw it."""


def lock(alert_id: int) -> Alert:
    """Return an alert as it is now; nobody else changes it until the transaction ends."""
    transactions.must_be_in_transaction("Changing an alert")
    return Alert.objects.select_for_update(no_key=True, of=("self",)).get(pk=alert_id)


def lock_latest(referral_id: int) -> Alert | None:
    """Return the referral's last alert, locked; None if it never had one."""
    transactions.must_be_in_transaction("Changing an alert")
    of_referral = Alert.objects.filter(referral=referral_id)
    locked = of_referral.select_for_update(no_key=True, of=("self",))
    return locked.order_by("-pk").first()


def lock_seen(alert_id: int, version: int) -> Alert:
    """Return an open alert, locked, that still has the version seen. Raises AlertChanged."""
    alert = lock(alert_id)
    if alert.version != version or not alert.is_open:
        raise AlertChanged
    return alert


def live_appointment(referral_id: int) -> Appointment | None:
    """Return what is booked of a referral, as it is now."""
    return Appointment.objects.filter(referral=referral_id, status__in=LIVE).first()


def settle(alert: Alert, *, now: datetime) -> bool:
    """Give an open alert the state that follows from what is booked, and who acknowledged it.

    A time after the day of the scan that nobody acknowledged is not enough: the team must look.
    Returns whether the state or what is booked changed; whoever calls saves it.
    """
    live, was = live_appointment(alert.referral_id), alert.state
    booked_before = alert.appointment_id
    alert.appointment = live
    if live and (alert.acknowledged_at or live.start <= alert.scan_by):
        alert.state, alert.next_at = State.BOOKED, None
    elif alert.acknowledged_at:
        alert.state = State.ACKNOWLEDGED
        alert.next_at = dates.book_again_by(alert.book_by, now=now)
    elif was != State.RAISED:
        begin_chain(alert, now=now)
    if alert.state != State.RAISED:
        call_off_page(alert, now=now)
    return (alert.state, alert.appointment_id) != (was, booked_before)


def begin_chain(alert: Alert, *, now: datetime) -> None:
    """Let the chain of people begin, from its first place, as the settings have it now."""
    alert.state = State.RAISED
    alert.acknowledged_at, alert.acknowledged_by = None, ""
    alert.chain = chain.as_set()
    alert.level = alert.round = 0
    alert.next_at = now


def call_off_page(alert: Alert, *, now: datetime) -> None:
    """Stop what was sent last and has not left yet, unless it is about another alert as well."""
    page, alert.page = alert.page, ""
    others = Alert.objects.filter(page=page, state=State.RAISED).exclude(pk=alert.pk)
    if page and not others.exists():
        outbox.cancel_unsent(page, before_version=chain.PAGE_VERSION + 1, now=now)
        emails.call_off(page, now=now)


def save(alert: Alert) -> None:
    """Write a locked alert, as its next version."""
    alert.version += 1
    alert.save()


def note(
    alert: Alert,
    kind: AlertEvent.Kind,
    *,
    now: datetime,
    actor: Actor,
    whom: str = "",
    detail: str = "",
) -> None:
    """Add to the history of an alert."""
    AlertEvent.objects.create(
        alert=alert, at=now, actor=actor, kind=kind, whom=whom, detail=detail[:200]
    )


def open_alert(referral: Referral) -> Alert | None:
    """Return the open alert of a referral, if it has one."""
    return Alert.objects.filter(referral=referral, state__in=OPEN).first()
