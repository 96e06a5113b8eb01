"""Write the invented people and their requests down, many at once."""

from datetime import datetime, timedelta

from django.db import transaction

from booking.alerts.raising import raise_alert
from booking.demo.life.names import ENGLISH
from booking.demo.life.people import Invented
from booking.demo.people import ACTOR
from booking.exams.questions import file
from booking.exams.questions.question import DONT_KNOW
from booking.identifiers.actors import PATIENT
from booking.identifiers.people import name_key
from booking.models import (
    Alert,
    Answer,
    Contact,
    Exam,
    Note,
    OtherPhone,
    Patient,
    Referral,
    Staff,
)
from booking.waits.targets import target_day
from times.london import LONDON, day_in_england

NUMBER = "INVENTED-{:04}"
"""What the trust calls the request."""
OF_THEM = {"identifier__startswith": "INVENTED-"}
ANSWER_COUNTS = timedelta(days=180)
EVERY_TENTH = 10
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)


def write(people: list[Invented], clerk: Staff, now: datetime) -> list[Referral]:
    """Insert the people with a request each, all or none; return those in the same order."""
    today = day_in_england(now)
    exams = {one.code: one for one in Exam.objects.filter(code__in={one.exam for one in people})}
    with transaction.atomic():
        patients = Patient.objects.bulk_create(
            Patient(
                given_name=one.given_name, family_name=one.family_name, born=one.born,
                nhs_number=one.nhs_number, mobile=one.mobile, postcode=one.postcode,
                address=one.address, needs=one.needs,
            )
            for one in people
        )  # fmt: skip
        referrals = Referral.objects.bulk_create(
            Referral(
                code=one.code, patient=patient, exam=exams[one.exam], trust_id=one.trust,
                urgency=one.urgency, clock_start=today - one.waited * A_DAY,
                target_day=target_day(one.urgency, today - one.waited * A_DAY),
                identifier=NUMBER.format(one.number + 1),
            )
            for one, patient in zip(people, patients, strict=True)
        )  # fmt: skip
        for one, referral in zip(people, referrals, strict=True):  # as long ago as its clock says
            referral.created_at = now - one.waited * A_DAY - AN_HOUR
        Referral.objects.bulk_update(referrals, ["created_at"], batch_size=200)
        _write_around(people, patients, clerk, now)
        _answer_mildly([one for one, who in zip(referrals, people, strict=True) if _answers(who)])
        for referral in referrals:
            if referral.urgency == Referral.Urgency.SUSPECTED_CANCER:
                raise_alert(referral, Alert.Why.RECEIVED, now=referral.created_at, actor=ACTOR)
    return referrals


def _write_around(
    people: list[Invented], patients: list[Patient], clerk: Staff, now: datetime
) -> None:
    """Insert the other ways to them: landlines, whom they named, and their language."""
    both = list(zip(people, patients, strict=True))
    OtherPhone.objects.bulk_create(
        OtherPhone(patient=patient, number=one.landline, use=OtherPhone.Use.HOME)
        for one, patient in both
        if one.landline
    )
    today = now.astimezone(LONDON).date()
    Contact.objects.bulk_create(
        Contact(
            patient=patient, key=name_key(f"Pat {one.family_name}"), name=f"Pat {one.family_name}",
            relationship="parent" if _is_child(one, now) else "partner", is_next_of_kin=True,
            may_speak=one.number % 3 > 0, agreed="times and places", agreed_on=today,
        )
        for one, patient in both
        if one.number % EVERY_TENTH == 0 or _is_child(one, now)
    )  # fmt: skip
    Note.objects.bulk_create(
        Note(patient=patient, user=clerk.user, at=now - one.waited * A_DAY,
             text=f"Speaks {one.language}, and some English.")
        for one, patient in both
        if one.language != ENGLISH
    )  # fmt: skip


def _is_child(one: Invented, now: datetime) -> bool:
    return (day_in_england(now) - one.born).days < 16 * 365


def _answers(one: Invented) -> bool:
    """Whether they answered the questions before a scan, as who books online has."""
    return one.group not in ("waiting", "not_booked", "stopped", "breach")


def _answer_mildly(referrals: list[Referral]) -> None:
    """Insert answers after which nothing speaks against booking."""
    questions = file.current()
    mild: dict[str, str] = {}
    for question in questions:
        known = [one for one in question.choices if one.value not in ("", DONT_KNOW)]
        best = min(known, key=lambda one: one.outcome.rank, default=None)
        mild[question.id] = best.value if best else DONT_KNOW
    Answer.objects.bulk_create(
        (
            Answer(
                referral=referral, question=question.id, version=questions.version,
                digest=question.digest, value=mild[question.id], answered_by=str(PATIENT),
                who=Answer.Who.PATIENT, at=referral.created_at,
                expires_at=referral.created_at + ANSWER_COUNTS,
            )
            for referral in referrals
            for question in questions
        ),
        batch_size=1000,
    )  # fmt: skip
