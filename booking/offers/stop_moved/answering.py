"""What a yes or a no to the other place does. `now` is passed in, aware, UTC."""

from datetime import datetime

from django.db import transaction

from booking.appointments import booking
from booking.identifiers.actors import Actor
from booking.models import Appointment, StopQuestion
from booking.offers.stop_moved.asking import State, close_row

STOP_MOVED = "stop_moved"
"""Why the audit says that somebody cancelled whom another place does not suit."""


def open_question(appointment: Appointment) -> StopQuestion | None:
    """Return what is asked about an appointment as it is; also where a person phones meanwhile."""
    return StopQuestion.objects.filter(
        appointment=appointment,
        version=appointment.version,
        state__in=(State.OPEN, State.SILENT),
    ).first()


def keep(question: StopQuestion, *, now: datetime, actor: Actor) -> None:
    """Note that the other place suits: nothing about the appointment changes."""
    with transaction.atomic():
        _answered(question, State.KEPT, now)
        close_row(question.appointment, now, actor)


def decline(question: StopQuestion, *, now: datetime, actor: Actor) -> None:
    """Free the time and put the patient on the list of those to rebook.

    Raises booking.AppointmentChanged if something newer happened to the appointment.
    """
    made = question.appointment
    with transaction.atomic():
        booking.cancel(made, question.version, now=now, actor=actor, reason=STOP_MOVED)
        _answered(question, State.DECLINED, now)
        close_row(made, now, actor)


def _answered(question: StopQuestion, state: StopQuestion.State, now: datetime) -> None:
    StopQuestion.objects.filter(pk=question.pk).update(state=state, answered_at=now)
