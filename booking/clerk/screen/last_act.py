"""What this clerk has just done: the words to read to the caller, and for 30 seconds an undo."""

from dataclasses import dataclass

from booking.clerk.screen.case import Case
from booking.clerk.script import Script, script_of
from booking.messages.outlook import outlook_of
from booking.models import Appointment, AuditAction


@dataclass(frozen=True)
class LastAct:
    """A booking, change or cancellation that can still be undone, and what is read out of it."""

    appointment: Appointment
    script: Script


def show_last_act(case: Case) -> LastAct | None:
    """Return the last act on the patient, if who looks did it and can still undo it.

    What anybody did after it takes its place: words of before would not be true any more.
    """
    step = case.last_step
    if step is None:
        return None
    for one in case.appointments:
        if one.pk == step.appointment_id and one.version == step.detail["version"]:
            script = script_of(one, AuditAction(step.action), outlook_of(one, case.now))
            return LastAct(one, script)
    return None
