"""Where a referral comes in: by form, file or API, one function and one set of rules for all."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from django.db import IntegrityError, transaction

from booking.alerts.raising import raise_alert
from booking.changes import audit
from booking.exams import codes as exam_codes
from booking.identifiers.actors import Actor
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
from booking.models import NEEDS, Alert, Appointment, AuditAction, Exam, Patient, Referral
from booking.models.needs import in_order
from booking.patients import needs, reach, same_person
from booking.patients.record import NotAMobile, read_mobile
from booking.referrals import amending, details
from booking.referrals.submission import (
    CheckedReferral,
    Conflict,
    FormerName,
    ReferralInvalid,
    ReferralSubmission,
    tidied,
    unfit_fields,
)
from booking.waits.targets import target_day
from booking.worklists import chasing
from received.text import tidy
from times.london import LONDON

LONGEST_NAME = 200
LONGEST_POSTCODE = 8
FORM_PREFIX = "desk-"
"""Numbers that our own form gives, so that a doubled press makes one referral."""


class Whose(Enum):
    """What becomes of a referral whose patient is like somebody here, and not surely the same."""

    LIST = "list"
    """It is taken with a record of its own, and a person compares the two: patients do not wait."""
    ASK = "ask"
    """It is not taken: LikelySame is raised."""
    NEW = "new"
    """Somebody said that it is another person."""


class LikelySame(Exception):
    """Somebody here has this name and birthday. Carries who, so that the door can ask."""

    def __init__(self, patients: list[Patient]) -> None:
        """Keep the records that may be the same person's."""
        super().__init__(f"{len(patients)} records are like it")
        self.patients = patients


def create_referral(
    sent: ReferralSubmission, *, now: datetime, actor: Actor, whose: Whose | Patient = Whose.LIST
) -> tuple[Referral, bool]:
    """Write down a referral and invite the patient; return it, and whether it is new.

    `whose` is the patient as somebody said it, or what to do about one who is like somebody here.

    Sent again with another urgency or more about the patient, it is amended (amending.py). The
    patient is known by NHS number, else by name, date of birth and mobile. Raises ReferralInvalid
    with every error, and Conflict if the trust's number or the NHS number belongs to something
    else, the referral has ended, the patient has died, or what was sent differs from what is here
    and is not taken. Raises LikelySame if it is to be asked.
    """
    sent = tidied(sent)
    checked = validate(sent, now=now)
    by = _By(now, actor, whose)
    try:
        return _find_or_create(sent, checked, by)
    except IntegrityError:
        # Another request about the same referral or patient was a moment faster: look again.
        return _find_or_create(sent, checked, by)


@dataclass(frozen=True)
class _By:
    """When it comes in, by whom, and whose they say that it is."""

    now: datetime
    actor: Actor
    whose: Whose | Patient


def validate(sent: ReferralSubmission, *, now: datetime) -> CheckedReferral:
    """Return what was sent as values. Raises ReferralInvalid with every error at once."""
    errors = unfit_fields(sent)
    if errors:
        raise ReferralInvalid(errors)
    today = now.astimezone(LONDON).date()
    _check_names(sent, errors)
    born = _read_born(sent.born, today, errors)
    clock_start = _read_clock_start(sent, today, errors)
    number = _read_nhs_number(sent.nhs_number, errors)
    mobile = ""
    try:
        mobile = read_mobile(sent.mobile)
    except NotAMobile as error:
        errors["mobile"] = str(error)
    found = reach.check(sent.reach, errors, said_on=clock_start or today, today=today)
    postcode = sent.postcode.strip().upper()
    if len(postcode) > LONGEST_POSTCODE:
        errors["postcode"] = "Type a postcode, like LA14 4LF"
    exam = Exam.objects.filter(code=sent.exam.strip().upper()).first()
    if exam is None:
        named = sent.exam.strip()[:32] or "(no code was sent)"
        errors["exam"] = f"There is no exam {named}. {exam_codes.there_are()}"
    if sent.urgency not in Referral.Urgency.values:
        errors["urgency"] = f"Type one of {', '.join(Referral.Urgency.values)}"
    if set(sent.needs) - set(NEEDS):
        unknown = ", ".join(sorted(set(sent.needs) - set(NEEDS)))[:60]
        errors["needs"] = f"No need is called {unknown}. Type some of {', '.join(NEEDS)}"
    if len(sent.identifier) > 64:
        errors["identifier"] = "The trust’s number is over 64 characters"
    if errors or born is None or clock_start is None or exam is None:
        raise ReferralInvalid(errors)
    return CheckedReferral(
        given_name=sent.given_name.strip(),
        family_name=sent.family_name.strip(),
        born=born,
        nhs_number=number,
        mobile=mobile,
        postcode=postcode,
        needs=in_order(sent.needs),
        exam=exam,
        urgency=sent.urgency,
        clock_start=clock_start,
        reach=found,
        former_names=tuple(
            FormerName(" ".join(tidy(one.given).split()), " ".join(tidy(one.family).split()))
            for one in sent.former_names
            if one.family.strip()
        ),
    )


def _find_or_create(
    sent: ReferralSubmission, checked: CheckedReferral, by: _By
) -> tuple[Referral, bool]:
    with transaction.atomic():
        patient = by.whose if isinstance(by.whose, Patient) else _find_patient(checked)
        same = _same(sent, checked, patient)
        known = same.patient if same else patient
        before = list(known.needs) if known else []
        if same:
            referral = amending.amend(same, checked, now=by.now, actor=by.actor)
        else:
            must_be_done(checked.exam)
            referral = _create(sent, checked, patient, by)
        if known:
            needs.tell_trusts(referral.patient, before, now=by.now, actor=by.actor)
        return referral, same is None


