"""Taking back one's own last act within 30 seconds, while its text still waits."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Q

from booking.appointments.booking import (
    BOOKED_AGAIN,
    TO_BOOK,
    AppointmentChanged,
    change_status,
    live_appointment,
    record,
)
from booking.appointments.choices import lock_several
from booking.appointments.clashes import must_not_overlap
from booking.appointments.holds import ReferralEnded, SlotNotSuitable, SlotTaken, must_fit
from booking.appointments.parts import initial_status, release_slots, where_of, write_parts
from booking.appointments.rivals import must_be_alone
from booking.appointments.safety import follow_cancellation, follow_time_kept
from booking.changes import change_log, feed_locks
from booking.changes.patient_lock import lock_patient_of
from booking.exams.fit import Misfit, why_not_able
from booking.exams.needed import needed_of
from booking.exams.runs import Choice, pieces, suits
from booking.identifiers.actors import Actor
from booking.messages import texts
from booking.models import OFF_SALE, Appointment, AuditAction, AuditEntry, Referral, Slot
from booking.worklists import chasing, rows
from notifications import outbox
from times.together import Part, read, rows_of
from times.written import Written

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
LAST_ACT = Written(
    lambda patient: (
        AuditEntry.objects.filter(patient_id=patient, action__in=ACTS)
        .select_related("appointment")
        .order_by("-pk")[:1]
    ),
    patient=BigIntegerField(),
)
"""At most one row."""
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
        freed: list[int] = []
        if step.action == AuditAction.BOOKED:
            freed, missed = _unbook(appointment, version, step.at, now, actor)
            touched += [(one, one.slot) for one in missed]
        elif step.action == AuditAction.MOVED:
            freed, old = _move_back(appointment, version, step.detail, now)
            touched.append((appointment, old))
        else:
            _uncancel(appointment, version, now, actor)
        # First no text of before can leave any more; then what has left is known for certain.
        outbox.cancel_unsent(appointment.reference, before_version=version + 1, now=now)
        texts.notify_change(appointment, _text_after(appointment, step), now, UNDO)
        record(appointment, AuditAction.UNDONE, now, actor, freed, undid=step.action)
        change_log.record_changes(touched, now=now)
    return appointment


def undoable(patient_id: int, *, now: datetime, actor: Actor) -> AuditEntry | None:
    """Return the last act on a patient, if `actor` did it and can still take it back.

    It is the last of anybody's on any of the patient's appointments and requests: what came
    before it cannot be taken back any more.
    """
    return read(last_step(patient_id, now=now, actor=actor))


def last_step(patient_id: int, *, now: datetime, actor: Actor) -> Part[AuditEntry | None]:
    """Read what undoable says."""
    last = next(iter((yield from rows_of(LAST_ACT(patient=patient_id)))), None)
    if last is None or last.action not in UNDOABLE:
        return None
    return last if last.actor == actor and now - last.at <= UNDO else None


def _unbook(
    appointment: Appointment, version: int, since: datetime, now: datetime, actor: Actor
) -> tuple[list[int], list[Appointment]]:
    """Cancel what was booked; return its slots, and the earlier appointment that nobody has
    marked again."""
    lock_several(appointment.slot.trust_id, appointment.slot_ids())
    freed = release_slots(appointment.slot_ids())
    change_status(appointment, version, now, status=Status.CANCELLED, confirm_by=None)
    again = [*TO_BOOK, rows.Kind.NEEDS_PERSON]
    rows.reopen_for(appointment.referral, again, since=since, now=now, actor=actor)
    follow_cancellation(appointment, now=now, actor=actor)
    return freed, _unmiss(appointment.referral, since, now, actor)


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


def _move_back(
    appointment: Appointment, version: int, detail: dict[str, Any], now: datetime
) -> tuple[list[int], Slot]:
    """Take back the slots that an appointment moved from, free those that it moved to: return
    these, and the first of those."""
    visit_of = {detail["from_slot"]: 1, **dict(detail.get("from_parts", []))}
    both = Slot.objects.filter(pk__in=[*visit_of, appointment.slot_id])
    feed_locks.lock_feeds_shared(both.values_list("trust_id", flat=True))
    now_had = set(appointment.slot_ids())
    choice = _take_back(appointment.referral, visit_of, now_had & set(visit_of), now)
    freed = release_slots(now_had - set(visit_of))
    if len(visit_of) > 1 or len(now_had) > 1:
        write_parts(appointment, choice)
    old = Slot.objects.select_related("site").get(pk=detail["from_slot"])
    where = where_of(old, choice)
    change_status(appointment, version, now, **where, **initial_status(old, now))
    return freed, old


def _uncancel(appointment: Appointment, version: int, now: datetime, actor: Actor) -> None:
    if live_appointment(appointment.referral):
        raise AppointmentChanged
    parts = [(part.slot_id, part.visit) for part in appointment.further()]
    visit_of = {appointment.slot_id: 1, **dict(parts)}
    if parts:
        feed_locks.lock_feeds_shared([appointment.slot.trust_id])
    _take_back(appointment.referral, visit_of, (), now)
    slot = Slot.objects.get(pk=appointment.slot_id)
    change_status(appointment, version, now, was=[Status.CANCELLED], **initial_status(slot, now))
    again = [rows.Kind.NOT_REBOOKED]
    rows.close_for(appointment.referral, again, "resolved", now=now, actor=actor)
    follow_time_kept(appointment, now=now, actor=actor)


def _take_back(
    referral: Referral, visit_of: dict[int, int], had: Collection[int], now: datetime
) -> Choice:
    """Take slots that nobody has, without a hold: all of them, but those that it `had` all along.

    `visit_of` is the visit of each slot, the first slot first. Raises SlotTaken, SlotNotSuitable
    and TimesOverlap.
    """
    keys = list(visit_of)
    must_be_alone(referral, keys, now=now)
    taking = [pk for pk in keys if pk not in had]
    first = Slot.objects.select_related("site").get(pk=keys[0])
    lock_several(first.trust_id, taking)
    # Whoever had it a moment ago has it again, even if its feed may be taking it away.
    free = Q(free_at__lte=now) | Q(free_at=OFF_SALE)
    taken = Slot.objects.filter(free, pk__in=taking, start__gt=now)
    if taken.update(free_at=None, held_by=None) != len(taking):
        raise SlotTaken(first, referral.exam, needed_of(referral, now=now))
    first.refresh_from_db()
    must_fit(referral, first, now=now)
    _must_be_able(referral, keys[1:], now)
    by_key = {piece.id: piece for piece in pieces(Slot.objects.filter(pk__in=keys))}
    choice = Choice(
        *(tuple(by_key[pk] for pk in keys if visit_of[pk] == visit) for visit in (1, 2))
    )
    if not suits(referral.exam, choice.visits()):
        raise SlotNotSuitable(Misfit.TOO_SHORT)
    must_not_overlap(referral, first, choice.visits())
    return choice


def _must_be_able(referral: Referral, slot_ids: Collection[int], now: datetime) -> None:
    """Raise SlotNotSuitable if the scanner of a further slot cannot do what it could."""
    needed = needed_of(referral, now=now)
    for slot in Slot.objects.filter(pk__in=slot_ids).order_by("start"):
        if misfit := why_not_able(referral.exam, slot, needed):
            raise SlotNotSuitable(misfit)


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
