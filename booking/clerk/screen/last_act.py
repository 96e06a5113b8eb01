"""What this clerk has just done: the words to read to the caller, and for 30 seconds an undo."""

from dataclasses import dataclass

from booking.clerk import caller
from booking.clerk.screen.case import Case
from booking.identifiers.codes import format_code
from booking.models import Appointment, Staff


@dataclass(frozen=True)
class LastAct:
    """A booking, change or cancellation that can still be undone."""

    appointment: Appointment
    confirmation: str
    """What is read to the caller; empty after a cancellation."""


def show_last_act(case: Case, staff: Staff) -> LastAct | None:
    """Return what this clerk can still undo, if anything."""
    for one in case.appointments:
        if caller.can_undo(one, staff, case.now):
            words = (
                caller.confirmation_script(one, format_code(one.reference)) if one.is_live else ""
            )
            return LastAct(one, words)
    return None
