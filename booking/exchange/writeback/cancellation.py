"""Whose doing a cancellation is, when a trust's system says `cancelled`.

One function says it, from what the caller is to the appointment (it scans, it referred, or both)
and the code of HL7's appointment-cancellation-reason together. What follows:

| cause | the slot | the patient | a clerk |
|---|---|---|---|
| PATIENT | free again | it was cancelled for them | asks for another time |
| HOSPITAL | not offered until a newer word on it | must be offered another time | sees to it |
| REFERRER | free again | the trust that asked cancelled it | asks whether it is still needed |
| DEATH | free again | nobody is texted; everything of the patient ends | nothing to do |
"""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from booking.appointments import booking, trust_answers
from booking.identifiers.actors import Actor
from booking.models import Appointment, Referral
from booking.referrals import ending

UNKNOWN = "other"
CODES = frozenset(
    ["pat", "pat-crs", "pat-cpp", "pat-dec", "pat-fb", "pat-lt", "pat-mt", "pat-mv", "pat-preg",
     "pat-swl", "pat-uto", "prov", "prov-pers", "prov-dch", "prov-edu", "prov-hosp", "prov-labs",
     "prov-mron", "prov-onc", "maint", "meds-inc", "other", "oth-cms", "oth-err", "oth-fin",
     "oth-iv", "oth-int", "oth-mu", "oth-room", "oth-oerr", "oth-swie", "oth-weath"]
)  # fmt: skip
"""HL7's codes (FHIR R4): what the audit keeps. Of another one it keeps that it was another."""
DECEASED = "pat-dec"


class Cause(StrEnum):
    """Whose doing it is that an appointment does not go ahead."""

    PATIENT = "patient"
    """The patient told a trust that they cannot or do not want to come."""
    HOSPITAL = "hospital"
    """The trust that scans cannot or will not do it."""
    REFERRER = "referrer"
    """The trust that asked for the scan took it back, and another one scans."""
    DEATH = "death"


def cause_of(reason: str, *, scans: bool) -> Cause:
    """Return whose doing a cancellation is that a trust gives this code for; empty for none.

    What the patient said, any trust may pass on. Everything else is the caller's own doing: of
    the trust that scans, whether it referred too or not, the hospital's; a trust that only
    referred cannot speak for the scanner, whatever it says.
    """
    if reason == DECEASED:
        return Cause.DEATH
    if reason == "pat" or reason.startswith("pat-"):
        return Cause.PATIENT
    return Cause.HOSPITAL if scans else Cause.REFERRER


def cancel(
    made: Appointment, version: int, reason: str, *, scans: bool, now: datetime, actor: Actor
) -> None:
    """Cancel, displace, or end everything of who has died, as cause and reason say.

    Raises booking.AppointmentChanged if the appointment is not live, or not at that version.
    """
    kept = reason if reason in CODES or not reason else UNKNOWN
    match cause_of(reason, scans=scans):
        case Cause.HOSPITAL:
            trust_answers.refuse(made, version, now=now, actor=actor, reason=kept)
        case Cause.DEATH:
            _end_all(made, version, now, actor)
        case Cause.PATIENT if kept == UNKNOWN:
            booking.cancel(made, version, now=now, actor=actor, reason="pat")
        case _:
            booking.cancel(made, version, now=now, actor=actor, reason=kept)


def _end_all(made: Appointment, version: int, now: datetime, actor: Actor) -> None:
    """Do what staff do when somebody has died: nobody is texted, and a lead can take it back."""
    if not made.is_live or made.version != version:
        raise booking.AppointmentChanged
    if made.start <= now:  # its time has passed: the end cancels only what is to come
        booking.cancel(made, version, now=now, actor=actor, reason=DECEASED)
    with transaction.atomic():
        ending.end(made.referral, Referral.End.DIED, now=now, actor=actor)
