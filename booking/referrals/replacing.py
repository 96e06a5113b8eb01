"""A referral that its sender changes by its own address: whole, and only as it was read."""

import hashlib
from datetime import datetime

from django.db import transaction

from booking.changes.patient_lock import lock_patient_of
from booking.identifiers.actors import Actor
from booking.models import Referral
from booking.patients import needs
from booking.referrals import amending, exam_change, intake
from booking.referrals.submission import Conflict, ReferralSubmission, tidied


class ReferralChanged(Exception):
    """The referral is not as the caller read it."""


def version_of(referral: Referral) -> str:
    """Return a mark of a referral as its sender reads it: another whenever that differs."""
    seen = (
        referral.pk, referral.exam_id, referral.urgency, referral.clock_start, referral.target_day,
        referral.identifier, referral.ended_at, referral.end_reason,
    )  # fmt: skip
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def replace(
    referral: Referral, sent: ReferralSubmission, seen: str, *, now: datetime, actor: Actor
) -> Referral:
    """Take what was sent in place of what is here, the exam too; return the referral.

    Of the rest amending.py says what is taken. All or nothing. Raises ReferralInvalid, Conflict,
    and ReferralChanged if `seen` is not its version any more.
    """
    checked = intake.validate(tidied(sent), now=now)
    with transaction.atomic():
        lock_patient_of(referral)
        found = Referral.objects.select_related("patient", "exam").get(pk=referral.pk)
        if version_of(found) != seen:
            raise ReferralChanged
        if not intake.is_same_patient(found.patient, checked):
            raise Conflict({"nhs_number": "This request is another patient’s. Send a new one"})
        before, is_same_exam = list(found.patient.needs), found.exam_id == checked.exam.pk
        if not is_same_exam:
            intake.must_be_done(checked.exam)
        amended = amending.amend(found, checked, now=now, actor=actor)
        exam_change.change_exam(amended, checked.exam, now=now, actor=actor)
        if is_same_exam:  # else trusts hear of all of it already
            needs.tell_trusts(amended.patient, before, now=now, actor=actor)
    return amended
