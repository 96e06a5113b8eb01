"""What a clerk reads to the caller, and how staff's pages say what became of an appointment.

Words only. What is true is decided elsewhere: whether a text goes in `booking.messages.outlook`,
who took an appointment off in `booking.appointments.why_off`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.appointments.why_off import (
    BY_MISTAKE,
    EXAM_CHANGED,
    FOR_THE_PATIENT,
    REFUSED,
    By,
    Off,
)
from booking.clerk import caller
from booking.exams.preparation import in_general, instructions
from booking.identifiers.codes import format_code
from booking.messages.outlook import News, NoText, Outlook
from booking.models import Appointment, AuditAction, Offer, Referral, StopQuestion
from booking.models.appointment import Visit
from times.london import say_date, say_day, say_time, say_times

Status = Appointment.Status
ACTS = {
    AuditAction.BOOKED: "booking",
    AuditAction.MOVED: "change",
    AuditAction.CANCELLED: "cancellation",
}
NO_TEXT = {
    NoText.DIED: "The patient has died: no text goes.",
    NoText.NO_MOBILE: "There is no mobile number: no text goes.",
    NoText.NOT_A_MOBILE: "The number is not a UK mobile: no text goes.",
    NoText.NOT_IN_USE: "The number is not in use: no text goes.",
    NoText.OPTED_OUT: "The patient asked for no more texts: none goes.",
}
"""Why no text goes, for staff."""
NO_TEXT_FOR_YOU = {
    NoText.DIED: "",
    NoText.NO_MOBILE: "We have no mobile number for you, so no text comes.",
    NoText.NOT_A_MOBILE: "The number that we have for you is not a UK mobile, so no text comes.",
    NoText.NOT_IN_USE: "Texts do not get to the number that we have for you, so none comes.",
    NoText.OPTED_OUT: "You asked us for no more texts, so none comes.",
}
"""The same, as it is read to the caller."""
OUTCOMES = {
    Status.PENDING: "time has come; the hospital never confirmed it",
    Status.BOOKED: "time has come",
    Status.DISPLACED: "taken away by the hospital",
    Status.CANCELLED: "cancelled",
    Status.ATTENDED: "attended",
    Status.DID_NOT_ATTEND: "did not attend",
}
CANCELLED_BY = {
    By.PATIENT: "cancelled by the patient",
    By.STAFF: "cancelled by a clerk",
    By.HOSPITAL: "cancelled by the hospital",
    By.REFERRER: "cancelled by the trust that referred",
    By.SERVICE: "cancelled",
}


@dataclass(frozen=True)
class Script:
    """What is read to the caller after an act; `title` says which act, `act` what Undo undoes."""

    title: str
    words: str
    act: str


def script_of(appointment: Appointment, action: AuditAction, outlook: Outlook) -> Script:
    """Return what to read to the caller: of a time that the hospital has yet to confirm, that."""
    if appointment.status == Status.DISPLACED:
        words = _join(_taken_away(appointment), _texted(outlook, "to say so"))
        return Script("Taken away by the hospital", words, ACTS[action])
    if not appointment.is_live:
        words = f"Your appointment on {_when(appointment)} is cancelled."
        return Script("Cancelled", _join(words, _texted(outlook, "to say so")), ACTS[action])
    pending = appointment.status == Status.PENDING
    did = "Changed" if action == AuditAction.MOVED else "Kept" if pending else "Booked"
    if pending:
        words, texted = _kept(appointment), "this, and again when the hospital has answered"
        title = f"{did}, not confirmed yet. Read this to the caller"
    else:
        words, texted = _booked(appointment), "the details"
        title = f"{did}. Read this to the caller"
    return Script(title, _join(words, _texted(outlook, texted)), ACTS[action])


@dataclass(frozen=True)
class Standing:
    """How one request stands: all that is read out of it when a caller asks.

    `live` is its appointment to come or unmarked, `last` the latest that is over; `offer` one that
    can be answered, `offered` its visits, `waits` if they said yes and somebody before may have
    it; `stop` the question whether another place suits; `journey` the way to the place in words,
    empty if unknown.
    """

    referral: Referral
    now: datetime
    live: Appointment | None = None
    last: Appointment | None = None
    offer: Offer | None = None
    offered: Sequence[Visit] = ()
    waits: bool = False
    stop: StopQuestion | None = None
    why_not: NoText | None = None
    questions_left: int = 0
    journey: str = ""


def what_to_say(standing: Standing) -> list[str]:
    """Return what a caller may be told of a request, a paragraph each; nothing of the dead."""
    referral, live = standing.referral, standing.live
    if standing.why_not == NoText.DIED:
        return []
    if referral.ended_at:
        return [f"This request is over: {referral.get_end_reason_display()}. No time is booked."]
    is_to_come = live is not None and live.start > standing.now
    bring = instructions(referral.exam, live.visits()).bring if live else ()
    said = [_stands(standing, live), _offered(standing)]
    if not live:
        said.append(in_general(referral.exam).spoken)
        bring = in_general(referral.exam).bring
    if not live or is_to_come:
        said.append(f"Please bring: {'; '.join(bring)}." if bring else "")
        if standing.questions_left:
            said.append("I must ask you some questions before the scan.")
    if is_to_come:
        why_not = NO_TEXT_FOR_YOU[standing.why_not] if standing.why_not else ""
        said += [standing.journey, why_not]
    return [words for words in said if words]


def _stands(standing: Standing, live: Appointment | None) -> str:
    if live and live.start <= standing.now:
        return f"Your appointment was on {_when(live)}, at {_where(live)}. Did you come?"
    if live and standing.stop:
        return (
            f"The scanner for your scan on {_when(live)} was going to be at"
            f" {standing.stop.was_at.name}. It will be at {_where(live)}. The day and the time stay"
            " the same. Does that place suit you?"
        )
    if live:
        return _kept(live) if live.status == Status.PENDING else _booked(live)
    not_booked = f"You are not booked for {standing.referral.exam.name}."
    return _join(_over(standing.last), not_booked)


def _over(last: Appointment | None) -> str:
    """Return what became of the latest appointment that is over."""
    if last is None:
        return ""
    return {
        Status.CANCELLED: f"Your appointment on {_when(last)} is cancelled.",
        Status.DISPLACED: _taken_away(last),
        Status.DID_NOT_ATTEND: f"We noted that you did not come on {_when(last)}.",
        Status.ATTENDED: f"We noted that you came on {_when(last)}.",
    }.get(Status(last.status), "")


def _taken_away(appointment: Appointment) -> str:
    return (
        f"The hospital had to take away your appointment on {_when(appointment)}. Please do not"
        " come then."
    )


def _offered(standing: Standing) -> str:
    offer = standing.offer
    if offer is None:
        return ""
    slot = offer.slot
    times = say_times([start for start, _ in standing.offered or [(slot.start, slot.end)]])
    when = f"{times} on {say_date(slot.start)}, at {slot.site.name}"
    if standing.waits:
        return (
            f"You said yes to {when}. It is not yours yet: somebody before you may still have it."
        )
    own = " You keep the time that you have unless you say yes." if standing.live else ""
    return f"We are keeping {when}, for you until {_moment(offer.until)}. Would you like it?{own}"


def say_undone(appointment: Appointment) -> str:
    """Return how an appointment stands after an undo, for the clerk."""
    when = f"{_times(appointment)}, {say_date(appointment.start)}"
    if not appointment.is_live:
        return f"Undone: {when} is not booked any more."
    if appointment.status == Status.PENDING:
        return f"Undone: {when} is kept again. The hospital has to confirm it."
    return f"Undone: {when} is booked again."


def say_outcome(appointment: Appointment, off: Off | None) -> str:
    """Return what became of an appointment, who did it and why, in a clerk's words."""
    status = Status(appointment.status)
    if off is None:
        return OUTCOMES[status]
    if off.by == By.HOSPITAL and off.why == REFUSED:
        return "refused by the hospital"
    if status == Status.DISPLACED:
        return OUTCOMES[status]
    if off.why == BY_MISTAKE:
        return "booked by mistake, taken back"
    said = CANCELLED_BY[off.by]
    why = _reason(off)
    return f"{said}: {why}" if why else said


