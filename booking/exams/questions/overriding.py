"""Staff let something else follow from an answer, with a reason and their name.

The answer stays as it was given. `now` is passed in, aware, UTC.
"""

from datetime import datetime

from django.db import transaction

from booking.changes import audit
from booking.changes.patient_lock import lock_patient_of
from booking.exams.questions.answering import answers_changed
from booking.exams.questions.question import Outcome
from booking.identifiers.actors import Actor, staff_key
from booking.models import Answer, AuditAction, Referral

LONGEST = 200
"""Letters of a reason."""


class OverrideRefused(Exception):
    """The outcome of an answer was not overridden; the text says why, and what to do."""


def override(
    answer: Answer, outcome: Outcome, reason: str, *, now: datetime, actor: Actor
) -> Answer:
    """Let `outcome` follow from a current answer, until it is answered anew.

    Raises OverrideRefused without a reason, if `actor` is not a member of staff, and if the answer
    is not the current one any more.
    """
    if staff_key(actor) is None:
        raise OverrideRefused("Only staff may override what follows from an answer")
    reason = reason.strip()
    if not reason:
        raise OverrideRefused("Type why")
    if len(reason) > LONGEST:
        raise OverrideRefused(f"Type why in {LONGEST} letters or fewer")
    with transaction.atomic():
        referral = answer.referral
        lock_patient_of(referral)
        locked = Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        changed = Answer.objects.filter(pk=answer.pk, is_current=True).update(
            override=Outcome(outcome),
            override_reason=reason,
            overridden_by=actor,
            overridden_at=now,
        )
        if not changed:
            raise OverrideRefused("It was answered again since. Read the new answer first")
        audit.write(
            AuditAction.ANSWER_OVERRIDDEN, now=now, actor=actor, referral=referral,
            question=answer.question, answer=answer.pk,
        )  # fmt: skip
        answers_changed.send(sender=None, referral=locked, now=now, actor=actor)
    answer.refresh_from_db()
    return answer
