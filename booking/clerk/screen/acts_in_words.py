"""What the audit, the lists and the texts know of a request, as sentences: who did what.

Words only; booking/clerk/screen/history.py reads what they are made of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices

from booking.appointments.why_off import EXAM_CHANGED, FOR_THE_PATIENT
from booking.clerk.caller import BOOK_REASONS, CANCEL_REASONS, CHANGE_REASONS
from booking.models import AuditAction, AuditEntry, Offer, Referral, WorklistEvent
from booking.pages.filters import lower_first
from notifications.models import Message, State
from times.london import say_day, say_time

A = AuditAction
LOOKS = {
    A.VIEWED: "opened the patient",
    A.LISTED: "saw the patient on a list",
    A.READ: "read the request or the booking",
    A.OPENED_WITH_REASON: "opened a patient of another trust",
    A.OPENING_ASKED: "asked to open a patient of another trust",
    A.OPENING_ALLOWED: "let a colleague open a patient of another trust",
    A.OPENING_REFUSED: "said no to opening a patient of another trust",
    A.TEXTS_SEEN: "read the texts",
    A.TEXT_SEEN: "read a text",
    A.ANSWERS_SEEN: "read the answers to the questions",
    A.PHONE_LIST: "took a phone list",
    A.DAY_LIST: "took a day list",
    A.LETTER_SHOWN: "printed a letter",
    A.EXPORTED: "took a table as a file",
    A.ERASED: "erased what need not be kept",
    A.LEGAL_HOLD_SET: "set a legal hold",
    A.LEGAL_HOLD_LIFTED: "lifted a legal hold",
}
"""What was only looked at: who has looked is a page of its own."""
DONE = {
    A.REFERRED: "sent the request",
    A.ADDED_TO: "sent more about the patient",
    A.REOPENED: "opened the request again",
    A.DIED: "wrote down that the patient has died",
    A.NOT_DIED: "wrote down that the patient has not died",
    A.NUMBER_CHANGED: "changed the trust’s own number",
    A.MOBILE_CORRECTED: "corrected the mobile number",
    A.REACH_CHANGED: "changed how to reach the patient",
    A.NEEDS_CHANGED: "changed what the patient needs",
    A.MERGED: "joined two records of the patient",
    A.UNMERGED: "took two records apart",
    A.NOTE_ADDED: "wrote a note",
    A.DETAILS_TEXTED: "had the details texted again",
    A.TEXT_SENT_AGAIN: "sent a text again",
    A.SAID_YES: "said by text: I will come",
    A.ANSWERED: "answered a question before the scan",
    A.ANSWER_OVERRIDDEN: "let something else follow from an answer",
    A.RELEASED: "let go of the time that was held",
    A.ATTENDED: "wrote down that the patient came",
    A.DID_NOT_ATTEND: "wrote down that the patient did not come",
    A.SOONER_ON: "asked for something sooner",
    A.SOONER_CHANGED: "changed what sooner times would do",
    A.SOONER_OFF: "stopped looking for something sooner",
    A.SOONER_PAUSED: "paused the look for something sooner: three texts had no answer",
    A.ALERT_RAISED: "told the imaging team",
    A.ALERT_ACKNOWLEDGED: "saw to the urgent request",
    A.ALERT_REOPENED: "told the imaging team again",
    A.ALERT_CLOSED: "closed the alert of the urgent request",
    A.CLINIC_CHANGED: "changed what becomes of the lost time",
    A.ENDED: "ended the request",
    A.OFFER_ANSWERED: "answered the offer",
}
"""What needs no more than the act itself."""
WITH_TIME = {
    A.HELD: "held {time} for the patient",
    A.BOOKED: "booked {time}",
    A.MOVED: "changed the appointment to {time}",
    A.CANCELLED: "cancelled {time}",
    A.DISPLACED: "took away {time}",
    A.PLACE_CHANGED: "gave the place of {time} another name, or moved the scanner",
    A.REFUSED: "did not confirm {time}",
    A.CONFIRMED: "confirmed {time}",
    A.OFFERED: "offered {time}",
}
CALLS = {
    A.CALL_CHECKED: "checked who was on the phone",
    A.CALL_ENDED: "ended a call",
}
"""What a call's own line says better, where the call is read."""
UNDID: dict[str, str] = {
    A.BOOKED: "undid the booking of {time}",
    A.MOVED: "undid the change: it is {time} again",
    A.CANCELLED: "undid the cancellation of {time}",
    A.DID_NOT_ATTEND: "undid “did not come”",
}
NOT_ABOUT_PATIENTS = {
    A.UNLOCKED, A.SIGNED_IN, A.SIGN_IN_FAILED, A.SIGNED_OUT, A.LOSS_RELEASED, A.LOSS_KEPT,
    A.FEED_SET, A.FEED_READ_NOW, A.CLINIC_LOST, A.CLINIC_CONFIRMED, A.CLINIC_BACK,
    A.STAFF_PHONE_SET, A.SHIFT_SET, A.SHIFT_REMOVED, A.RESERVED_SET, A.KEY_MADE, A.KEY_REVOKED,
    A.PLACES_SET, A.TARGET_SET, A.TARGET_TAKEN_AWAY, A.REBASED, A.REBASE_TAKEN_AWAY,
    A.EXAMS_PUBLISHED, A.QUESTIONS_PUBLISHED, A.ACCOUNT_MADE, A.ACCOUNT_CHANGED, A.ROLE_CHANGED,
    A.ACCOUNT_OFF, A.ACCOUNT_ON, A.PASSWORD_GIVEN, A.SECOND_FACTOR_FORGOTTEN,
    A.PROVIDER_LINKED, A.PROVIDER_FORGOTTEN, A.SIGNED_OUT_EVERYWHERE,
    A.SECOND_FACTOR_SET, A.RECOVERY_CODES_MADE, A.PASSWORD_CHANGED, A.WEBHOOK_SET,
    A.WEBHOOK_STOPPED, A.SUCCESSOR_SET,
    A.FENCE_RAISED, A.FENCE_SENT, A.FENCE_DROPPED, A.FENCE_LIFTED,
}  # fmt: skip
"""Acts that stand in nobody's history."""
REASONS = {
    **BOOK_REASONS,
    **CHANGE_REASONS,
    **CANCEL_REASONS,
    FOR_THE_PATIENT: "the patient told it",
    EXAM_CHANGED: "the scan was changed, the time did not suit it",
    "took one": "took one",
}
"""Reasons that are kept as codes. Others were typed, or are of a hospital’s system."""
ROW_ACTS = {
    "opened": "put this on the list",
    "taken": "took it from the list",
    "given back": "gave it back to the list",
    "given": "gave it to a colleague, from the list",
    "noted": "noted on the list",
    "closed": "took it off the list",
    "reopened": "put it back on the list",
    "tried": "phoned, from the list",
    "done": "did, from the list",
    "next": "came to the next step, on the list",
    "texted": "asked by text to phone us, from the list",
}
TEXT_STATES = {
    State.SCHEDULED: "goes at {at}",
    State.READY: "is about to go",
    State.SENDING: "is being sent",
    State.ACCEPTED: "sent at {at}, no receipt yet",
    State.DELIVERED: "sent at {at}, delivered",
    State.UNDELIVERED: "sent at {at}, did not arrive",
    State.UNKNOWN: "may have gone: nobody knows",
    State.FAILED: "did not go",
    State.CANCELLED: "did not go: something newer took its place",
    State.SUPPRESSED: "did not go: no mobile, or the patient wants no texts",
    State.EXPIRED: "did not go: too late to be of use",
}


