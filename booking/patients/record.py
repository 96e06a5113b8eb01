"""What staff change about a patient: the phone number, notes; and texting details again."""

from datetime import datetime

from django.db import transaction

from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.messages import texts
from booking.messages.outlook import NoText, why_no_text
from booking.models import Appointment, AuditAction, Note, Patient, Staff
from booking.patients import code_guesses, reaching
from booking.worklists import rows
from notifications import dead_numbers, opt_outs, outbox
from notifications.phones import NotAMobile, plain, tidy_mobile

__all__ = ["NotAMobile"]

LONGEST_NOTE = 1000


class NothingToText(Exception):
    """The patient cannot be texted, or the appointment is not to come (`why_not` is None)."""

    def __init__(self, why_not: NoText | None) -> None:
        """Keep why no text goes, for the page that says so."""
        super().__init__(f"no text: {why_not}")
        self.why_not = why_not


def read_mobile(typed: str) -> str:
    """Return a UK mobile number in E.164, empty for nothing typed. Raises NotAMobile."""
    return tidy_mobile(typed) if plain(typed) else ""


def correct_mobile(patient: Patient, typed: str, *, now: datetime, actor: Actor) -> str:
    """Give the patient another mobile number, or none; texts that wait go to the new one.

    If somebody was to phone because a text did not do, and the new number can be texted, they
    need not: the patient gets the details, or the invitation, there. Returns the number as it
    is kept. Raises NotAMobile, and nothing is changed.
    """
    mobile = read_mobile(typed)
    is_same = mobile == patient.mobile
    if is_same and not dead_numbers.why_dead(opt_outs.hash_of(mobile)):
        return mobile
    with transaction.atomic():
        if is_same:  # a person says that it is right
            dead_numbers.clear(opt_outs.hash_of(mobile), now=now)
        old = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk).mobile
        Patient.objects.filter(pk=patient.pk).update(mobile=mobile)
        if (
            old and not is_same
        ):  # a wrong number leads here by no record that was joined to this one, either
            patient.merged_from.filter(mobile=old).update(mobile="")
        patient.mobile = mobile
        subjects = texts.subjects_of(patient.referrals.all())
        outbox.redirect_unsent(list(subjects), to=mobile, now=now)
        # The audit says that the number changed, not what it was or is.
        entry = audit.write(AuditAction.MOBILE_CORRECTED, now=now, actor=actor, patient=patient)
        if outbox.why_not_text(mobile) is None:
            # Of what has ended a person still says that it is cancelled: no text did.
            for referral in patient.referrals.select_related("patient").filter(ended_at=None):
                not_reached = rows.close_for(
                    referral, [rows.Kind.NOT_REACHED], "resolved", now=now, actor=actor
                )
                if not_reached:
                    reaching.tell_after_all(referral, str(entry.pk), now)
    return mobile


def add_note(patient: Patient, text: str, staff: Staff, *, now: datetime) -> Note | None:
    """Keep a clerk's note; None for one with nothing in it, or the same sent twice."""
    text = text.strip()[:LONGEST_NOTE]
    last = patient.notes.order_by("-pk").first()
    if not text or (last and last.text == text and last.user_id == staff.pk):
        return None
    with transaction.atomic():
        note = Note.objects.create(patient=patient, user=staff.user, at=now, text=text)
        audit.write(
            AuditAction.NOTE_ADDED, now=now, actor=staff.actor, patient=patient, note=note.pk
        )
    return note


def text_details(appointment: Appointment, *, now: datetime, actor: Actor) -> None:
    """Text the details of an appointment again. Raises NothingToText."""
    patient = appointment.referral.patient
    why_not = why_no_text(patient)
    if why_not or not appointment.is_live or appointment.start <= now:
        raise NothingToText(why_not)
    with transaction.atomic():
        entry = audit.write(
            AuditAction.DETAILS_TEXTED,
            now=now,
            actor=actor,
            appointment=appointment,
            version=appointment.version,
        )
        texts.resend_details(appointment, entry.pk, now)
        code_guesses.open_again(appointment.referral, now=now, actor=actor)
