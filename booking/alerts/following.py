"""What becomes of an alert when an appointment changes: it follows what is so, not what was done.

Receives `appointment_changed`, in the transaction of the change.
"""

from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField
from django.dispatch import receiver

from booking.alerts.raising import open_again
from booking.alerts.state import (
    Event,
    State,
    call_off_page,
    live_appointment,
    lock_latest,
    note,
    save,
    settle,
)
from booking.appointments.signals import anything_of, appointment_changed, told_where
from booking.identifiers.actors import Actor
from booking.models import Alert, Appointment, AuditAction
from times.london import say_date, say_time
from times.written import Filled

WHY = {
    AuditAction.CANCELLED: "the appointment was cancelled",
    AuditAction.DISPLACED: "the hospital took the time away",
    AuditAction.REFUSED: "the hospital cannot give the time",
    AuditAction.DID_NOT_ATTEND: "the patient did not come",
    AuditAction.UNDONE: "the booking was taken back",
}


_ALERTS = anything_of(
    lambda referral: Alert.objects.filter(referral_id=referral), referral=BigIntegerField()
)


def _alerts(*, appointment: Appointment, **_said: Any) -> Filled:
    return _ALERTS(referral=appointment.referral_id)


@receiver(appointment_changed, dispatch_uid="booking.alerts.following.follow")
@told_where(_alerts)
def follow(
    *, appointment: Appointment, action: AuditAction, now: datetime, actor: Actor, **_signal: Any
) -> None:
    """Bring the alert of an appointment's referral, if it has one, into line with what is booked.

    What a lead or a downgrade closed stays closed.
    """
    alert = lock_latest(appointment.referral_id)
    if alert is None or alert.state == State.CLOSED:
        return
    if _attended(alert):
        if alert.is_open:
            _scanned(alert, appointment, now, actor)
        return
    if live_appointment(alert.referral_id) is None:
        if alert.appointment_id or alert.state == State.SCANNED:
            why = WHY.get(action, "nothing is booked any more")
            open_again(alert, why, now=now, actor=actor)
        return
    if alert.state == State.SCANNED:
        open_again(alert, WHY.get(action, "not scanned after all"), now=now, actor=actor)
        return
    _booked(alert, action, now, actor)


def _booked(alert: Alert, action: AuditAction, now: datetime, actor: Actor) -> None:
    changed = settle(alert, now=now)
    live = alert.appointment
    if live is None or not (changed or action == AuditAction.MOVED):
        return
    save(alert)
    late = ", after the day of the scan" if alert.books_late else ""
    when = f"{say_time(live.start)}, {say_date(live.start)}{late}"
    note(alert, Event.BOOKED, now=now, actor=actor, detail=when)


def _scanned(alert: Alert, appointment: Appointment, now: datetime, actor: Actor) -> None:
    alert.state, alert.appointment, alert.next_at = State.SCANNED, appointment, None
    alert.closed_at, alert.closed_by = now, actor
    call_off_page(alert, now=now)
    save(alert)
    note(alert, Event.SCANNED, now=now, actor=actor)


def _attended(alert: Alert) -> bool:
    return Appointment.objects.filter(
        referral=alert.referral_id, status=Appointment.Status.ATTENDED
    ).exists()
