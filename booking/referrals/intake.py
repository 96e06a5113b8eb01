"""Where a referral comes in: by form, file or API, one function and one set of rules for all."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, transaction

from booking.changes import audit
from booking.identifiers.codes import new_reference
from booking.identifiers.dates import (
    DateInvalid,
    DateOutOfRange,
    DateTooEarly,
    DateTooLate,
    DayKind,
    read_day,
)
from booking.identifiers.people import WrongCheckDigit, name_key, read_nhs_number
from booking.messages import texts
from booking.models import NEEDS, Appointment, Exam, Patient, Referral
from booking.patients.record import NotAMobile, correct_mobile, read_mobile
from booking.waits.targets import target_day
from notifications.wording.dates import LONDON

LONGEST_NAME = 200
FORM = "desk-"
"""Numbers that our own form gives, so that a doubled press makes one referral."""


class Refused(ValueError):
    """A referral that cannot be used. `errors` maps each field to what to type instead."""

    def __init__(self, errors: dict[str, str]) -> None:
        """Keep every error, so that a form or an answer can show them all at once."""
        super().__init__("; ".join(f"{name}: {what}" for name, what in errors.items()))
        self.errors = errors


class Conflict(Refused):
    """It is in already, with other content."""


@dataclass(frozen=True)
class Incoming:
    """A referral as it was typed or sent: text, not yet trusted. Dates are as people type them.

    `identifier` is the trust's own number; without one, the same patient, exam and clock start
    are the same referral.
    """

    trust: str
    identifier: str = ""
    given_name: str = ""
    family_name: str = ""
    born: str = ""
    nhs_number: str = ""
    mobile: str = ""
    postcode: str = ""
    exam: str = ""
    urgency: str = ""
    clock_start: str = ""
    needs: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class _Checked:
    given_name: str
    family_name: str
    born: date
    nhs_number: str | None
    mobile: str
    exam: Exam
    clock_start: date


def receive(sent: Incoming, *, now: datetime, actor: str) -> tuple[Referral, bool]:
    """Write down a referral and invite the patient; return it, and whether it is new.

    Sending it again changes nothing. The patient is known by NHS number, else by name, date of
    birth and mobile. Raises Refused with every error, and Conflict if the trust's number or the
    NHS number belongs to something else.
    """
    checked = check(sent, now=now)
    try:
        return _find_or_create(sent, checked, now, actor)
    except IntegrityError:
        # Another request about the same referral or patient was a moment faster: look again.
        return _find_or_create(sent, checked, now, actor)


def check(sent: Incoming, *, now: datetime) -> _Checked:
    """Return what was sent as values. Raises Refused with every error at once."""
    errors: dict[str, str] = {}
    today = now.astimezone(LONDON).date()
    for name in ("given_name", "family_name"):
        value = getattr(sent, name).strip()
        if not value:
            errors[name] = f"Type the {name.replace('_', ' ')}"
        elif len(value) > LONGEST_NAME:
            errors[name] = f"Type a {name.replace('_', ' ')} of at most {LONGEST_NAME} letters"
    born = _read_born(sent.born, today, errors)
    clock_start = _read_clock_start(sent.clock_start, today, errors)
    if clock_start and clock_start > today and sent.urgency != Referral.Urgency.PLANNED:
        errors["clock_start"] = "Only a planned scan starts its clock on a day to come"
    number = _read_nhs_number(sent.nhs_number, errors)
    mobile = ""
    try:
        mobile = read_mobile(sent.mobile)
    except NotAMobile as error:
        errors["mobile"] = str(error)
    if len(sent.postcode.strip()) > 8:
        errors["postcode"] = "Type a postcode, like LA14 4LF"
    exam = Exam.objects.filter(code=sent.exam.strip().upper()).first()
    if exam is None:
        errors["exam"] = f"There is no exam {sent.exam.strip()[:32] or '(nothing)'}"
    if sent.urgency not in Referral.Urgency.values:
        errors["urgency"] = f"Type one of {', '.join(Referral.Urgency.values)}"
    if set(sent.needs) - set(NEEDS):
        errors["needs"] = f"Type some of {', '.join(NEEDS)}"
    if len(sent.identifier) > 64:
        errors["identifier"] = "The trust’s number is over 64 characters"
    if errors or born is None or clock_start is None or exam is None:
        raise Refused(errors)
    return _Checked(
        sent.given_name.strip(), sent.family_name.strip(), born, number, mobile, exam, clock_start
    )


def _find_or_create(
    sent: Incoming, checked: _Checked, now: datetime, actor: str
) -> tuple[Referral, bool]:
    with transaction.atomic():
        same = _same(sent, checked)
        return (same, False) if same else (_create(sent, checked, now, actor), True)


def _same(sent: Incoming, checked: _Checked) -> Referral | None:
    """Return the referral that this one repeats. Raises Conflict if it says something else."""
    referrals = Referral.objects.select_related("patient", "exam").filter(trust=sent.trust)
    if sent.identifier:
        known = referrals.filter(identifier=sent.identifier).first()
        if known and (known.exam_id != checked.exam.pk or not _is_same(known.patient, checked)):
            raise Conflict({"identifier": "This number is in already for another patient or exam"})
        if known or not sent.identifier.startswith(FORM):
            return known
    patient = _find_patient(checked)
    if patient is None:
        return None
    return referrals.filter(
        patient=patient, exam=checked.exam, clock_start=checked.clock_start
    ).first()


def _is_same(patient: Patient, checked: _Checked) -> bool:
    """Whether this may be the patient: not if the date of birth or both NHS numbers say no."""
    numbers = {patient.nhs_number, checked.nhs_number} - {None}
    return patient.born == checked.born and len(numbers) < 2


def _find_patient(checked: _Checked) -> Patient | None:
    if checked.nhs_number:
        known = Patient.objects.filter(nhs_number=checked.nhs_number).first()
        if known and known.born != checked.born:
            raise Conflict(
                {"nhs_number": "This NHS number belongs to somebody with another date of birth"}
            )
        return known
    alike = Patient.objects.filter(
        born=checked.born,
        family_key=name_key(checked.family_name),
        given_name__iexact=checked.given_name,
        mobile=checked.mobile,
    )
    return alike.first() if checked.mobile else None


def _create(sent: Incoming, checked: _Checked, now: datetime, actor: str) -> Referral:
    patient = _find_patient(checked)
    if patient is None:
        patient = Patient.objects.create(
            given_name=checked.given_name,
            family_name=checked.family_name,
            born=checked.born,
            nhs_number=checked.nhs_number,
            mobile=checked.mobile,
            postcode=sent.postcode.strip().upper(),
            needs=[code for code in NEEDS if code in sent.needs],
        )
    else:
        patient = _fill_gaps(patient, sent, checked, now, actor)
    referral = Referral.objects.create(
        code=_new_code(),
        patient=patient,
        exam=checked.exam,
        trust_id=sent.trust,
        urgency=sent.urgency,
        clock_start=checked.clock_start,
        target_day=target_day(sent.urgency, checked.clock_start),
        identifier=sent.identifier,
    )
    audit.write("referred", now=now, actor=actor, referral=referral)
    texts.invite(referral, now)
    return referral


def _fill_gaps(
    known: Patient, sent: Incoming, checked: _Checked, now: datetime, actor: str
) -> Patient:
    """Add what we did not know of a known patient; what a clerk corrected stays as it is."""
    # Read again under a lock: a clerk may be correcting it at this moment.
    patient = Patient.objects.select_for_update(no_key=True).get(pk=known.pk)
    patient.postcode = patient.postcode or sent.postcode.strip().upper()
    patient.needs = [code for code in NEEDS if code in {*patient.needs, *sent.needs}]
    patient.save(update_fields=["postcode", "needs"])
    if checked.mobile and not patient.mobile:
        correct_mobile(patient, checked.mobile, now=now, actor=actor)
    return patient


def _new_code() -> str:
    """Return a code that neither a referral nor an appointment has: one box finds by both."""
    while True:
        code = new_reference()
        taken = Appointment.objects.filter(reference=code).exists()
        if not taken and not Referral.objects.filter(code=code).exists():
            return code


def _read_born(typed: str, today: date, errors: dict[str, str]) -> date | None:
    try:
        return read_day(typed, DayKind.BIRTHDAY, today)
    except DateTooLate:
        errors["born"] = "The date of birth is in the future"
    except DateTooEarly:
        errors["born"] = "Type the year of birth with four digits, like 1961"
    except DateInvalid as wrong:
        errors["born"] = _like("date of birth", wrong)
    return None


def _read_clock_start(typed: str, today: date, errors: dict[str, str]) -> date | None:
    try:
        return read_day(typed, DayKind.CLOCK_START, today)
    except DateOutOfRange:
        errors["clock_start"] = "Type a clock start within two years"
    except DateInvalid as wrong:
        errors["clock_start"] = _like("clock start", wrong)
    return None


def _like(what: str, wrong: DateInvalid) -> str:
    return f"Type the {what} like 1961-03-12 or 12/3/1961{f': {wrong}' if str(wrong) else ''}"


def _read_nhs_number(typed: str, errors: dict[str, str]) -> str | None:
    if not typed.strip():
        return None
    try:
        number = read_nhs_number(typed)
    except WrongCheckDigit:
        errors["nhs_number"] = "That is not an NHS number: a digit is wrong"
        return None
    if number is None:
        errors["nhs_number"] = "Type the NHS number with its ten digits"
    return number
