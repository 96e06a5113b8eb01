"""What every part of the patient's screen is about, read at once.

What a part shows stands here, so that the page waits for one statement and not for thirty. To have
one more thing: a field of Case, and a line in `_parts` that reads it (times/together.py).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import BigIntegerField, QuerySet

from booking.appointments import undo, why_off
from booking.appointments.why_off import Off
from booking.clerk import caller
from booking.exams.questions.asking import current_answers, give_answers
from booking.messages import outlook
from booking.messages.outlook import NoText
from booking.models import (
    Answer,
    Appointment,
    AppointmentPart,
    AuditEntry,
    Contact,
    Merge,
    OtherPhone,
    Patient,
    Referral,
    Staff,
    StopQuestion,
    WorklistRow,
)
from booking.offers import showing
from booking.offers.showing import Shown
from booking.offers.sooner import wishes
from booking.offers.stop_moved import answering
from booking.pages.subject import Subject, subject_of, subject_token
from booking.patients import lookup, same_person, taking_apart
from booking.worklists import rows
from times.together import Part, attach, beside, read, rows_of
from times.written import Written

ATTENDED = Appointment.Status.ATTENDED


def _of_patient(make: Callable[..., QuerySet[Any, Any]]) -> Written:
    return Written(make, patient=BigIntegerField())


def _booked(patient: Any) -> QuerySet[Appointment]:
    return Appointment.objects.filter(referral__patient_id=patient)


OF_PATIENT = {
    "referrals": _of_patient(
        lambda patient: (
            Referral.objects.filter(patient_id=patient)
            .select_related("exam", "trust")
            .order_by("target_day", "pk")
        )
    ),
    "appointments": _of_patient(
        lambda patient: _booked(patient).select_related("site").order_by("-start", "-pk")
    ),
    "parts": _of_patient(
        lambda patient: AppointmentPart.objects.filter(appointment__in=_booked(patient))
    ),
    "answers": _of_patient(lambda patient: current_answers().filter(referral__patient_id=patient)),
    "phones": _of_patient(lambda patient: OtherPhone.objects.filter(patient_id=patient)),
    "contacts": _of_patient(lambda patient: Contact.objects.filter(patient_id=patient)),
    "taken_off": _of_patient(
        lambda patient: why_off.entries().filter(appointment__in=_booked(patient))
    ),
    "on_list": _of_patient(lambda patient: wishes.on_list().filter(referral__patient_id=patient)),
    "stops": _of_patient(
        lambda patient: answering.open_questions().filter(appointment__in=_booked(patient))
    ),
}
"""What is read of every patient alike: written once, since that takes longer than to answer it."""


@dataclass(frozen=True)
class Case:
    """A patient's referrals, the first target first, and appointments, the latest first.

    Besides, as they were at the same moment: why appointments are off, by their keys; what is
    `held`, by referral; the `offers` that can be answered; whose referrals are `on_list` for
    something sooner; where a place changed, by appointment; the open `rows` of the trusts of who
    looks; the `last_step`, if they can undo it; who else looks; the `family`, and which of them
    they may open; records that are `alike`; what can be taken apart; why no text goes.
    """

    now: datetime
    patient: Patient
    referrals: list[Referral]
    appointments: list[Appointment]
    off: dict[int, Off]
    held: dict[int, caller.HeldTime]
    offers: list[Shown]
    on_list: list[int]
    stops: list[StopQuestion]
    rows: list[WorklistRow]
    last_step: AuditEntry | None
    viewers: list[str]
    family: list[Patient]
    may_open: list[int]
    alike: list[Patient]
    joined: Merge | None
    no_text: NoText | None

    @cached_property
    def live(self) -> dict[int, Appointment]:
        """The live appointment of each referral that has one."""
        return {one.referral_id: one for one in self.appointments if one.is_live}

    def appointment_to_come(self, referral: Referral) -> Appointment | None:
        """Return the referral's live appointment, if its time has not come."""
        booked = self.live.get(referral.pk)
        return booked if booked and booked.start > self.now else None

    def appointment_passed(self, referral: Referral) -> Appointment | None:
        """Return the referral's live appointment, if its time has come."""
        booked = self.live.get(referral.pk)
        return booked if booked and booked.start <= self.now else None

    def token(self, referral: Referral | None, appointment: Appointment | None = None) -> str:
        """Return what a form carries that is about this referral with this appointment.

        Unless one is named, it is the live one. Without a referral, it is about the patient.
        """
        if referral is None:
            return subject_token(Subject(self.patient.pk))
        return subject_token(subject_of(referral, appointment or self.live.get(referral.pk)))

    def choose(self, asked: int) -> Referral | None:
        """Return the referral to show times of: the one with this key, else the first unbooked."""
        named = [one for one in self.referrals if one.pk == asked]
        open_ones = [one for one in self.referrals if one.ended_at is None]
        unbooked = [one for one in open_ones if one.pk not in self.live]
        return next(iter(named or unbooked or open_ones), None)

    def stop(self, appointment: Appointment) -> StopQuestion | None:
        """Return what is asked about the place of an appointment, as it is."""
        asked = (one for one in self.stops if one.appointment_id == appointment.pk)
        return next((one for one in asked if one.version == appointment.version), None)


