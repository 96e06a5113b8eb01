"""Taking back one's own last act within 30 seconds, while its text still waits."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from booking.appointments.booking import (
    BOOKED_AGAIN,
    TO_BOOK,
    AppointmentChanged,
    change_status,
    initial_status,
    live_appointment,
    record,
    release_slot,
)
from booking.appointments.clashes import must_not_overlap
from booking.appointments.holds import ReferralEnded, SlotTaken, must_fit
from booking.appointments.rivals import must_be_alone
from booking.appointments.safety import follow_cancellation
from booking.changes import change_log, feed_locks
from booking.changes.patient_lock import lock_patient_of
from booking.identifiers.actors import Actor
from booking.messages import texts
from booking.models import OFF_SALE, Appointment, AuditAction, AuditEntry, Referral, Slot
from booking.worklists import chasing, rows
from notifications import outbox

UNDO = timedelta(seconds=30)
"""How long a clerk may take back what they did; its text waits as long (journeys.md)."""
UNDOABLE = [AuditAction.BOOKED, AuditAction.MOVED, AuditAction.CANCELLED]
ACTS = [
    *UNDOABLE,
    AuditAction.UNDONE,
    AuditAction.DISPLACED,
    AuditAction.REFUSED,
    AuditAction.CONFIRMED,
    AuditAction.ENDED,
    AuditAction.REOPENED,
    AuditAction.DIED,
    AuditAction.NOT_DIED,
]
"""What changes a patient's appointments or requests, whoever does it. Who came to a time that has
passed changes none that is to come."""
NEWS = ["confirmation", "pending", "changed"]
"""Kinds of text by which a patient knows of a time."""
Status = Appointment.Status


class TooLateToUndo(Exception):
    """It was not this person's own, or not the last on this patient, or over 30 seconds ago."""


def undo(appointment: Appointment, version: int, *, now: datetime, actor: Actor) -> Appointment:
    """Take back the booking, move or cancellation that `actor` made in the last 30 seconds.

    Its text has not gone out yet and never will; or, if it left in the same moment, another
    puts it right. Lists that it closed are open again; so is the question whether the patient
    came to a time that had passed before. Raises TooLateToUndo, AppointmentChanged, and
    ReferralEnded; and if the old time cannot be had again: SlotTaken, SlotNotSuitable if the scan
    cannot be done in it, and TimesOverlap.
    """
    with transaction.atomic():
        lock_patient_of(appointment.referral)
        locked = Referral.objects.select_for_update(no_key=True).get(pk=appointment.referral_id)
        if locked.ended_at:
            raise ReferralEnded(locked)
        step = undoable(locked.patient_id, now=now, actor=actor)
        if step is None or step.appointment_id != appointment.pk:
            raise TooLateToUndo
        if step.detail["version"] != version:
            raise AppointmentChanged
        touched = [(appointment, appointment.slot)]
        if step.action == AuditAction.BOOKED:
            missed = _unbook(appointment, version, step.at, now, actor)
            touched += [(one, one.slot) for one in missed]
        elif step.action == AuditAction.MOVED:
            old = _move_back(appointment, version, step.detail["from_slot"], now)
            touched.append((appointment, old))
        else:
            _uncancel(appointment, version, now, actor)
        # First no text of before can leave any more; then what has left is known for certain.
        outbox.cancel_unsent(appointment.reference, before_version=version + 1, now=now)
        texts.notify_change(appointment, _text_after(appointment, step), now, UNDO)
        record(appointment, AuditAction.UNDONE, now, actor, undid=step.action)
        change_log.record_changes(touched, now=now)
    return appointment


def undoable(patient_id: int, *, now: datetime, actor: Actor) -> AuditEntry | None:
    """Return the last act on a patient, if `actor` did it and can still take it back.

    It is the last of anybody's on any of the patient's appointments and requests: what came
    before it cannot be taken back any more.
    """
    acts = AuditEntry.objects.filter(patient=patient_id, action__in=ACTS)
    last = acts.select_related("appointment").order_by("-pk").first()
    if last is None or last.action not in UNDOABLE:
        return None
    return last if last.actor == actor and now - last.at <= UNDO else None


