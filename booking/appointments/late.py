"""Suspected cancer booked after its target day: the team is told, while that stands.

Whoever books such a time has said twice that they want it; what nobody can press away is that
somebody looks for a sooner one. `now` is passed in, aware, UTC.
"""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from booking.appointments.signals import appointment_changed
from booking.identifiers.actors import Actor
from booking.models import Appointment, Referral
from booking.waits.targets import later_than_target
from booking.worklists import rows, subjects
from times.london import say_day


@receiver(appointment_changed, dispatch_uid="booking.appointments.late.follow")
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