def must_be_done(exam: Exam) -> None:
    """Refuse a new request for an exam that is done no more. Raises ReferralInvalid."""
    if exam.retired:
        raise ReferralInvalid(
            {"exam": f"{exam.code} is not done any more. {exam_codes.there_are()}"}
        )


def _same(
    sent: ReferralSubmission, checked: CheckedReferral, patient: Patient | None
) -> Referral | None:
    """Return the referral that this one repeats. Raises Conflict if it says something else."""
    referrals = Referral.objects.select_related("patient", "exam").of_trust(sent.trust)
    if sent.identifier:
        known = referrals.filter(identifier=sent.identifier).first()
        if known and (
            known.exam_id != checked.exam.pk or not is_same_patient(known.patient, checked)
        ):
            raise Conflict({"identifier": "This number is in already for another patient or exam"})
        if known or not sent.identifier.startswith(FORM_PREFIX):
            return known
    if patient is None:
        return None
    return referrals.filter(
        patient=patient, exam=checked.exam, clock_start=checked.clock_start
    ).first()


def is_same_patient(patient: Patient, checked: CheckedReferral) -> bool:
    """Whether this may be the patient: not if the date of birth or both NHS numbers say no."""
    return any(
        one.born == checked.born and len({one.nhs_number, checked.nhs_number} - {None}) < 2
        for one in patient.records
    )


def _find_patient(checked: CheckedReferral) -> Patient | None:
    if checked.nhs_number:
        known = Patient.objects.filter(nhs_number=checked.nhs_number).first()
        person = known and (known.merged_into or known)
        if person and checked.born not in {one.born for one in person.records}:
            raise Conflict(
                {"nhs_number": "This NHS number belongs to somebody with another date of birth"}
            )
        return person
    alike = Patient.objects.filter(
        born=checked.born,
        family_key=name_key(checked.family_name),
        given_name__iexact=checked.given_name,
        mobile=checked.mobile,
    )
    found = alike.first() if checked.mobile else None
    return found.merged_into or found if found else None


def _create(
    sent: ReferralSubmission, checked: CheckedReferral, known: Patient | None, by: _By
) -> Referral:
    now, actor, patient, likely = by.now, by.actor, known, list[Patient]()
    if patient is None:
        likely = same_person.find_alike(
            checked.given_name, checked.family_name, checked.born, checked.nhs_number,
            former=[one.family for one in checked.former_names],
        )  # fmt: skip
        if likely and by.whose == Whose.ASK:
            raise LikelySame(likely)
        patient = Patient.objects.create(
            given_name=checked.given_name,
            family_name=checked.family_name,
            born=checked.born,
            nhs_number=checked.nhs_number,
            mobile=checked.mobile,
            postcode=checked.postcode,
            email=checked.reach.email,
            address=checked.reach.address,
            needs=checked.needs,
        )
    elif patient.died_at:
        raise Conflict({"family_name": "This patient is recorded as having died"})
    else:
        patient = amending.add_nhs_number(patient, checked, now=now, actor=actor)
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
    audit.write(AuditAction.REFERRED, now=now, actor=actor, referral=referral)
    details.take(referral, checked, now=now, actor=actor)
    for other in likely:
        if by.whose == Whose.NEW:
            same_person.note_two_people(patient, other, now=now, actor=actor)
        else:
            same_person.ask(referral, other, now=now, actor=actor)
    texts.send_invitation(referral, now)
    if referral.urgency == Referral.Urgency.SUSPECTED_CANCER:
        # On a list from its first minute: nobody waits for the clock.
        chasing.open_not_booked(
            referral, "Suspected cancer, just referred. See that it is booked.", now=now,
            actor=actor,
        )  # fmt: skip
    raise_alert(referral, Alert.Why.RECEIVED, now=now, actor=actor)
    return referral


def _new_code() -> str:
    """Return a code that neither a referral nor an appointment has: one box finds by both."""
    while True:
        code = new_reference()
        taken = Appointment.objects.filter(reference=code).exists()
        if not taken and not Referral.objects.filter(code=code).exists():
            return code


def _check_names(sent: ReferralSubmission, errors: dict[str, str]) -> None:
    for name in ("given_name", "family_name"):
        value = getattr(sent, name).strip()
        if not value:
            errors[name] = f"Type the {name.replace('_', ' ')}"
        elif len(value) > LONGEST_NAME:
            errors[name] = f"Type a {name.replace('_', ' ')} of at most {LONGEST_NAME} letters"
    if any(len(part) > LONGEST_NAME for name in sent.former_names for part in name):
        errors["former_names"] = f"Type former names of at most {LONGEST_NAME} letters"


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


def _read_clock_start(sent: ReferralSubmission, today: date, errors: dict[str, str]) -> date | None:
    try:
        clock_start = read_day(sent.clock_start, DayKind.CLOCK_START, today)
    except DateOutOfRange:
        errors["clock_start"] = "Type a clock start within two years"
    except DateInvalid as wrong:
        errors["clock_start"] = _like("clock start", wrong)
    else:
        if clock_start <= today or sent.urgency == Referral.Urgency.PLANNED:
            return clock_start
        errors["clock_start"] = "Only a planned scan starts its clock on a day to come"
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
