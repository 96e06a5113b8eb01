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
from django.db.models import QuerySet

from booking.appointments import reads
from booking.appointments.choices import kept_for, lock_several
from booking.appointments.clashes import must_not_overlap
from booking.appointments.double_bookings import close_double
from booking.appointments.holds import ReferralEnded, SlotNotSuitable, must_fit, why_not
from booking.appointments.parts import begins, parts_of, release_slots, where_of, write_parts
from booking.appointments.rivals import must_be_alone
from booking.appointments.safety import (
    follow_booking,
    follow_cancellation,
    must_allow_booking_of,
)
from booking.appointments.signals import appointment_changed, who_waits
from booking.appointments.why_off import EXAM_CHANGED, FOR_THE_PATIENT
from booking.changes import audit, change_log, commit_numbers, feed_locks
from booking.changes.patient_lock import lock_with_referral
from booking.exams.fit import Misfit
from booking.exams.questions.asking import answers_given
from booking.exams.runs import Choice, suits, takes_more
from booking.identifiers.actors import PATIENT, Actor, ActorKind, kind_of, staff_key
from booking.identifiers.codes import new_reference
from booking.messages import texts
from booking.models import (
    Appointment,
    AuditAction,
    Referral,
    Slot,
)
from booking.models.appointment import LIVE
from booking.worklists import rows, subjects
from times.together import attach, read

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
    act = _Act(now, actor, undo_window, reason)
    while True:
        with transaction.atomic():
            # One booking a referral at a time: the second of two presses sees what the first did.
            locked = lock_with_referral(referral)
            if locked is not None:
                if locked.ended_at:
                    raise ReferralEnded(locked)
                return _book(referral, slot_id, act)
            transaction.set_rollback(True)  # to here: PostgreSQL lets go of the locks


def _book(referral: Referral, slot_id: int, act: "_Act") -> Appointment:
    """Book under the lock of the patient and the referral: slots, appointment, what follows."""
    now, actor = act.now, act.actor
    seen = read(reads.before(referral, slot_id))
    if seen.live and seen.live.slot_id == slot_id:
        return seen.live
    is_move = seen.live is not None and seen.live.start > now
    if is_move or (seen.wanted and takes_more(referral.exam, seen.wanted)):
        slots = [seen.live.slot] if seen.live else []
        slots += [seen.wanted] if seen.wanted else []
        feed_locks.lock_feeds_shared(slot.trust_id for slot in slots)
        seen = read(reads.before(referral, slot_id))  # an import that we waited for changed it
    live = seen.live
    choice = kept_for(referral, seen.wanted, now=now) if seen.wanted else None
    if seen.wanted is None or choice is None:
        raise why_not(referral, slot_id, now)
    must_be_alone(referral, choice.slot_ids(), now=now, known=seen.rivals)
    had = _consume_hold(referral, choice, seen.wanted, live, now)
    with answers_given(referral, had.answers):
        _must_suit(referral, choice, had, now)
        result = must_allow_booking_of(referral, had.slot, now=now, actor=actor)
    if staff_key(actor) is None:
        must_not_overlap(referral, had.slot, choice.visits(), had.others)
    changed = [(live, live.slot)] if live else []
    if live and live.start > now:
        booked, is_more = _move(live, had, choice, act), True
    else:
        if live:
            mark_missed(live, now, actor)
        booked, is_more = _create(referral, had, choice, act)
    if is_more:
        rows.close_for(referral, TO_BOOK, "booked", now=now, actor=actor)
    follow_booking(booked, result, now=now, actor=actor)
    change_log.record_changes([*changed, (booked, had.slot)], now=now)
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
    referral: Referral, choice: Choice, wanted: Slot, live: Appointment | None, now: datetime
) -> reads.After:
    """Take what is held of a choice, whole or not at all; return what is so of its first slot."""
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
    return read(reads.after(referral, wanted, now=now))


def _must_suit(referral: Referral, choice: Choice, had: reads.After, now: datetime) -> None:
    """Raise SlotNotSuitable if the scan cannot be done in what was taken, as it is now."""
    must_fit(referral, had.slot, now=now, scanners=had.scanners)
    is_one = len(choice.slot_ids()) == 1
    visits = [(had.slot.start, had.slot.end)] if is_one else choice.visits()
    if not suits(referral.exam, visits):
        raise SlotNotSuitable(Misfit.TOO_SHORT)


@dataclass(frozen=True)
class _Act:
    """Who books, when and why, and how long the text about it waits."""

    now: datetime
    actor: Actor
    undo_window: timedelta
    reason: str


def _create(
    referral: Referral, had: reads.After, choice: Choice, act: _Act
) -> tuple[Appointment, bool]:
    """Write a new appointment; return it, and whether rows of the referral may be to close."""
    appointment = Appointment.objects.create(
        reference=new_reference(),
        referral=referral,
        booked_at=act.now,
        changed_at=act.now,
        **where_of(had.slot, choice),
        **begins(had.confirm_hours, had.slot, act.now),
    )
    attach([appointment], [], "parts", by="appointment_id")
    if len(choice.slot_ids()) > 1:
        write_parts(appointment, choice)
    kind = "pending" if _is_pending(appointment) else "confirmation"
    texts.notify_change(appointment, kind, act.now, act.undo_window, ready=had.ready)
    to_close = rows.open_of(referral, TO_BOOK)
    is_more = record(
        appointment, AuditAction.BOOKED, act.now, act.actor, also=to_close, reason=act.reason
    )
    vars(appointment)["_prefetched_objects_cache"].pop("parts")  # whoever called asks anew
    return appointment, is_more


def _move(appointment: Appointment, had: reads.After, choice: Choice, act: _Act) -> Appointment:
    old_slot, old_parts = appointment.slot_id, parts_of(appointment)
    left = set(appointment.slot_ids()) - set(choice.slot_ids())
    freed = release_slots(left)
    if old_parts or len(choice.slot_ids()) > 1:
        write_parts(appointment, choice)
    change_status(
        appointment,
        appointment.version,
        act.now,
        **where_of(had.slot, choice),
        **begins(had.confirm_hours, had.slot, act.now),
    )
    kind = "pending" if _is_pending(appointment) else "changed"
    texts.notify_change(appointment, kind, act.now, act.undo_window)
    detail: dict[str, Any] = {"from_slot": old_slot, "reason": act.reason}
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
    also: QuerySet[Any, Any] | None = None,
    **detail: Any,
) -> bool:
    """Write an act on an appointment into the audit, with its version, time and place, and say so.

    `freed` are the slots that it let go of: booking/appointments/signals.py. Returns whether
    anybody was told, or there was anything of `also`, which is asked in the same statement.
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
    said = {
        "appointment": appointment,
        "action": action,
        "now": now,
        "actor": actor,
        "freed": list(freed),
    }
    waiting, is_more = who_waits(*([] if also is None else [also]), **said)
    appointment_changed.send(sender=Appointment, waiting=waiting, **said)
    return bool(waiting) or is_more
