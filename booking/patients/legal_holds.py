"""Whose record must not be erased yet, though its years are over. `now` is aware, UTC."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from booking.changes import audit
from booking.changes.patient_lock import lock_patient
from booking.identifiers.actors import Actor
from booking.models import AuditAction, LegalHold, Patient
from times.london import day_in_england


class HoldRefusedError(Exception):
    """A hold cannot be set or lifted so; the text says why."""


def standing(now: datetime) -> QuerySet[LegalHold]:
    """Return the holds that count: not lifted, and their last day is not over."""
    today = day_in_england(now)
    return LegalHold.objects.filter(Q(until=None) | Q(until__gte=today), lifted_at=None)


def put(
    patient: Patient, *, who: str, reason: str, until: date | None, now: datetime, actor: Actor
) -> None:
    """Hold a patient's record, joined ones with it, and write it down. Raises HoldRefusedError."""
    if not who.strip() or not reason.strip():
        raise HoldRefusedError("Say who decided it, and why")
    if len(who) > 100 or len(reason) > 200:
        raise HoldRefusedError("Who is 100 characters at most, why 200")
    if until and until < day_in_england(now):
        raise HoldRefusedError("Its last day is over")
    with transaction.atomic():
        lock_patient(patient.pk)
        LegalHold.objects.create(patient=patient, who=who, reason=reason, until=until, set_at=now)
        audit.write(
            AuditAction.LEGAL_HOLD_SET, now=now, actor=actor, patient=patient, who=who,
            reason=reason, until=until.isoformat() if until else "",
        )  # fmt: skip


def lift(patient: Patient, *, who: str, reason: str, now: datetime, actor: Actor) -> int:
    """End what stands of a patient's holds, and write it down; return how many.

    Raises HoldRefusedError if nobody decided it, or nothing stands.
    """
    if not who.strip() or not reason.strip():
        raise HoldRefusedError("Say who decided it, and why")
    with transaction.atomic():
        lock_patient(patient.pk)
        lifted = standing(now).filter(patient__in=patient.records).update(lifted_at=now)
        if not lifted:
            raise HoldRefusedError("Nothing holds this record")
        audit.write(
            AuditAction.LEGAL_HOLD_LIFTED, now=now, actor=actor, patient=patient, who=who,
            reason=reason,
        )  # fmt: skip
    return lifted
