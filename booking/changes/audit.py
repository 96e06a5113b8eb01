"""Writes down every view and change of a patient. Rows can only be added: a trigger says so."""

from collections.abc import Iterable
from datetime import datetime

from booking.identifiers.actors import Actor
from booking.models import Appointment, AuditAction, AuditEntry, Patient, Referral


def write(
    action: AuditAction,
    *,
    now: datetime,
    actor: Actor,
    patient: Patient | None = None,
    referral: Referral | None = None,
    appointment: Appointment | None = None,
    **detail: object,
) -> AuditEntry:
    """Write one entry; an appointment gives its referral, a referral its patient.

    Belongs inside the transaction of the act. `detail` holds ids, codes and reasons; never a
    name, a number or a date of birth.
    """
    if appointment is not None:
        referral = referral or appointment.referral
    patient_id = patient.pk if patient else referral.patient_id if referral else None
    return AuditEntry.objects.create(
        at=now,
        actor=actor,
        action=action,
        patient_id=patient_id,
        referral=referral,
        appointment=appointment,
        detail=detail,
    )


def write_read(appointments: Iterable[Appointment], *, now: datetime, actor: Actor) -> None:
    """Write down whose appointments a trust's system was given: one entry an appointment."""
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=now,
            actor=actor,
            action=AuditAction.READ,
            patient_id=made.referral.patient_id,
            referral_id=made.referral_id,
            appointment=made,
            detail={"version": made.version},
        )
        for made in appointments
    )


def write_listed(
    patient_ids: Iterable[int],
    *,
    now: datetime,
    actor: Actor,
    action: AuditAction = AuditAction.LISTED,
    answers_of: Iterable[int] = (),
) -> None:
    """Write down whose names stood on a list that somebody saw, or took: one entry a patient.

    `answers_of` are those of whom answers stood there too: one more entry for each.
    """
    seen = [(action, one) for one in sorted(set(patient_ids))]
    seen += [(AuditAction.ANSWERS_SEEN, one) for one in sorted(set(answers_of))]
    AuditEntry.objects.bulk_create(
        AuditEntry(at=now, actor=actor, action=what, patient_id=patient_id)
        for what, patient_id in seen
    )


def write_export(
    table: str, patient_ids: Iterable[int] = (), *, now: datetime, actor: Actor
) -> None:
    """Write down that somebody took a table as a file: of each patient whom it was asked for,
    else once. `table` says which, and names nobody.
    """
    whose: list[int | None] = [*sorted(set(patient_ids))] or [None]
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=now,
            actor=actor,
            action=AuditAction.EXPORTED,
            patient_id=patient_id,
            detail={"table": table},
        )
        for patient_id in whose
    )
