"""A call in words: who called, what was checked, what was done in it.

Words only; what is true of a call is in `booking.patients.calls`.
"""

from collections.abc import Iterable

from booking.models import AuditAction, AuditEntry, Call
from booking.patients.calls import is_checked
from times.london import say_time

GAVE = {
    Call.Check.BORN: "date of birth",
    Call.Check.ADDRESS: "address",
    Call.Check.NUMBER: "a number of theirs",
}
"""What a caller gave, in a few words."""
SAY_NOTHING = (
    "Say nothing about a scan: not what, not when, not where, not that there is one. Take a"
    " message, or ask that the patient phones us."
)
"""What holds for who may not speak for the patient."""
NOT_BEFORE = "Say nothing about a scan yet: not what, not when, not where, not that there is one."
"""What holds until it is sure who calls."""
DONE = {
    AuditAction.BOOKED: "a time was booked",
    AuditAction.MOVED: "an appointment was changed",
    AuditAction.CANCELLED: "an appointment was cancelled",
    AuditAction.UNDONE: "the last step was taken back",
    AuditAction.HELD: "a time was held",
    AuditAction.ENDED: "a request was ended",
    AuditAction.REOPENED: "a request was opened again",
    AuditAction.DIED: "a death was written down",
    AuditAction.MOBILE_CORRECTED: "the mobile number was changed",
    AuditAction.REACH_CHANGED: "ways to reach the patient were changed",
    AuditAction.NEEDS_CHANGED: "needs were changed",
    AuditAction.NOTE_ADDED: "a note was written",
    AuditAction.DETAILS_TEXTED: "the details were texted again",
    AuditAction.ANSWERED: "questions were answered",
    AuditAction.URGENCY_CHANGED: "how urgent it is was changed",
    AuditAction.EXAM_CHANGED: "the scan was changed",
    AuditAction.ATTENDED: "it was noted that they came",
    AuditAction.DID_NOT_ATTEND: "it was noted that they did not come",
    AuditAction.SOONER_ON: "they wait for something sooner",
    AuditAction.SOONER_CHANGED: "what they wait for was changed",
    AuditAction.SOONER_OFF: "they wait for nothing sooner any more",
    AuditAction.OFFER_ANSWERED: "an offer was answered",
}
"""What the next page says of a call that has ended; what is not here is not said."""


def say_caller(call: Call) -> str:
    """Return who called: "the patient", "Mary Fell, for the patient"."""
    match Call.Caller(call.caller):
        case Call.Caller.PATIENT:
            return "the patient"
        case Call.Caller.INTERPRETER:
            name = f" {call.caller_name}" if call.caller_name else ""
            return f"the patient, with an interpreter{name}"
        case Call.Caller.PARENT:
            return f"{call.caller_name}, a parent or guardian"
        case Call.Caller.CONTACT:
            return call.caller_name or "somebody whom the patient named"
    return call.caller_name or "somebody else"


def say_checked(call: Call) -> str:
    """Return what a caller gave, in a few words; empty if nothing."""
    return ", ".join(GAVE[check] for check in Call.Check if check in call.checked)


def say_call(call: Call) -> str:
    """Return a call as a line of the patient's history: who, what was checked, until when."""
    if call.tried:
        return f"{call.staff.name} phoned: {call.get_tried_display().lower()}"
    checked = f"checked: {say_checked(call)}" if is_checked(call) else "not checked who it was"
    until = f", until {say_time(call.ended_at)}" if call.ended_at else ""
    return f"{call.staff.name} spoke with {say_caller(call)}{until}; {checked}"


def say_done_in(acts: Iterable[AuditEntry]) -> str:
    """Return what was done while a call went on, each kind of thing once, in its order."""
    said = dict.fromkeys(DONE[AuditAction(act.action)] for act in acts if act.action in DONE)
    # What was held and then booked was booked.
    if len(said) > 1 and DONE[AuditAction.BOOKED] in said:
        said.pop(DONE[AuditAction.HELD], None)
    words = "; ".join(said) or "nothing was changed"
    return f"The call is ended: {words}."
