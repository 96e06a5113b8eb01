"""Whether a patient is texted: will one go, has it gone, and when do the next. Pages say only this.

Reads only. `now` is passed in, aware, UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import QuerySet

from booking.messages.texts import subject_of
from booking.models import Appointment, Patient, Referral
from notifications import outbox, provider, timing
from notifications.attention import Reason
from notifications.models import NOT_TOLD, REMINDERS, WAITING, Kind, Message, State
from times.together import Part, read

TELLING = (
    Kind.CONFIRMATION, Kind.PENDING, Kind.CONFIRMED, Kind.CHANGED, Kind.DETAILS,
    Kind.CANCELLED_BY_YOU, Kind.DISPLACED, Kind.ENDED,
)  # fmt: skip
"""Kinds of text by which a patient knows how an appointment stands."""


SOON = timedelta(minutes=2)
"""A text that goes within it is on its way: an undo may wait half a minute."""


class NoText(StrEnum):
    """Why no text goes to a patient."""

    DIED = "died"
    NO_MOBILE = "no_mobile"
    NOT_A_MOBILE = "not_a_mobile"
    NOT_IN_USE = "not_in_use"
    OPTED_OUT = "opted_out"


_WHY = {
    Reason.NO_MOBILE: NoText.NO_MOBILE,
    Reason.NOT_A_MOBILE: NoText.NOT_A_MOBILE,
    Reason.NOT_IN_USE: NoText.NOT_IN_USE,
    Reason.OPTED_OUT: NoText.OPTED_OUT,
}


class News(StrEnum):
    """What became of the text about a state of an appointment."""

    NONE = ""
    """None was written, or a newer one took its place."""
    LATER = "later"
    """It waits for its hour, or for another try."""
    HELD = "held"
    """It waits until a setting of ours is put right, which keeps all texts back."""
    GOING = "going"
    GONE = "gone"
    FAILED = "failed"
    """It did not reach the patient."""


@dataclass(frozen=True)
class Outlook:
    """What may be said of texts: why none goes, what became of the last, when reminders go."""

    why_not: NoText | None
    news: News = News.NONE
    goes_at: datetime | None = None
    """When a text that waits may go, at the soonest."""
    reminders: list[datetime] = field(default_factory=list)


def why_no_text(patient: Patient) -> NoText | None:
    """Return why no text goes to this patient, None if texts do."""
    return read(reason_against(patient))


def reason_against(patient: Patient) -> Part[NoText | None]:
    """Read what why_no_text says."""
    if patient.died_at:
        return NoText.DIED
    reason = yield from outbox.reason_against(patient.mobile)
    return _WHY[reason] if reason else None


def are_texts_held() -> bool:
    """Return whether a setting of ours keeps all texts back just now."""
    return provider.at_fault() is not None


def outlook_of(appointment: Appointment, now: datetime) -> Outlook:
    """Return what became of the text about an appointment as it is, and what goes after it."""
    about = Message.objects.filter(
        subject=appointment.reference, subject_version=appointment.version
    )
    waiting = about.filter(kind__in=REMINDERS, state__in=WAITING).order_by("due_at")
    return _outlook(
        appointment.referral.patient,
        about.filter(kind__in=TELLING),
        now,
        list(waiting.values_list("due_at", flat=True)),
    )


def outlook_of_invitation(referral: Referral, now: datetime) -> Outlook:
    """Return what became of the text that says that a patient can book."""
    about = Message.objects.filter(subject=subject_of(referral), kind=Kind.INVITATION)
    return _outlook(referral.patient, about, now, [])


def _outlook(
    patient: Patient, about: QuerySet[Message], now: datetime, reminders: list[datetime]
) -> Outlook:
    why_not = why_no_text(patient)
    last = about.exclude(state=State.CANCELLED).order_by("-created_at").first()
    news, goes_at = _what_became(last, why_not, now) if last else (News.NONE, None)
    return Outlook(why_not, news, goes_at, [] if why_not else reminders)


def _what_became(
    text: Message, why_not: NoText | None, now: datetime
) -> tuple[News, datetime | None]:
    """Return how far a text has come, and from when on it may go if it has to wait."""
    if text.state in NOT_TOLD:
        return News.FAILED, None
    if text.state in (State.ACCEPTED, State.DELIVERED):
        return News.GONE, None
    if text.state in WAITING:
        if why_not:  # it will be held back when its turn comes
            return News.FAILED, None
        due_at = max(text.due_at, now)
        opens_at = timing.first_open(text.kind, text.on_day, due_at, text.scan_at)
        if opens_at > now + SOON:
            return News.LATER, opens_at
        if are_texts_held():
            return News.HELD, None
    return News.GOING, None
