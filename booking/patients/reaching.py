"""Texts reach a patient again: nobody need phone, and they hear what they missed, as it is now.

Each function belongs inside the transaction of what happened. `now` is passed in, aware, UTC.
"""

from datetime import datetime

from booking.appointments import booking
from booking.identifiers.actors import Actor, ActorKind
from booking.messages import texts
from booking.models import Appointment, Patient, Referral
from booking.patients import code_guesses
from booking.worklists import rows, subjects
from notifications import outbox

TEXTS = Actor(ActorKind.TEXTS)
Status = Appointment.Status


def arrived(subject: str, now: datetime) -> bool:
    """Close the row that asked to phone about this: a text about it arrived."""
    referral, appointment = texts.find_subject(subject)
    if referral is None:
        return False
    about = (
        subjects.of_appointment(appointment) if appointment else subjects.of_invitation(referral)
    )
    return rows.close_about(
        rows.Kind.NOT_REACHED, about, rows.Outcome.RESOLVED, now=now, actor=TEXTS
    )


def texts_go_again(number: str, again: str, now: datetime) -> None:
    """Tell who is texted at this number what they missed, once for `again`; close their rows.

    A text that waited for its time goes then. Of those whose time came, the last one about each
    appointment that still stands goes now; without one, the details as they are now. A number of
    a record that was joined to another is not where that person is texted: it gets nothing.
    """
    people = Patient.objects.filter(mobile=number, merged_into=None, died_at=None)
    for referral in Referral.objects.filter(patient__in=people, ended_at=None).select_related(
        "patient"
    ):
        outbox.redirect_unsent(list(texts.subjects_of([referral])), to=number, now=now)
        not_reached = rows.close_for(
            referral, [rows.Kind.NOT_REACHED], rows.Outcome.RESOLVED, now=now, actor=TEXTS
        )
        revived = [outbox.revive_missed(*missed, number, now) for missed in _of_use(referral, now)]
        told = any(revived)
        if not_reached and not told:
            tell_after_all(referral, again, now)


def tell_after_all(referral: Referral, again: str, now: datetime) -> None:
    """Text what did not reach the patient, as it stands now, once for `again`.

    Whose time was taken away or cancelled is not told here: another list has them.
    """
    live = booking.live_appointment(referral)
    code_guesses.open_again(referral, now=now, actor=TEXTS)
    if live and live.start > now:
        outbox.call_off_tries(live.reference, now)
        texts.resend_details(live, again, now)
    elif not referral.appointments.exists():
        outbox.call_off_tries(texts.subject_of(referral), now)
        texts.send_invitation(referral, now, again=again)


def _of_use(referral: Referral, now: datetime) -> list[tuple[str, int]]:
    """Return the subjects, with their versions, of which what was said is still so.

    A time to come that stands; one that was taken away and not replaced; nothing booked at all.
    """
    coming = list(referral.appointments.filter(start__gt=now))
    live = [one for one in coming if one.is_live]
    if live or coming:
        still = live or [
            one for one in coming if one.status in (Status.DISPLACED, Status.CANCELLED)
        ]
        return [(one.reference, one.version) for one in still]
    return [] if referral.appointments.exists() else [(texts.subject_of(referral), 1)]
