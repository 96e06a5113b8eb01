"""A referral's end: why, by whom, what stops with it; and how it is opened again.

The only writer of Referral.ended_at, end_reason and ended_by, and of Patient.died_at. What must be
true together (the end, the appointment cancelled, its slot free, texts stopped, rows closed) is
one transaction. `now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver

from booking.alerts import closing, raising
from booking.appointments import booking, holds, trust_answers
from booking.appointments.holds import ReferralEnded
from booking.changes import audit, change_log, feed_locks
from booking.changes.patient_lock import lock_patient_of
from booking.identifiers.actors import Actor
from booking.messages import texts
from booking.models import Appointment, AuditAction, Patient, Referral, Slot, WorklistRow
from booking.models.appointment import LIVE
from booking.offers import ending as offers
from booking.worklists import chasing, rows, subjects

End = Referral.End
ROW_OUTCOMES = {End.NOT_WANTED: rows.Outcome.NOT_WANTED, End.SENT_BACK: rows.Outcome.SENT_BACK}
"""What became of the rows of a referral that ends, where it is not just "no longer so"."""


@dataclass(frozen=True)
class WhatStops:
    """What an end will do: to which referrals, appointments to come, waiting texts and rows."""

    referrals: list[Referral]
    appointments: list[Appointment]
    texts: int
    rows: list[WorklistRow]


def what_stops(referral: Referral, reason: str, *, now: datetime) -> WhatStops:
    """Return what ending the referral for this reason would do; nothing is done."""
    referrals = _ending_with(referral, reason)
    appointments = _to_come(referrals, now)
    return WhatStops(
        referrals=referrals,
        appointments=appointments,
        texts=texts.waiting_for(_all_of(referral, reason)),
        rows=list(_open_rows(_all_of(referral, reason), reason).order_by("pk")),
    )


def end(referral: Referral, reason: str, *, now: datetime, actor: Actor) -> None:
    """End a referral: its appointment to come is cancelled, its texts stop, its rows are closed.

    The patient is texted if an appointment was cancelled. With the reason that the patient has
    died everything of that patient ends, and nobody is texted or phoned. Raises ReferralEnded if
    it has ended already, and AppointmentChanged if its appointment changed at this moment.
    """
    reason = End(reason)
    with transaction.atomic():
        if reason == End.DIED:
            lock_patient_of(referral)
            _note_death(referral.patient_id, now, actor)
        ending = list(
            Referral.objects.select_for_update(no_key=True, of=("self",))
            .select_related("patient")
            .filter(_same_end(referral, reason), ended_at=None)
            .order_by("pk")
        )
        if not ending and reason != End.DIED:
            referral.refresh_from_db()
            raise ReferralEnded(referral)
        _lock_slots(ending, now)
        everything = _all_of(referral, reason)
        _close_rows(everything, reason, now, actor)
        texts.stop(everything, now)
        cancelled = _cancel(ending, reason, now, actor)
        offers.withdraw_all_of(ending, now=now, actor=actor)
        for one in ending:
            _write_end(one, reason, now, actor)
        change_log.record_changes([(one, one.slot) for one in cancelled], now=now)
    referral.refresh_from_db(fields=["ended_at", "end_reason", "ended_by"])


def reopen(referral: Referral, *, now: datetime, actor: Actor) -> None:
    """Open again what has ended, and put it on the list of those to book.

    If the patient was said to have died, they have not: everything that ended with that is open
    again, too. Opening what is open changes nothing.
    """
    with transaction.atomic():
        lock_patient_of(referral)
        patient = Patient.objects.select_for_update(no_key=True).get(pk=referral.patient_id)
        which = Q(pk=referral.pk)
        if patient.died_at:
            Patient.objects.filter(pk=patient.pk).update(died_at=None)
            audit.write(AuditAction.NOT_DIED, now=now, actor=actor, patient=patient)
            which |= Q(patient=patient, end_reason=End.DIED)
        again = Referral.objects.select_for_update(no_key=True).filter(which)
        for one in again.exclude(ended_at=None).order_by("pk"):
            _open_again(one, now, actor)
            _put_on_a_list(one, now, actor)
    referral.refresh_from_db()


@receiver(trust_answers.attendance_marked, dispatch_uid="booking.referrals.ending.follow")
def follow_attendance(
    *, appointment: Appointment, now: datetime, actor: Actor, **_signal: Any
) -> None:
    """End a referral whose patient came; open it again if they did not come after all.

    With another appointment to come it stays open, and a person asks whether that is needed.
    """
    referral = Referral.objects.get(pk=appointment.referral_id)  # as it is now: it is locked
    if appointment.status == Appointment.Status.ATTENDED:
        if referral.ended_at:
            return
        if _to_come([referral], now):
            rows.open_row(
                rows.Kind.NEEDS_PERSON,
                subjects.of_appointment(appointment),
                "They came, and another time is booked. Ask whether it is needed.",
                now=now,
                actor=actor,
            )
            return
        _close_rows([referral], End.DONE, now, actor)
        texts.stop([referral], now)
        _write_end(referral, End.DONE, now, actor)
    elif referral.end_reason == End.DONE and not _attended(referral):
        _open_again(referral, now, actor)


def _attended(referral: Referral) -> bool:
    return referral.appointments.filter(status=Appointment.Status.ATTENDED).exists()


def _same_end(referral: Referral, reason: str) -> Q:
    """Return which referrals end together: this one; with a death all of the patient."""
    return Q(patient=referral.patient_id) if reason == End.DIED else Q(pk=referral.pk)


def _ending_with(referral: Referral, reason: str) -> list[Referral]:
    found = Referral.objects.select_related("exam", "patient", "trust")
    return list(found.filter(_same_end(referral, reason), ended_at=None).order_by("pk"))


def _all_of(referral: Referral, reason: str) -> list[Referral]:
    """Return whose texts and rows end: with a death also those of referrals that had ended."""
    return list(Referral.objects.filter(_same_end(referral, reason)).order_by("pk"))


def _to_come(referrals: Collection[Referral], now: datetime) -> list[Appointment]:
    live = Appointment.objects.filter(referral__in=referrals, status__in=LIVE, start__gt=now)
    return list(live.select_related("referral__patient", "slot", "site").order_by("slot"))


def _open_rows(referrals: Collection[Referral], reason: str) -> Any:
    """Return the rows that an end closes. Whether two records are one person stays to be asked."""
    found = WorklistRow.objects.filter(referral__in=referrals, closed_at=None)
    return found if reason == End.DIED else found.exclude(kind=rows.Kind.SAME_PERSON)


def _close_rows(referrals: Collection[Referral], reason: str, now: datetime, actor: Actor) -> None:
    outcome = ROW_OUTCOMES.get(End(reason), rows.Outcome.RESOLVED)
    for row in _open_rows(referrals, reason):
        rows.close_row(row, outcome, now=now, actor=actor)


def _lock_slots(referrals: Collection[Referral], now: datetime) -> None:
    """Lock what is to come and what is held, after its feeds and before its rows and texts.

    An import may take a slot, or lock it; a cancellation locks its slot, then texts and rows.
    """
    slots = Slot.objects.filter(
        Q(held_by__in=referrals, free_at__gt=now)
        | Q(pk__in=[pk for one in _to_come(referrals, now) for pk in one.slot_ids()])
    )
    feed_locks.lock_feeds_shared(slots.values_list("trust_id", flat=True))
    list(slots.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def _cancel(
    referrals: Collection[Referral], reason: str, now: datetime, actor: Actor
) -> list[Appointment]:
    """Cancel what is to come and free what is held; return the appointments."""
    for referral in referrals:
        holds.release(referral, now=now)
    cancelled = _to_come(referrals, now)
    for appointment in cancelled:
        booking.cancel_as_ended(
            appointment, now=now, actor=actor, reason=reason, text=reason != End.DIED
        )
    return cancelled


def _write_end(referral: Referral, reason: str, now: datetime, actor: Actor) -> None:
    Referral.objects.filter(pk=referral.pk).update(ended_at=now, end_reason=reason, ended_by=actor)
    audit.write(AuditAction.ENDED, now=now, actor=actor, referral=referral, reason=str(reason))
    closing.referral_ended(referral, reason, now=now, actor=actor)


def _note_death(patient_id: int, now: datetime, actor: Actor) -> None:
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    if patient.died_at is None:
        Patient.objects.filter(pk=patient_id).update(died_at=now)
        audit.write(AuditAction.DIED, now=now, actor=actor, patient=patient)


def _open_again(referral: Referral, now: datetime, actor: Actor) -> None:
    reason = referral.end_reason
    Referral.objects.filter(pk=referral.pk).update(ended_at=None, end_reason="", ended_by="")
    audit.write(AuditAction.REOPENED, now=now, actor=actor, referral=referral, reason=reason)
    referral.refresh_from_db(fields=["ended_at", "end_reason", "ended_by"])
    raising.referral_reopened(referral, now=now, actor=actor)


def _put_on_a_list(referral: Referral, now: datetime, actor: Actor) -> None:
    live = booking.live_appointment(referral)
    if live:  # its time had passed when the referral ended, and nobody has marked it
        chasing.open_unmarked(live, now=now, actor=actor)
    else:
        chasing.open_not_booked(
            referral, "Had ended, and is open again. Phone them.", now=now, actor=actor
        )
