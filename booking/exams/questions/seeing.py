"""Shows answers to staff, and writes down who saw them."""

from datetime import datetime

from booking.changes import audit
from booking.exams.questions import asking
from booking.exams.questions.asking import Asking
from booking.identifiers.actors import Actor
from booking.models import Answer, AuditAction, Referral


def seen_by(referral: Referral, *, now: datetime, actor: Actor) -> Asking:
    """Return the questions that apply, with the answers that count; that they were seen is kept.

    Whether `actor` may see them is the door's to ask (booking/clerk/permissions.py).
    """
    audit.write(AuditAction.ANSWERS_SEEN, now=now, actor=actor, referral=referral)
    return asking.asking_of(referral, now=now)


def history_of(referral: Referral, *, now: datetime, actor: Actor) -> list[Answer]:
    """Return every answer that was given for a referral, the newest first; it is kept who saw."""
    audit.write(AuditAction.ANSWERS_SEEN, now=now, actor=actor, referral=referral, all=True)
    return list(Answer.objects.filter(referral=referral).order_by("-at", "-pk"))
