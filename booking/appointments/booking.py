"""Book, move, cancel, displace: with `holds` (what is kept for whom), `trust_answers` (what a
trust says of a booking) and `undo` (what a clerk takes back) the only writer of Slot.free_at and
Appointment.status.

A booking consumes a hold by one conditional UPDATE, so that of any number of presses exactly one
books; the unique constraints on Appointment are the last guard. What must be true together (slot,
appointment, texts, audit) is one transaction, and slots are written before appointments in each,
the trusts' change numbers last (booking/changes/change_log.py), so that two of them do not wait
for one another. `now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from booking.appointments.choices import kept_for, lock_several
from booking.appointments.clashes import must_not_overlap
from booking.appointments.double_bookings import close_double
from booking.appointments.holds import ReferralEnded, SlotNotSuitable, must_fit, why_not
from booking.appointments.parts import parts_of, release_slots, where_of, write_parts
from booking.appointments.rivals import must_be_alone
from booking.appointments.safety import (
    follow_booking,
    follow_cancellation,
    must_allow_booking_of,
)
from booking.appointments.signals import appointment_changed
from booking.appointments.why_off import EXAM_CHANGED, FOR_THE_PATIENT
from booking.changes import audit, change_log, commit_numbers, feed_locks
from booking.changes.patient_lock import lock_patient_of
from booking.exams.fit import Misfit
from booking.exams.runs import Choice, suits, takes_more
from booking.identifiers.actors import PATIENT, Actor, ActorKind, kind_of, staff_key
from booking.identifiers.codes import new_reference
from booking.messages import texts
from booking.models import (
    Appointment,
    AuditAction,
    Feed,
    Referral,
    Slot,
)
from booking.models.appointment import LIVE
from booking.worklists import rows, subjects

AT_ONCE = timedelta(0)
FOR_THEMSELVES = (ActorKind.PATIENT, ActorKind.TEXTS, ActorKind.STAFF)
"""Actors who are the patient, or speak with them: a text about what they do is an answer."""

TO_BOOK = [
    rows.Kind.NOT_BOOKED,
    rows.Kind.DISPLACED,
    rows.Kind.NOT_REBOOKED,
    rows.Kind.BREACH,
]
"""Lists that a referral leaves when it is booked."""
BOOKED_AGAIN = "booked again after its time"
"""Why the audit says that somebody did not attend whom nobody marked so."""


class AppointmentChanged(Exception):
    """The appointment is not the live one that the caller saw."""


def live_appointment(referral: Referral) -> Appointment | None:
    """Return the referral's appointment that is still to happen, if it has one."""
    return (
        Appointment.objects.select_related("site", "slot")
        .filter(referral=referral, status__in=LIVE)
        .first()
    )


def book(
    referral: Referral,
    slot_id: int,
    *,
    now: datetime,
    actor: Actor,
    undo_window: timedelta = AT_ONCE,
    reason: str = "",
) -> Appointment:
    """Turn the hold on a slot into an appointment, with its texts and its audit entry.

    A referral that has a live appointment moves it, and its old slot becomes free in the same
    transaction. One whose time has come is not moved: who books again did not attend, until its
    trust knows better. Booking what is booked already answers the appointment as it is, so that
    a doubled request makes one. Where the trust confirms bookings itself, the appointment is
    pending until it answers. The text waits for `undo_window`; `reason` is kept in the audit.
    Raises HoldExpired, SlotTaken, SlotNotSuitable and, unless staff book, TimesOverlap; MustPhone,
    and QuestionsOpen, as the answers of the referral say for this actor; the old time is then
    kept. Raises ReferralEnded.
    """
    with transaction.atomic():
        lock_patient_of(referral)
        # One booking a referral at a time: the second of two presses sees what the first did.
        # no_key, so that an import that writes about this referral does not wait for us.
        locked = Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        if locked.ended_at:
            raise ReferralEnded(locked)
        live = live_appointment(referral)
        if live and live.slot_id == slot_id:
            return live
        wanted = Slot.objects.filter(pk=slot_id).first()
        is_move = live is not None and live.start > now
        if is_move or (wanted and takes_more(referral.exam, wanted)):
            new = [wanted.trust_id] if wanted else []
            feed_locks.lock_feeds_shared([*([live.slot.trust_id] if live else []), *new])
            live = live_appointment(referral)  # an import that we waited for may have taken it
        choice = kept_for(referral, wanted, now=now) if wanted else None
        if choice is None:
            raise why_not(referral, slot_id, now)
        must_be_alone(referral, choice.slot_ids(), now=now)
        slot = _consume_hold(referral, choice, live, now)
        result = must_allow_booking_of(referral, slot, now=now, actor=actor)
        if staff_key(actor) is None:
            must_not_overlap(referral, slot, choice.visits())
        changed = [(live, live.slot)] if live else []
        act = _Act(now, actor, undo_window, reason)
        if live and live.start > now:
            booked = _move(live, slot, choice, act)
        else:
            if live:
                mark_missed(live, now, actor)
            booked = _create(referral, slot, choice, act)
        rows.close_for(referral, TO_BOOK, "booked", now=now, actor=actor)
        follow_booking(booked, result, now=now, actor=actor)
        change_log.record_changes([*changed, (booked, slot)], now=now)
        return booked


