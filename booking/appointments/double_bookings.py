"""A time that a trust had given away before it was booked here: who has it, the trust says."""

from datetime import datetime

from booking.identifiers.actors import Actor
from booking.models import Appointment, WorklistRow
from booking.worklists import rows, subjects


def ask_who_has_it(appointment: Appointment, *, now: datetime, actor: Actor) -> None:
    """Ask a clerk about a time that its trust had given away before it was booked here, once.

    Nobody is displaced: what the trust answers decides.
    """
    about = subjects.of_double(appointment)
    if WorklistRow.objects.filter(kind=rows.Kind.NEEDS_PERSON, about=about.about).exists():
        return
    reason = "The hospital had given this time to somebody else before. Ask it who has it."
    rows.open_row(rows.Kind.NEEDS_PERSON, about, reason, now=now, actor=actor)


def close_double(appointment: Appointment, now: datetime, actor: Actor) -> None:
    """Close the question who has a time: the trust has answered, or it is another time now."""
    asked = WorklistRow.objects.filter(
        kind=rows.Kind.NEEDS_PERSON,
        about__startswith=subjects.Topic.DOUBLE.prefix,
        appointment=appointment,
        closed_at=None,
    )
    for row in asked:
        rows.close_row(row, rows.Outcome.RESOLVED, now=now, actor=actor)
