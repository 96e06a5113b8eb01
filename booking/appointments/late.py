"""Suspected cancer booked after its target day: the team is told, while that stands.

Whoever books such a time has said twice that they want it; what nobody can press away is that
somebody looks for a sooner one. `now` is passed in, aware, UTC.
"""

from datetime import datetime
from typing import Any

from django.db.models import CharField
from django.dispatch import receiver

from booking.appointments.signals import anything_of, appointment_changed, told_where
from booking.identifiers.actors import Actor
from booking.models import Appointment, Referral, WorklistRow
from booking.waits.targets import later_than_target
from booking.worklists import rows, subjects
from times.london import say_day
from times.written import Filled

_ROWS = anything_of(
    lambda about: WorklistRow.objects.filter(
        kind=rows.Kind.BEYOND_TARGET, about=about, closed_at=None
    ),
    about=CharField(),
)


def _rows(*, appointment: Appointment, **_said: Any) -> Filled | None:
    """Ask for the row of an appointment; None for suspected cancer, which may need one."""
    if appointment.referral.urgency == Referral.Urgency.SUSPECTED_CANCER:
        return None
    return _ROWS(about=subjects.of_appointment(appointment).about)


@receiver(appointment_changed, dispatch_uid="booking.appointments.late.follow")
@told_where(_rows)
def follow(*, appointment: Appointment, now: datetime, actor: Actor, **_others: Any) -> None:
    """Put a late appointment for suspected cancer on the team's list; take it off once it is not.

    Moved from one late day to another, it is a new row: whoever saw to the first must look again.
    """
    about, kind = subjects.of_appointment(appointment), rows.Kind.BEYOND_TARGET
    rows.close_about(kind, about, rows.Outcome.RESOLVED, now=now, actor=actor)
    if appointment.referral.urgency != Referral.Urgency.SUSPECTED_CANCER:
        return
    target = later_than_target(appointment.referral, appointment.start)
    if target and appointment.is_live and appointment.start > now:
        reason = (
            f"Booked for {say_day(appointment.start)}, after the target day, {say_day(target)}."
            " Find a sooner time."
        )
        rows.open_row(kind, about, reason, now=now, actor=actor)
