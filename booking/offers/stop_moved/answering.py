"""What a yes or a no to the other place does. `now` is passed in, aware, UTC."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from booking.appointments import booking
from booking.identifiers.actors import Actor
from booking.models import Appointment, StopQuestion
from booking.offers.stop_moved.asking import State, close_row

STOP_MOVED = "stop_moved"
"""Why the audit says that somebody cancelled whom another place does not suit."""
WAITS = (State.OPEN, State.SILENT)
"""Of these an answer counts."""


class StopAnswered(Exception):
    """Another answer, or something newer, was first: this one did nothing."""


def open_question(appointment: Appointment) -> StopQuestion | None:
    """Return what is asked about an appointment as it is; also where a person phones meanwhile."""
    return open_questions().filter(appointment=appointment, version=appointment.version).first()


def open_questions() -> QuerySet[StopQuestion]:
    """Return what is asked and waits for an answer, also about appointments that have changed."""
    return StopQuestion.objects.filter(state__in=WAITS).select_related("was_at")


def keep(question: StopQuestion, *, now: datetime, actor: Actor) -> None:
    """Note that the other place suits: nothing about the appointment changes.

    Raises StopAnswered.
    """
    with transaction.atomic():
        _answered(question, State.KEPT, WAITS, now)
        close_row(question.appointment, now, actor)


def decline(question: StopQuestion, *, now: datetime, actor: Actor) -> None:
    """Free the time and put the patient on the list of those to rebook.

    Raises StopAnswered, and booking.AppointmentChanged if something newer happened to the
    appointment.
    """
    made = question.appointment
    with transaction.atomic():
        booking.cancel(made, question.version, now=now, actor=actor, reason=STOP_MOVED)
        # The cancellation has ended the question, if nobody had answered it.
        _answered(question, State.DECLINED, (*WAITS, State.OVER), now)
        close_row(made, now, actor)


def _answered(
    question: StopQuestion,
    state: StopQuestion.State,
    was: tuple[StopQuestion.State, ...],
    now: datetime,
) -> None:
    """Of two answers at once the second changes nothing."""
    same = StopQuestion.objects.filter(pk=question.pk, state__in=was)
    if not same.update(state=state, answered_at=now):
        raise StopAnswered
