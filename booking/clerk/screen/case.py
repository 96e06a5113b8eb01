"""What every part of the patient's screen is about: the referrals and their appointments."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from booking.models import Appointment, Patient, Referral
from booking.pages.subject import Subject, subject_of, subject_token

ATTENDED = Appointment.Status.ATTENDED


@dataclass(frozen=True)
class Case:
    """A patient's referrals, the first target first, and appointments, the latest first."""

    patient: Patient
    referrals: list[Referral]
    appointments: list[Appointment]
    now: datetime

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


def load_case(patient: Patient, now: datetime) -> Case:
    """Return all that is known about a patient's scans."""
    referrals = patient.referrals.select_related("exam", "trust", "patient")
    appointments = (
        Appointment.objects.filter(referral__patient=patient)
        .select_related("site", "referral__exam", "referral__patient")
        .prefetch_related("parts")
    )
    return Case(
        patient,
        list(referrals.order_by("target_day", "pk")),
        list(appointments.order_by("-start")),
        now,
    )
