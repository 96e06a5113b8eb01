"""What staff change of a request: what is scanned, how urgent it is, the number that its trust has.

Each acts on the request as its page showed it, or on nothing. `seen` is its version then, as
replacing.version_of says it. `now` is passed in, aware, UTC. `actor` is as AuditEntry says it.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from booking.appointments import read_again
from booking.appointments.holds import ReferralEnded
from booking.changes import audit
from booking.changes.patient_lock import lock_patient_of
from booking.identifiers.actors import Actor
from booking.models import AuditAction, Exam, Referral
from booking.referrals import exam_change, urgency
from booking.referrals.intake import FORM_PREFIX, must_be_done
from booking.referrals.replacing import ReferralChanged, version_of

LONGEST_NUMBER = 64


class NumberTaken(ValueError):
    """Another request of that trust has this number."""


class NumberReserved(ValueError):
    """It begins as the numbers do that our own form gives."""


def own_number(referral: Referral) -> str:
    """Return the trust's own number of a request; empty if nobody has said it."""
    return "" if referral.identifier.startswith(FORM_PREFIX) else referral.identifier


def change_exam(referral: Referral, exam: Exam, seen: str, *, now: datetime, actor: Actor) -> None:
    """Give a request another exam, with all that follows for its times (exam_change.py).

    Raises ReferralChanged, ReferralEnded, AppointmentChanged, and ReferralInvalid for an exam
    that is done no more.
    """
    with transaction.atomic():
        found = _lock_as_seen(referral, seen)
        must_be_done(exam)
        exam_change.change_exam(found, exam, now=now, actor=actor)
    referral.refresh_from_db()


def change_urgency(
    referral: Referral, to: str, seen: str, *, now: datetime, actor: Actor, reason: str = ""
) -> None:
    """Change how urgent it is, as urgency.change_urgency does.

    Raises ReferralChanged, ReferralEnded and ReasonNeeded.
    """
    with transaction.atomic():
        found = _lock_as_seen(referral, seen)
        urgency.change_urgency(found, to, now=now, actor=actor, reason=reason)
    referral.refresh_from_db()


def change_number(
    referral: Referral, number: str, seen: str, *, now: datetime, actor: Actor
) -> None:
    """Give a request the number that its trust has for it, or none if it is empty.

    What that trust sends with this number is this request from then on, and who is booked reads
    it with the booking. Raises ReferralChanged, ReferralEnded, NumberTaken and NumberReserved.
    """
    number = number.strip()
    if number.startswith(FORM_PREFIX):
        raise NumberReserved
    try:
        with transaction.atomic():
            found = _lock_as_seen(referral, seen)
            if own_number(found) == number:
                return
            same = Referral.objects.of_trust(found.trust_id).filter(identifier=number)
            if number and same.exclude(pk=found.pk).exists():
                raise NumberTaken
            found.identifier = number
            found.save(update_fields=["identifier"])
            audit.write(AuditAction.NUMBER_CHANGED, now=now, actor=actor, referral=found)
            read_again.let_trusts_read_again(Q(referral=found), now=now)
    except IntegrityError:  # its trust sent another request with it at this moment
        raise NumberTaken from None
    referral.refresh_from_db()


def _lock_as_seen(referral: Referral, seen: str) -> Referral:
    """Return the request as it is now, locked, if it is as it was seen."""
    lock_patient_of(referral)
    locked = Referral.objects.select_for_update(no_key=True, of=("self",))
    found = locked.select_related("patient", "exam").get(pk=referral.pk)
    if version_of(found) != seen:
        raise ReferralChanged
    if found.ended_at:
        raise ReferralEnded(found)
    return found
