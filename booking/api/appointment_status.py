"""Which of FHIR's Appointment statuses a partner may send, and what each means here.

Each has one meaning or is refused with those that have: nothing is booked, kept or cancelled by a
word that says something else.
"""

CREATED = "booked"
ANSWERED = ("booked", "cancelled", "fulfilled", "noshow")

_ON_CREATE = {
    "proposed": "A proposal is no booking, and nothing is kept for one",
    "pending": "Whether the trust has yet to confirm is answered, not asked for",
    "waitlist": "There is no waiting list here",
    "entered-in-error": "There is nothing yet that could be an error",
}
_ON_UPDATE = {
    "proposed": "What is booked is no proposal any more",
    "pending": "It is pending by itself until the trust that scans says booked or cancelled",
    "arrived": "Say fulfilled once the patient came",
    "checked-in": "Say fulfilled once the patient came",
    "waitlist": "There is no waiting list here: say cancelled",
    "entered-in-error": "Say cancelled, with the cancelationReason oth-err",
}
_NOT_YET = frozenset(("arrived", "checked-in", "fulfilled", "noshow", "cancelled"))


class StatusNotTaken(ValueError):
    """A status that is not taken here; the text says which are, and why not this one."""


def check_new(status: str) -> None:
    """Raise StatusNotTaken unless an Appointment may be made with this status."""
    if status != CREATED:
        not_yet = "A new one cannot have that yet" if status in _NOT_YET else "It is not FHIR’s"
        why = _ON_CREATE.get(status, not_yet)
        raise StatusNotTaken(f"status: {why}. A new Appointment is {CREATED}.")


def check_answer(status: str) -> None:
    """Raise StatusNotTaken unless an Appointment may be given this status."""
    if status not in ANSWERED:
        why = _ON_UPDATE.get(status, "It is not FHIR’s")
        raise StatusNotTaken(f"status: {why}. Taken are {', '.join(ANSWERED)}.")