def _unbook(
    appointment: Appointment, version: int, since: datetime, now: datetime, actor: Actor
) -> list[Appointment]:
    """Cancel what was booked; return the earlier appointment that nobody has marked again."""
    release_slot(appointment.slot_id)
    change_status(appointment, version, now, status=Status.CANCELLED, confirm_by=None)
    again = [*TO_BOOK, rows.Kind.NEEDS_PERSON]
    rows.reopen_for(appointment.referral, again, since=since, now=now, actor=actor)
    follow_cancellation(appointment, now=now, actor=actor)
    return _unmiss(appointment.referral, since, now, actor)


def _unmiss(referral: Referral, since: datetime, now: datetime, actor: Actor) -> list[Appointment]:
    """Ask again who came to the time that the booking since then took as missed."""
    taken_as_missed = AuditEntry.objects.filter(
        referral=referral,
        action=AuditAction.DID_NOT_ATTEND,
        detail__reason=BOOKED_AGAIN,
        at__gte=since,
    ).select_related("appointment__slot")
    again = []
    for entry in taken_as_missed:
        missed, version = entry.appointment, entry.detail["version"]
        if missed is None or missed.version != version or missed.status != Status.DID_NOT_ATTEND:
            continue  # its trust has said since what became of it
        before = entry.detail.get("was", Status.BOOKED)
        change_status(missed, version, now, was=[Status.DID_NOT_ATTEND], status=before)
        record(missed, AuditAction.UNDONE, now, actor, undid=AuditAction.DID_NOT_ATTEND)
        chasing.open_unmarked(missed, now=now, actor=actor)
        again.append(missed)
    return again


def _move_back(appointment: Appointment, version: int, slot_id: int, now: datetime) -> Slot:
    both = Slot.objects.filter(pk__in=[slot_id, appointment.slot_id])
    feed_locks.lock_feeds_shared(both.values_list("trust_id", flat=True))
    old = _take_back(appointment.referral, slot_id, now)
    release_slot(appointment.slot_id)
    where: dict[str, Any] = {"slot": old, "site": old.site, "start": old.start, "end": old.end}
    change_status(appointment, version, now, **where, **initial_status(old, now))
    return old


def _uncancel(appointment: Appointment, version: int, now: datetime, actor: Actor) -> None:
    if live_appointment(appointment.referral):
        raise AppointmentChanged
    slot = _take_back(appointment.referral, appointment.slot_id, now)
    change_status(appointment, version, now, was=[Status.CANCELLED], **initial_status(slot, now))
    again = [rows.Kind.NOT_REBOOKED]
    rows.close_for(appointment.referral, again, "resolved", now=now, actor=actor)


def _take_back(referral: Referral, slot_id: int, now: datetime) -> Slot:
    """Take a slot that nobody has, without a hold.

    Raises SlotTaken, SlotNotSuitable and TimesOverlap.
    """
    must_be_alone(referral, slot_id)
    # Whoever had it a moment ago has it again, even if its feed may be taking it away.
    free = Q(free_at__lte=now) | Q(free_at=OFF_SALE)
    taken = Slot.objects.filter(free, pk=slot_id, start__gt=now).update(free_at=None, held_by=None)
    slot = Slot.objects.select_related("site").get(pk=slot_id)
    if not taken:
        raise SlotTaken(slot, referral.exam)
    must_fit(referral, slot)
    must_not_overlap(referral, slot)
    return slot


def _text_after(appointment: Appointment, step: AuditEntry) -> str:
    """Return the kind of text that puts right what the patient was told; empty if nothing was."""
    reference, undone = appointment.reference, step.detail["version"]
    told = outbox.was_sent(reference, NEWS)
    told_step = outbox.was_sent(reference, [*NEWS, "cancelled_by_you"], version=undone)
    if not appointment.is_live:
        return "cancelled_by_you" if told else ""
    is_pending = appointment.status == Status.PENDING
    thinks_confirmed = is_pending and outbox.was_sent(reference, ["confirmed"])
    if told and not told_step and not thinks_confirmed:
        return ""
    if is_pending:
        return "pending"
    return "changed" if told_step and step.action == AuditAction.MOVED else "confirmation"