def cancel(
    appointment: Appointment,
    version: int,
    *,
    now: datetime,
    actor: Actor,
    undo_window: timedelta = AT_ONCE,
    reason: str = "",
) -> Appointment:
    """Cancel a live appointment that still has `version`, free its slot, tell the patient.

    The text waits for `undo_window`, and for its hours if a system cancels that does not speak for
    the patient; `reason` is kept in the audit. Of a time that has passed nobody is told that it is
    cancelled. Raises AppointmentChanged if it was changed, cancelled or
    displaced meanwhile.
    """
    with transaction.atomic():
        lock_several(appointment.slot.trust_id, appointment.slot_ids())
        freed = release_slots(appointment.slot_ids())
        change_status(
            appointment, version, now, status=Appointment.Status.CANCELLED, confirm_by=None
        )
        by_patient = actor == PATIENT
        kind = "cancelled_by_you" if appointment.start > now else ""
        if kind_of(actor) not in FOR_THEMSELVES and not reason.startswith(FOR_THE_PATIENT):
            undo_window = texts.until_hours(appointment, now)
        texts.notify_change(appointment, kind, now, undo_window, by_patient=by_patient)
        record(appointment, AuditAction.CANCELLED, now, actor, freed, reason=reason)
        rows.open_row(
            rows.Kind.NOT_REBOOKED,
            subjects.of_appointment(appointment),
            _what_to_do(actor, reason),
            now=now,
            actor=actor,
        )
        follow_cancellation(appointment, now=now, actor=actor)
        close_unmarked(appointment, "resolved", now, actor)
        change_log.record_changes([(appointment, appointment.slot)], now=now)
    return appointment


def _what_to_do(actor: Actor, reason: str) -> str:
    """Return what the row about a cancelled appointment says: by whom, if not by the patient."""
    if reason == EXAM_CHANGED:
        return "The exam was changed, and the time that was booked does not suit it. Offer another."
    by_trust = kind_of(actor) == ActorKind.KEY
    if by_trust and reason.startswith(FOR_THE_PATIENT):
        return "The patient told a trust that they cannot come, and no other time is booked."
    if by_trust:
        return "The trust that referred cancelled it. Ask it whether the scan is still needed."
    return "The appointment was cancelled and no other is booked."


def cancel_as_ended(
    appointment: Appointment, *, now: datetime, actor: Actor, reason: str, text: bool
) -> None:
    """Cancel the appointment of a referral that ends: no other is to be booked.

    Without `text` the patient is told nothing. Belongs in the transaction of the end, which
    records the change at its end. Raises AppointmentChanged.
    """
    lock_several(appointment.slot.trust_id, appointment.slot_ids())
    freed = release_slots(appointment.slot_ids())
    change_status(
        appointment,
        appointment.version,
        now,
        status=Appointment.Status.CANCELLED,
        confirm_by=None,
    )
    texts.notify_change(appointment, "ended" if text else "", now)
    record(appointment, AuditAction.CANCELLED, now, actor, freed, reason=reason)


def _consume_hold(
    referral: Referral, choice: Choice, live: Appointment | None, now: datetime
) -> Slot:
    """Take what is held of a choice, whole or not at all; return its first slot."""
    commit_numbers.must_come_before_numbers("Taking a slot")
    keys = choice.slot_ids()
    booked = live.slot_ids() if live and len(keys) > 1 else []
    taking = [pk for pk in keys if pk not in booked]
    lock_several(choice.first[0].trust_id, taking)
    taken = Slot.objects.filter(
        pk__in=taking,
        held_by=referral,
        free_at__gt=now,
        start__gt=now,
        modality=referral.exam.modality,
    ).update(free_at=None, held_by=None)
    if taken != len(taking):
        raise why_not(referral, keys[0], now)
    slot = Slot.objects.select_related("site").get(pk=keys[0])
    must_fit(referral, slot, now=now)
    visits = choice.visits() if len(keys) > 1 else [(slot.start, slot.end)]
    if not suits(referral.exam, visits):
        raise SlotNotSuitable(Misfit.TOO_SHORT)
    return slot


