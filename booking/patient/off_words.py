"""Who took an appointment off and why, in words for its patient."""

from booking.appointments.why_off import (
    BY_MISTAKE,
    EXAM_CHANGED,
    FOR_THE_PATIENT,
    PLACE_CLOSED,
    PLACE_MOVED,
    REFUSED,
    SCANNER_CHANGED,
    SCANNER_MOVED,
    By,
    Off,
)
from booking.identifiers.actors import staff_key
from booking.models import Appointment, Referral
from booking.offers.stop_moved.answering import STOP_MOVED
from times.london import say_day

End = Referral.End
TEAM = "Our booking team"
WHY = {
    "cannot_come": "We were told that you could not come then.",
    STOP_MOVED: "We were told that the new place for the scan does not suit you.",
    "unwell": "We were told that you were not well.",
    EXAM_CHANGED: "The scan that you need was changed, and this time does not suit it.",
    End.NOT_WANTED: "We were told that you did not want this scan.",
    End.ELSEWHERE: "We were told that you had this scan somewhere else.",
    End.DUPLICATE: "The request had been sent to us twice, or by mistake.",
    End.SENT_BACK: "The request went back to whoever asked for the scan.",
    End.WITHDRAWN: "Whoever asked for the scan told us that it was not needed any more.",
    End.DIED: "That was a mistake. We are sorry.",
}
"""Why, after who and when. A death is read by the patient only if it was said by mistake."""


def say_off(off: Off, appointment: Appointment) -> str:
    """Return who cancelled an appointment or took its time away, on which day, and why."""
    day, hospital = say_day(off.at), appointment.site.trust.name
    if off.by == By.PATIENT:
        return f"You cancelled it on {day}."
    if off.by == By.HOSPITAL:
        return {
            REFUSED: f"{hospital} told us on {day} that it cannot see you at this time.",
            SCANNER_MOVED: f"The mobile scanner will not be there then. We heard that on {day}.",
            PLACE_MOVED: f"The place for your scan has moved. We heard that on {day}.",
            PLACE_CLOSED: f"The place for your scan has closed. We heard that on {day}.",
            SCANNER_CHANGED: f"The scanner there cannot do your scan. We heard that on {day}.",
            FOR_THE_PATIENT: f"{hospital} cancelled it for you on {day}.",
            End.DIED: f"{hospital} cancelled it on {day}. {WHY[End.DIED]}",
        }.get(off.why, _by_hospital(appointment, day))
    if off.why == BY_MISTAKE:
        return f"{TEAM} booked this time by mistake, and took it back on {day}."
    by = {
        By.STAFF: TEAM,
        By.REFERRER: f"{appointment.referral.trust.name}, which asked for this scan,",
    }.get(off.by)
    if by and off.why == FOR_THE_PATIENT:
        return f"{by} cancelled it for you on {day}."
    said = f"{by} cancelled it on {day}." if by else f"It was cancelled on {day}."
    return f"{said} {WHY.get(off.why, 'If you did not expect this, phone us.')}"


def say_who_ended(referral: Referral) -> str:
    """Return who closed a request: staff of ours, or the trust that asked for the scan."""
    is_ours = staff_key(referral.ended_by) is not None
    return TEAM[:1].lower() + TEAM[1:] if is_ours else str(referral.trust.name)


def _by_hospital(appointment: Appointment, day: str) -> str:
    is_displaced = appointment.status == Appointment.Status.DISPLACED
    did = "took this time away" if is_displaced else "cancelled it"
    return f"{appointment.site.trust.name} {did} on {day}."