@dataclass(frozen=True)
class Known:
    """What sentences are made with: where and when a slot is, what an exam is called."""

    times: Mapping[int, tuple[datetime, str]]
    places: Mapping[int, str]
    exams: Mapping[str, str]


def say_entry(entry: AuditEntry, known: Known) -> str:
    """Return what somebody did, without who: "booked 9am on Tuesday 2 December, Furness"."""
    action, detail = AuditAction(entry.action), entry.detail
    match action:
        case A.URGENCY_CHANGED:
            was, to = (_label(Referral.Urgency, detail.get(key, "")) for key in ("was", "to"))
            said = f"changed how urgent it is, from {was} to {to}"
            return _with("put the clock start earlier" if was == to else said, reason_of(entry))
        case A.EXAM_CHANGED:
            was, to = (known.exams.get(code, code) for code in (detail["was"], detail["to"]))
            return f"changed the scan from {was} to {to}"
        case A.UNDONE:
            said = UNDID.get(detail.get("undid", ""), "undid what was done to {time}")
            return said.format(time=_time(entry, known))
        case A.OFFER_ENDED:
            return _with("ended the offer", _label(Offer.State, detail.get("state", "")))
        case _ if action in WITH_TIME:
            said = WITH_TIME[action].format(time=_time(entry, known))
            return _with(said, reason_of(entry))
    return _with({**DONE, **LOOKS, **CALLS}.get(action, str(action)), reason_of(entry))


def say_event(event: WorklistEvent) -> str:
    """Return what became of a row: "took it from the list Not booked"."""
    act = ROW_ACTS.get(event.action, event.action)
    more = event.row.reason if event.action == "opened" else event.detail
    return _with(f"{act} “{event.row.get_kind_display()}”", more)


def say_text(message: Message) -> str:
    """Return how far a text has come: "sent at 9:01am, delivered"."""
    at = message.accepted_at or message.due_at
    return TEXT_STATES[State(message.state)].format(at=f"{say_time(at)} on {say_day(at)}")


def reason_of(entry: AuditEntry) -> str:
    """Return why it was done, as people say it; empty if nobody said."""
    reason = str(entry.detail.get("reason", ""))
    if reason in Referral.End.values:
        return str(Referral.End(reason).label)
    return "" if reason == "other" else lower_first(REASONS.get(reason, "")) or reason


def _time(entry: AuditEntry, known: Known) -> str:
    """Return the time that an act was about, as it was then; of old entries as its slot is now."""
    start, place = entry.detail.get("start"), known.places.get(entry.detail.get("site", 0), "")
    if start:
        return _say_time(datetime.fromisoformat(start), place)
    found = known.times.get(entry.detail.get("slot", 0))
    return _say_time(*found) if found else "a time"


def _say_time(start: datetime, place: str) -> str:
    when = f"{say_time(start)} on {say_day(start)}"
    return f"{when}, {place}" if place else when


def _label(choices: type[TextChoices], value: str) -> str:
    return str(choices(value).label) if value in choices.values else value


def _with(said: str, more: str) -> str:
    return f"{said}: {more}" if more else said
