"""What staff change about a patient: the phone number, needs, notes; and texting details again."""

from collections.abc import Collection
from datetime import datetime, timedelta

import phonenumbers
from django.conf import settings
from django.db import transaction

from booking import audit, worklists
from booking.find import read_phone
from booking.models import NEEDS, Appointment, Note, Patient, Staff
from notifications import outbox
from notifications.wording.dates import say_day, say_time

LONGEST_NOTE = 1000


class NotAMobile(ValueError):
    """The number cannot be texted; the text says why."""


class NothingToText(Exception):
    """The patient has no mobile number, or the appointment is not to come."""


def read_mobile(typed: str) -> str:
    """Return a UK mobile number in E.164, empty for nothing typed. Raises NotAMobile."""
    typed = typed.strip()
    if not typed:
        return ""
    kept = read_phone(typed)
    if not kept:
        raise NotAMobile("Type a mobile number, like 07700 900461")
    number = phonenumbers.parse(kept)
    if number.country_code == 44 and str(number.national_number).startswith("70"):
        raise NotAMobile("070 numbers cost callers money and cannot be texted. Ask for a mobile")
    kind = phonenumbers.number_type(number)
    # Ofcom's numbers for drama (07700 900xxx) are of no type; nobody else has them.
    drama = kept.startswith("+447700900")
    if not drama and kind != phonenumbers.PhoneNumberType.MOBILE:
        raise NotAMobile("That is not a mobile number, so it cannot be texted. Ask for a mobile")
    return kept


def correct_mobile(patient: Patient, typed: str, *, now: datetime, actor: str) -> str:
    """Give the patient another mobile number, or none; texts that wait go to the new one.

    Returns the number as it is kept. Raises NotAMobile, and nothing is changed.
    """
    mobile = read_mobile(typed)
    if mobile == patient.mobile:
        return mobile
    with transaction.atomic():
        Patient.objects.filter(pk=patient.pk).update(mobile=mobile)
        patient.mobile = mobile
        references = Appointment.objects.filter(referral__patient=patient)
        subjects = [
            *references.values_list("reference", flat=True),
            *patient.referrals.values_list("code", flat=True),
        ]
        outbox.redirect_unsent(subjects, to=mobile, now=now)
        # The audit says that the number changed, not what it was or is.
        audit.write("mobile corrected", now=now, actor=actor, patient=patient)
        if mobile:
            for referral in patient.referrals.all():
                worklists.close_for(
                    referral, [worklists.Kind.NOT_REACHED], "resolved", now=now, actor=actor
                )
    return mobile


def set_needs(patient: Patient, needs: Collection[str], *, now: datetime, actor: str) -> None:
    """Write down what the patient needs; words that are not in NEEDS are left out."""
    kept = [code for code in NEEDS if code in needs]
    if kept == patient.needs:
        return
    with transaction.atomic():
        Patient.objects.filter(pk=patient.pk).update(needs=kept)
        patient.needs = kept
        audit.write("needs changed", now=now, actor=actor, patient=patient)


def add_note(patient: Patient, text: str, staff: Staff, *, now: datetime) -> Note | None:
    """Keep a clerk's note; None for one with nothing in it, or the same sent twice."""
    text = text.strip()[:LONGEST_NOTE]
    last = patient.notes.order_by("-pk").first()
    if not text or (last and last.text == text and last.user_id == staff.pk):
        return None
    with transaction.atomic():
        note = Note.objects.create(patient=patient, user=staff.user, at=now, text=text)
        audit.write("note added", now=now, actor=staff.actor, patient=patient, note=note.pk)
    return note


def text_details(appointment: Appointment, *, now: datetime, actor: str) -> None:
    """Text the details of an appointment again. Raises NothingToText."""
    patient = appointment.referral.patient
    if not patient.mobile or not appointment.is_live or appointment.start <= now:
        raise NothingToText
    with transaction.atomic():
        entry = audit.write(
            "details texted",
            now=now,
            actor=actor,
            appointment=appointment,
            version=appointment.version,
        )
        outbox.enqueue(
            kind="details",
            subject=appointment.reference,
            version=appointment.version,
            to=patient.mobile,
            context={
                "first_name": patient.given_name,
                "when_time": say_time(appointment.start),
                "when_day": say_day(appointment.start),
                "place": appointment.site.name,
                "link": f"{settings.PUBLIC_BASE_URL}/a/{appointment.referral.code}",
            },
            due_at=now,
            not_after=max(appointment.start, now + timedelta(days=1)),
            now=now,
            again=str(entry.pk),
        )