def say_news(outlook: Outlook) -> str:
    """Return what became of a text, or that none goes and why, for staff."""
    if outlook.why_not:
        return NO_TEXT[outlook.why_not]
    if outlook.news == News.LATER and outlook.goes_at:
        return f"A text goes from {_moment(outlook.goes_at)}."
    return {
        News.HELD: "No text is being sent just now: it goes once that is put right.",
        News.GOING: "A text is on its way.",
        News.GONE: "A text has gone.",
        News.FAILED: "The text did not get through.",
    }.get(outlook.news, "")


def _reason(off: Off) -> str:
    if off.why in Referral.End.values:
        return str(Referral.End(off.why).label)
    if off.why == FOR_THE_PATIENT:
        return "the patient told it"
    if off.why == EXAM_CHANGED:
        return "the exam was changed, the time did not suit it"
    words = caller.CANCEL_REASONS.get(off.why, "") if off.why != "other" else ""
    return words[:1].lower() + words[1:]


def _booked(appointment: Appointment) -> str:
    return (
        f"You are booked for {appointment.referral.exam.name} on {_when(appointment)}, at"
        f" {_where(appointment)}. {_how(appointment)} Your reference is"
        f" {format_code(appointment.reference)}."
    )


def _kept(appointment: Appointment) -> str:
    return (
        f"We have kept {_times(appointment)} on {say_date(appointment.start)} for"
        f" {appointment.referral.exam.name}, at {_where(appointment)}. It is not booked yet: the"
        " hospital has to say yes. Please do not come until it has. If it does:"
        f" {_how(appointment)} Your reference is {format_code(appointment.reference)}."
    )


def _texted(outlook: Outlook, what: str) -> str:
    if outlook.why_not:
        return NO_TEXT_FOR_YOU[outlook.why_not]
    if outlook.news == News.LATER and outlook.goes_at:
        return f"We will text you {what}, from {_moment(outlook.goes_at)}."
    return {
        News.HELD: "Our texts are late today: please write this down. We text you when we can.",
        News.GOING: f"We will text you {what}.",
        News.GONE: f"We have texted you {what}.",
        News.FAILED: "Our text did not get through.",
    }.get(outlook.news, "")


def _when(appointment: Appointment) -> str:
    return f"{say_date(appointment.start)} at {_times(appointment)}"


def _times(appointment: Appointment) -> str:
    return say_times([start for start, _ in appointment.visits()])


def _how(appointment: Appointment) -> str:
    return instructions(appointment.referral.exam, appointment.visits()).spoken


def _where(appointment: Appointment) -> str:
    place = appointment.site
    if place.address.startswith(place.name):
        return place.address
    return f"{place.name}, {place.address}"


def _moment(moment: datetime) -> str:
    return f"{say_time(moment)} on {say_day(moment)}"


def _join(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