def initial_status(slot: Slot, now: datetime) -> dict[str, Any]:
    """Return how a booking of this slot begins: booked, or pending where its trust confirms."""
    hours = (
        Feed.objects.filter(trust_id=slot.trust_id, confirms=True)
        .values_list("confirm_hours", flat=True)
        .first()
    )
    if hours is None:
        return {"status": Appointment.Status.BOOKED, "confirm_by": None}
    return {
        "status": Appointment.Status.PENDING,
        "confirm_by": min(now + timedelta(hours=hours), slot.start),
    }


@dataclass(frozen=True)
class _Act:
    """Who books, when and why, and how long the text about it waits."""

    now: datetime
    actor: Actor
    undo_window: timedelta
    reason: str


def _create(referral: Referral, slot: Slot, choice: Choice, act: _Act) -> Appointment:
    appointment = Appointment.objects.create(
        reference=new_reference(),
        referral=referral,
        booked_at=act.now,
        changed_at=act.now,
        **where_of(slot, choice),
        **initial_status(slot, act.now),
    )
    if len(choice.slot_ids()) > 1:
        write_parts(appointment, choice)
    kind = "pending" if _is_pending(appointment) else "confirmation"
    texts.notify_change(appointment, kind, act.now, act.undo_window)
    record(appointment, AuditAction.BOOKED, act.now, act.actor, reason=act.reason)
    return appointment


def _move(appointment: Appointment, slot: Slot, choice: Choice, act: _Act) -> Appointment:
    old_slot, old_parts = appointment.slot_id, parts_of(appointment)
    left = set(appointment.slot_ids()) - set(choice.slot_ids())
    freed = release_slots(left)
    if old_parts or len(choice.slot_ids()) > 1:
        write_parts(appointment, choice)
    change_status(
        appointment,
        appointment.version,
        act.now,
        **where_of(slot, choice),
        **initial_status(slot, act.now),
    )
    kind = "pending" if _is_pending(appointment) else "changed"
    texts.notify_change(appointment, kind, act.now, act.undo_window)
    detail = {"from_slot": old_slot, "reason": act.reason}
    if old_parts:
        detail["from_parts"] = old_parts
    record(appointment, AuditAction.MOVED, act.now, act.actor, freed, **detail)
    close_double(appointment, act.now, act.actor)
    return appointment


def mark_missed(appointment: Appointment, now: datetime, actor: Actor) -> None:
    """Note that somebody who books again did not come to the time that has passed.

    What is still to come of it, a second visit, is not needed any more.
    """
    was = appointment.status
    freed = release_slots([part.slot_id for part in appointment.further() if part.start > now])
    change_status(
        appointment,
        appointment.version,
        now,
        status=Appointment.Status.DID_NOT_ATTEND,
        confirm_by=None,
    )
    close_unmarked(appointment, "did_not_attend", now, actor)
    record(appointment, AuditAction.DID_NOT_ATTEND, now, actor, freed, reason=BOOKED_AGAIN, was=was)


def close_unmarked(appointment: Appointment, outcome: str, now: datetime, actor: Actor) -> None:
    """Take an appointment off the list "Did they come?": it is known, or not asked any more."""
    about = subjects.of_appointment(appointment)
    rows.close_about(rows.Kind.UNMARKED, about, outcome, now=now, actor=actor)
    close_double(appointment, now, actor)


def _is_pending(appointment: Appointment) -> bool:
    return appointment.status == Appointment.Status.PENDING


def change_status(
    appointment: Appointment,
    version: int,
    now: datetime,
    was: Collection[str] = LIVE,
    **fields: object,
) -> None:
    """Change an appointment that still has `version` and a status in `was`, and count it up.

    Raises AppointmentChanged if somebody was first. Slots are written before: see the module.
    """
    commit_numbers.must_come_before_numbers("Changing an appointment")
    changed = Appointment.objects.filter(pk=appointment.pk, version=version, status__in=was).update(
        version=version + 1, changed_at=now, **fields
    )
    if not changed:
        raise AppointmentChanged
    if "status" in fields:
        # They end, and come back, with it: a slot is a part of one live appointment.
        appointment.parts.update(live=fields["status"] in LIVE)
    appointment.refresh_from_db()


def record(
    appointment: Appointment,
    action: AuditAction,
    now: datetime,
    actor: Actor,
    freed: Collection[int] = (),
    **detail: Any,
) -> None:
    """Write an act on an appointment into the audit, with its version, time and place, and say so.

    `freed` are the slots that it let go of: booking/appointments/signals.py.
    """
    if parts := parts_of(appointment):
        detail["parts"] = parts
    audit.write(
        action,
        now=now,
        actor=actor,
        appointment=appointment,
        version=appointment.version,
        slot=appointment.slot_id,
        start=appointment.start.isoformat(),  # its slot may be at another time by tomorrow
        site=appointment.site_id,
        **detail,
    )
    appointment_changed.send(
        sender=Appointment,
        appointment=appointment,
        action=action,
        now=now,
        actor=actor,
        freed=list(freed),
    )
