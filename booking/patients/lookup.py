"""From what a caller says to the patient: reference, NHS number, name and birthday, phone.

One query finds the patients and one their trusts, whatever the size of the table: every key is
found by equality on an index.
"""

import re
from dataclasses import dataclass
from datetime import date

import phonenumbers
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from booking.identifiers.codes import normalise_code, read_misread_code
from booking.identifiers.dates import DateInvalid, DateOutOfRange, DayKind, find_day
from booking.identifiers.people import WrongCheckDigit, name_key, read_nhs_number
from booking.models import Appointment, Patient, Referral

LONGEST = 300
"""Characters of the box that are read."""
SHOWN = 20
"""Patients that one answer lists: more are no help to a caller."""


class LookupInvalid(ValueError):
    """What was typed is none of the four; the text says what to type instead."""


@dataclass(frozen=True)
class Found:
    """Patients that fit, and by what they were found: reference, NHS number, name, phone."""

    by: str
    patients: list[Patient]


def find_patients(typed: str) -> Found:
    """Return the patients whom the typed words name, with referrals and their trusts read.

    Raises LookupInvalid, with what to type instead.
    """
    words = " ".join(typed[:LONGEST].split())
    if not words:
        raise LookupInvalid("Type a reference, NHS number, phone number, or name and date of birth")
    code = normalise_code(words) or read_misread_code(words)
    if code:
        return Found("reference", _read(_by_reference(code)))
    try:
        number = read_nhs_number(words)
    except WrongCheckDigit:
        raise LookupInvalid(
            "That is not an NHS number: a digit is wrong. Ask for it again, or type the name and"
            " date of birth"
        ) from None
    if number:
        return Found("NHS number", _read(Patient.objects.filter(nhs_number=number)))
    phone = read_phone(words)
    if phone:
        return Found("phone", _read(Patient.objects.filter(mobile=phone)))
    return _by_name(words)


def read_phone(typed: str) -> str:
    """Return a phone number as it is kept (E.164), empty if what was typed is none."""
    digits = sum(letter.isdigit() for letter in typed)
    if digits < 10 or not re.fullmatch(r"[+(]?[\d\s()\-.]{10,20}", typed):
        return ""  # a date of birth has eight digits at most
    try:
        number = phonenumbers.parse(typed, "GB")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_birthday(words: str, today: date) -> tuple[date | None, str]:
    """Return the date of birth in what was typed, and the words around it.

    Raises LookupInvalid for a date that is no date of birth.
    """
    try:
        return find_day(words, DayKind.BIRTHDAY, today)
    except DateOutOfRange as wrong:
        raise LookupInvalid(f"{wrong.message('The date of birth')}. Ask for it again") from None
    except DateInvalid as wrong:
        raise LookupInvalid(
            f"That date of birth is not a real date: {wrong}. Type it like 12 3 1961"
        ) from None


def family_of(patient: Patient) -> list[Patient]:
    """Return other patients with the same phone: the family, or who shares the phone."""
    if not patient.mobile:
        return []
    others = Patient.objects.filter(mobile=patient.mobile).exclude(pk=patient.pk)
    return list(others.order_by("born")[:SHOWN])


def _by_reference(code: str) -> QuerySet[Patient]:
    referral = Referral.objects.filter(code=code).values("patient")
    appointment = Appointment.objects.filter(reference=code).values("referral__patient")
    return Patient.objects.filter(pk__in=referral.union(appointment))


def _by_name(words: str) -> Found:
    born, name = read_birthday(words, timezone.localdate())
    keys = [key for key in map(name_key, name.split()) if key]
    if born is None:
        raise LookupInvalid(
            "Type a date of birth after the name, like Fell 12 3 1961; or a reference, NHS number"
            " or phone number"
        )
    if not keys:
        raise LookupInvalid("Type the family name with the date of birth, like Fell 12 3 1961")
    # The family name is some of the words in a row: "O Neill", "van der Berg", or all of them.
    runs = {
        "".join(keys[start:end])
        for start in range(min(len(keys), 8))
        for end in range(start + 1, min(len(keys), start + 8) + 1)
    }
    found = _read(Patient.objects.filter(born=born, family_key__in=runs))
    given = set(keys)
    # Who has the given name that was typed comes first.
    found.sort(key=lambda one: not given & set(map(name_key, one.given_name.split())))
    return Found("name", found)


def _read(patients: QuerySet[Patient]) -> list[Patient]:
    referrals = Prefetch("referrals", Referral.objects.select_related("exam", "trust"))
    return list(patients.prefetch_related(referrals)[:SHOWN])
