"""What the answers to the questions before a scan ask of a person: one row a referral, kept true.

The row is on "Needs a person". Its reason says nothing of what was answered: that stands where
staff may read it (booking/exams/questions/seeing.py), by role. `now` is passed in, aware, UTC.
`actor` is who does it, as AuditEntry says it.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver

from booking.appointments import read_again
from booking.changes import transactions
from booking.exams import fit
from booking.exams.misfit import Misfit
from booking.exams.needed import needed_of
from booking.exams.questions import due, file, outcomes
from booking.exams.questions.answering import answers_changed
from booking.exams.questions.outcomes import MustPhone, Result, must_allow_booking
from booking.exams.questions.question import Outcome
from booking.identifiers.actors import Actor, ActorKind, kind_of, staff_key
from booking.models import Appointment, Referral, Slot, WorklistRow
from booking.models.appointment import LIVE
from booking.worklists import rows, subjects

TO_PHONE = "An answer must be talked about before this scan. Read the answers, then phone."
TO_CHECK = "An answer must be checked before the day of the scan. Read the answers."
TO_ASK = "Booked before all questions were answered. Ask the others before the day of the scan."
NOTHING_NOW = (
    "The answers have changed, and nothing stands against booking any more. Read them, then close"
    " this."
)
UNFIT = "This is new since they booked. They keep the time. Find out, or offer another."
OF_A_TIME = (TO_CHECK, TO_ASK)
"""Reasons that hold only while a time is booked."""


def row_of(referral: Referral) -> WorklistRow | None:
    """Return the open row about the answers of a referral: `due_at` is by when somebody phones."""
    about = subjects.of_answers(referral).about
    return WorklistRow.objects.filter(
        kind=rows.Kind.NEEDS_PERSON, about=about, closed_at=None
    ).first()


def must_allow_hold(referral: Referral, slot: Slot, *, now: datetime, actor: Actor) -> None:
    """Refuse to keep a time for whom a person must phone, or who has questions to answer first.

    Who must be phoned stands on the list then, whatever became of an earlier row. Belongs in no
    transaction: the row must stay when the refusal is raised. Raises MustPhone and QuestionsOpen.
    """
    try:
        _must_allow(referral, slot, now, actor)
    except MustPhone:
        ask_to_phone(referral, now=now, actor=actor)
        raise


def ask_to_phone(referral: Referral, *, now: datetime, actor: Actor) -> None:
    """Put on the list who must be phoned before they book, and was refused just now.

    Belongs in no transaction: see must_allow_hold.
    """
    with transaction.atomic():
        booked = _live_to_come(referral, now)
        _put(referral, TO_PHONE, _phone_by(referral, booked, now), now, actor, booked)


def must_allow_booking_of(referral: Referral, slot: Slot, *, now: datetime, actor: Actor) -> Result:
    """Return what follows from the answers for who books a slot.

    Raises MustPhone and QuestionsOpen.
    """
    return _must_allow(referral, slot, now, actor)


def follow_booking(
    appointment: Appointment, result: Result, *, now: datetime, actor: Actor
) -> None:
    """See to it that a person checks before the day what must be checked, or asks what was not.

    Where nothing is left to check, a booking by staff is what the row asked for; a patient's leaves
    it to a person, who may want to read answers that have changed. Belongs in its transaction.
    """
    is_staff = staff_key(actor) is not None
    if not _follow_time(appointment, result, now, actor, asks=is_staff) and is_staff:
        about = subjects.of_answers(appointment.referral)
        rows.close_about(rows.Kind.NEEDS_PERSON, about, "booked", now=now, actor=actor)


def follow_time_kept(appointment: Appointment, *, now: datetime, actor: Actor) -> None:
    """See to the same of a time that stays, though its exam changed, or that is booked again after
    all: whoever did it asked nothing. Belongs in its transaction.
    """
    result = outcomes.outcome_of(appointment.referral, now=now)
    if result.outcome != Outcome.STOP:  # whose row asks for a call, whatever is booked
        _follow_time(appointment, result, now, actor, asks=True)


def _follow_time(
    appointment: Appointment, result: Result, now: datetime, actor: Actor, *, asks: bool
) -> bool:
    """Open the row about answers to check or, with `asks`, questions to ask; return if it is."""
    reason = ""
    if result.outcome == Outcome.HOLD:
        reason = TO_CHECK
    elif result.unanswered and asks:
        reason = TO_ASK
    if reason:
        due_at = _check_by(appointment, now)
        _put(appointment.referral, reason, due_at, now, actor, appointment)
    return bool(reason)


def follow_cancellation(appointment: Appointment, *, now: datetime, actor: Actor) -> None:
    """Close the row that asked only to check before a day that is not booked any more: whoever
    took it off."""
    row = row_of(appointment.referral)
    if row and row.reason in OF_A_TIME:
        rows.close_row(row, rows.Outcome.RESOLVED, now=now, actor=actor)


@receiver(answers_changed, dispatch_uid="booking.appointments.safety.follow")
def follow_answers(*, referral: Referral, now: datetime, actor: Actor, **_signal: Any) -> None:
    """Open the row that the answers of now ask for, or say on an open one that they changed.

    A time that is booked or held stays. Belongs in the transaction of the change, at whose end
    whoever wrote the answers calls tell_trusts.
    """
    transactions.remember(_changed(referral))
    result = outcomes.outcome_of(referral, now=now)
    booked = _live_to_come(referral, now)
    if result.outcome == Outcome.STOP or (
        result.outcome == Outcome.HOLD and booked and _is_too_late(booked, now)
    ):
        _put(referral, TO_PHONE, _phone_by(referral, booked, now), now, actor, booked)
    elif result.outcome == Outcome.HOLD and booked:
        _put(referral, TO_CHECK, _check_by(booked, now), now, actor, booked)
    elif (row := row_of(referral)) and not (row.reason == TO_ASK and result.unanswered):
        _say(row, NOTHING_NOW, row.due_at, now, actor, row.appointment)


def tell_trusts(referral: Referral, *, now: datetime) -> None:
    """Let trusts read the appointment to come again if answers to its questions changed in this
    transaction.

    As with needs (patients/needs.py) the version stays: nothing about the time is new. Belongs at
    the end of the transaction (see commit_numbers.next_numbers).
    """
    if not transactions.has_done(_changed(referral)):
        return
    read_again.let_trusts_read_again(Q(referral=referral), now=now)


def _changed(referral: Referral) -> str:
    return f"answers of {referral.pk}"


@receiver(answers_changed, dispatch_uid="booking.appointments.safety.follow_needs")
def follow_needs(*, referral: Referral, now: datetime, actor: Actor, **_signal: Any) -> None:
    """Open a row for who is booked where the scanner cannot do what they need now.

    The time stays. What was said once of a time is not said again. Belongs in the transaction of
    the change.
    """
    booked = _live_to_come(referral, now)
    if booked is None:
        return
    exam, needed = booked.referral.exam, needed_of(booked.referral, now=now)
    for slot in (booked.slot, *(part.slot for part in booked.further())):
        if misfit := fit.why_not_able(exam, slot, needed):
            _ask_whether_fit(booked, misfit, now, actor)
            break


def _ask_whether_fit(booked: Appointment, misfit: Misfit, now: datetime, actor: Actor) -> None:
    subject, reason = subjects.of_appointment(booked, subjects.Topic.UNFIT), f"{misfit.plainly}."
    said = WorklistRow.objects.filter(
        about=subject.about, reason__startswith=reason, opened_at__gte=booked.changed_at
    )
    if not said.exists():
        reason = f"{reason} {UNFIT}"
        rows.open_row(rows.Kind.NEEDS_PERSON, subject, reason, now=now, actor=actor)


def _must_allow(referral: Referral, slot: Slot, now: datetime, actor: Actor) -> Result:
    is_own = slot.trust_id == referral.trust_id and kind_of(actor) == ActorKind.KEY
    return must_allow_booking(referral, now=now, actor=actor, start=slot.start, is_own=is_own)


def _live_to_come(referral: Referral, now: datetime) -> Appointment | None:
    return (
        Appointment.objects.filter(referral=referral, status__in=LIVE, start__gt=now)
        .select_related("slot", "referral__exam", "referral__patient")
        .first()
    )


def _is_too_late(booked: Appointment, now: datetime) -> bool:
    return due.last_check(file.current().due, booked.start) <= now


def _check_by(booked: Appointment, now: datetime) -> datetime:
    """Return by when a person checks: before the day; too late for that, as soon as one phones."""
    if _is_too_late(booked, now):
        return _phone_by(booked.referral, booked, now)
    return due.check_by(file.current().due, booked.start, now)


def _phone_by(referral: Referral, booked: Appointment | None, now: datetime) -> datetime:
    by = due.phone_by(file.current().due, referral, now)
    return min(by, booked.start) if booked else by


def _put(
    referral: Referral,
    reason: str,
    due_at: datetime,
    now: datetime,
    actor: Actor,
    booked: Appointment | None = None,
) -> None:
    """Open the row, or let the open one say this; it is never due later than it was."""
    subject = subjects.of_answers(referral, booked)
    row = rows.open_row(
        rows.Kind.NEEDS_PERSON, subject, reason, now=now, actor=actor, due_at=due_at
    )
    _say(row, reason, min(row.due_at, due_at), now, actor, booked or row.appointment)


def _say(
    row: WorklistRow,
    reason: str,
    due_at: datetime,
    now: datetime,
    actor: Actor,
    booked: Appointment | None,
) -> None:
    if row.reason != reason:
        rows.add_note(row, reason, now=now, actor=actor)
    WorklistRow.objects.filter(pk=row.pk, closed_at=None).update(
        reason=reason, due_at=due_at, appointment=booked
    )
