"""The exam of a referral, changed by who asked for it: what becomes of a time that is booked.

`now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from booking.appointments import booking, holds, safety
from booking.appointments.why_off import EXAM_CHANGED
from booking.changes import audit, change_log, feed_locks, transactions
from booking.exams import fit, runs
from booking.exams.able import refusal
from booking.exams.misfit import ORDER
from booking.exams.needed import Needed, needed_of
from booking.identifiers.actors import Actor
from booking.messages import texts
from booking.models import Appointment, AuditAction, Exam, Offer, Referral, Slot
from booking.offers import ending as offers
from booking.worklists import rows, subjects

LONGEST = 200
"""Letters of a row's reason."""


@dataclass(frozen=True)
class ExamChange:
    """What another exam will do, before it is done.

    `live` is the time to come, `stays` whether it does, `unknown` what nobody knows of its place;
    `is_held`: a time is kept for the patient, or was offered to them, and will be let go.
    """

    live: Appointment | None
    stays: bool
    unknown: fit.Misfit | None
    is_held: bool


def what_changes(referral: Referral, exam: Exam, *, now: datetime) -> ExamChange:
    """Return what giving a referral this exam would do; nothing is done."""
    with_it = copy(referral)
    with_it.exam = exam
    live = booking.live_appointment(referral)
    live = live if live is not None and live.start > now else None
    misfit = _why_not(live, exam, needed_of(with_it, now=now)) if live else None
    is_held = (
        Slot.objects.filter(held_by=referral, free_at__gt=now).exists()
        or Offer.objects.filter(referral=referral, state=Offer.State.OPEN).exists()
    )
    return ExamChange(live, live is not None and _suits(live, exam, misfit), misfit, is_held)


def change_exam(referral: Referral, exam: Exam, *, now: datetime, actor: Actor) -> None:
    """Give a referral another exam; a time to come that does not suit it is cancelled.

    The patient is then told, and somebody offers another. A time that suits it stays, and one of
    which nobody knows: its trust hears of the new exam, and a person asks whether it is right. What
    is held is let go. Belongs at the end of a transaction that has locked patient and referral.
    """
    transactions.must_be_in_transaction("A change of the exam")
    if referral.exam_id == exam.pk:
        return
    live = booking.live_appointment(referral)
    is_to_come = live is not None and live.start > now
    kept = Q(held_by=referral, free_at__gt=now) | Q(pk__in=live.slot_ids() if live else [])
    feed_locks.lock_feeds_shared(Slot.objects.filter(kept).values_list("trust_id", flat=True))
    holds.release(referral, now=now)
    offers.withdraw_all_of([referral], now=now, actor=actor)  # they were for the old exam
    was, referral.exam = referral.exam.code, exam
    referral.save(update_fields=["exam"])
    audit.write(
        AuditAction.EXAM_CHANGED, now=now, actor=actor, referral=referral, was=was, to=exam.code
    )
    safety.follow_answers(referral=referral, now=now, actor=actor)
    if live is None or not is_to_come:
        return
    live.referral = referral
    misfit = _why_not(live, exam, needed_of(referral, now=now))
    if _suits(live, exam, misfit):
        _keep(live, was, misfit, now=now, actor=actor)
    else:
        booking.cancel(live, live.version, now=now, actor=actor, reason=EXAM_CHANGED)


def _suits(live: Appointment, exam: Exam, misfit: fit.Misfit | None) -> bool:
    """Whether an exam can be done in a time that is booked; what nobody knows is asked, not no."""
    return (misfit is None or misfit.is_unknown) and runs.suits(exam, live.visits())


def _why_not(live: Appointment, exam: Exam, needed: Needed) -> fit.Misfit | None:
    """Return why an exam cannot be done where somebody is booked, at each of their visits."""
    further = (fit.scanners_of(part.slot) for part in live.further())
    found = [fit.why_not(exam, live.slot, needed=needed)]
    found += [refusal(exam, needed, (one.abilities for one in there)) for there in further]
    return min((one for one in found if one), key=ORDER.__getitem__, default=None)


def _keep(
    live: Appointment, was: str, unknown: fit.Misfit | None, *, now: datetime, actor: Actor
) -> None:
    """Keep the time, as a new version that its trust reads; a person asks what is not known."""
    what = f"{unknown.plainly}: find out, and" if unknown else "Its time is long enough:"
    changed = f"The exam was changed from {was} to {live.referral.exam.code}."
    booking.change_status(live, live.version, now)
    texts.notify_change(live, "", now)
    reason = f"{what} tell the patient how to prepare. {changed}"[:LONGEST]
    about = subjects.of_appointment(live)
    row = rows.open_row(rows.Kind.NEEDS_PERSON, about, reason, now=now, actor=actor)
    rows.say_anew(row, reason, now=now, actor=actor)  # it may stand there for something else
    safety.follow_time_kept(live, now=now, actor=actor)
    change_log.record_changes([(live, live.slot)], now=now)