def load_case(patient: Patient, staff: Staff, now: datetime) -> Case:
    """Return all that is known about a patient, as this person may see it."""
    return read(case_of(patient, staff, now))


def case_of(patient: Patient, staff: Staff, now: datetime) -> Part[Case]:
    """Read a case: what is read of the same patient is the same object everywhere."""
    parts = _parts(patient, staff, now)
    values = yield from beside(*parts.values())
    found: dict[str, Any] = dict(zip(parts, values, strict=True))
    own = _Own(*(found.pop(name) for name in _Own.__annotations__))
    _join(patient, found["referrals"], found["appointments"], own)
    for row in found["rows"]:
        row.referral = next(one for one in found["referrals"] if one.pk == row.referral_id)
    found["off"] = yield from why_off.reasons(found["appointments"], own.taken_off)
    return Case(now, patient, **found)


def _parts(patient: Patient, staff: Staff, now: datetime) -> dict[str, Part[Any]]:
    """Return what is read of a case, by the names that Case and _Own have for it."""
    theirs = Referral.objects.filter(patient=patient)
    may_open = Patient.objects.of_trusts(staff.trust_codes)
    family = lookup.family(patient)
    open_rows = rows.open_rows(staff.trust_codes, now=now).filter(referral__patient=patient)
    return {
        **{name: rows_of(query(patient=patient.pk)) for name, query in OF_PATIENT.items()},
        "held": caller.held(theirs, now),
        "offers": showing.answerable(theirs.filter(ended_at=None), now=now),
        "rows": rows_of(
            open_rows.prefetch_related(None)
            .select_related(None)
            .select_related("appointment", "owner", "trust")
        ),
        "last_step": undo.last_step(patient.pk, now=now, actor=staff.actor),
        "viewers": caller.viewers(patient, staff, now),
        "family": rows_of(family),
        "may_open": rows_of(
            may_open.filter(pk__in=family.values("pk")).values_list("pk", flat=True)
        ),
        "alike": same_person.others_alike(patient),
        "joined": taking_apart.merge_of(patient),
        "no_text": outlook.reason_against(patient),
    }


@dataclass(frozen=True)
class _Own:
    """What is read for a patient's own rows, and stands with them."""

    parts: list[AppointmentPart]
    answers: list[Answer]
    phones: list[OtherPhone]
    contacts: list[Contact]
    taken_off: list[AuditEntry]


def _join(
    patient: Patient, referrals: Iterable[Referral], appointments: list[Appointment], own: _Own
) -> None:
    """Give each row the others that it belongs to, and those that are its own."""
    attach([patient], own.phones, "other_phones", by="patient_id")
    attach([patient], own.contacts, "contacts", by="patient_id")
    attach(appointments, own.parts, "parts", by="appointment_id")
    for referral in referrals:
        referral.patient = patient
        give_answers(referral, [one for one in own.answers if one.referral_id == referral.pk])
        for appointment in appointments:
            if appointment.referral_id == referral.pk:
                appointment.referral = referral
