"""What a clerk does for a caller: named holds, bookings with a reason, and their undoing.

Thin over reserve, which decides; here are the clerk's name, the reason, the audit, and what one
clerk must know of another.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from booking.appointments import booking, holds, kept, undo
from booking.appointments.warnings import TimeWarning, must_be_known, warnings_at
from booking.changes import audit
from booking.changes.patient_lock import lock_patient_of
from booking.identifiers.actors import ActorKind
from booking.models import (
    Appointment,
    AuditAction,
    AuditEntry,
    CallerHold,
    Patient,
    Referral,
    Slot,
    Staff,
)
from booking.pages.subject import Subject, lock_subject
from sites.ways import Way
from times.keyset import Key
from times.together import Part, beside, read, rows_of

FREED_FIRST = (Key("free_at", datetime), Key("pk", int))
"""The order of held times: the first to end first."""

BOOK_REASONS = {
    "phoned": "Patient phoned",
    "we_phoned": "We phoned the patient",
    "letter": "Patient wrote",
    "other": "Another reason",
}
CHANGE_REASONS = {
    "cannot_come": "Patient cannot come then",
    "sooner": "Patient wants it sooner",
    "nearer": "Patient wants another place",
    "unwell": "Patient is unwell",
    "needs": "The place does not fit the patient’s needs",
    "hospital": "The hospital asked",
    "other": "Another reason",
}
CANCEL_REASONS = {
    "not_wanted": "Patient does not want the scan",
    "cannot_come": "Patient cannot come then",
    "unwell": "Patient is unwell",
    "elsewhere": "Scanned somewhere else",
    "referrer": "The referrer asked",
    "died": "Patient has died",
    "other": "Another reason",
}
ENDS = {
    "not_wanted": Referral.End.NOT_WANTED,
    "elsewhere": Referral.End.ELSEWHERE,
    "referrer": Referral.End.WITHDRAWN,
    "died": Referral.End.DIED,
}
"""Reasons after which the whole request is over, not just this appointment."""
OPEN_LATELY = timedelta(minutes=10)
"""Who looked at a patient within this time may still have them open."""


@dataclass(frozen=True)
class HeldTime:
    """A time that is kept for a caller: by whom (None: by the patient online) and until when."""

    slot: Slot
    clerk: User | None

    @property
    def referral(self) -> Referral:
        """For whom it is kept."""
        return cast("Referral", self.slot.held_by)


def hold_for_caller(referral: Referral, slot_id: int, staff: Staff, *, now: datetime) -> Slot:
    """Hold a slot for 15 minutes in a clerk's name. Raises as holds.hold does."""
    slot = holds.hold(referral, slot_id, now=now)  # in no transaction: see there
    with transaction.atomic():
        _name_hold(referral, slot, staff)
        audit.write(AuditAction.HELD, now=now, actor=staff.actor, referral=referral, slot=slot.pk)
    return slot


class NotBothHeld(Exception):
    """One of two times could not be held: the other was let go of again."""


def hold_both(
    one: tuple[Referral, int], other: tuple[Referral, int], staff: Staff, *, now: datetime
) -> None:
    """Hold a time for each of two requests of a caller, or neither. Raises NotBothHeld."""
    held: list[Referral] = []
    try:
        for referral, slot_id in (one, other):
            hold_for_caller(referral, slot_id, staff, now=now)
            held.append(referral)
    except (holds.ReferralEnded, holds.SlotNotSuitable, holds.SlotTaken):
        for referral in held:
            release(referral, staff, now=now)
        raise NotBothHeld from None


def keep_holding(referral: Referral, slot_id: int, staff: Staff, *, now: datetime) -> Slot:
    """Hold for another 15 minutes; the hold is then this clerk's. Raises as holds.renew does."""
    with transaction.atomic():
        slot = holds.renew(referral, slot_id, now=now)
        _name_hold(referral, slot, staff)
        audit.write(AuditAction.HELD, now=now, actor=staff.actor, referral=referral, slot=slot.pk)
    return slot


def release(referral: Referral, staff: Staff, *, now: datetime) -> None:
    """Free what is held for a caller who does not want it or has hung up."""
    holds.release(referral, now=now)  # in no transaction: see there
    audit.write(AuditAction.RELEASED, now=now, actor=staff.actor, referral=referral)


@dataclass(frozen=True)
class Press:
    """What came with a clerk's press: what the page was about, the tokens of the warnings that it
    said, the reason; when a time may start at the soonest for this caller, and how they travel; and
    what must have been said of the call.
    """

    seen: Subject
    known: str
    reason: str
    earliest: datetime | None
    way: str = Way.CAR
    of_call: Sequence[TimeWarning] = ()


def book(
    referral: Referral, slot_id: int, staff: Staff, press: Press, *, now: datetime
) -> Appointment:
    """Book the held time, or move to it the appointment that the clerk saw.

    If another person booked, moved or cancelled since the page was seen, SubjectChanged is
    raised and nothing is done; WarningsNotKnown, if the page did not say all there is to say. The
    text waits 30 seconds for an undo. Raises as booking.book does.
    """
    with transaction.atomic():
        lock_patient_of(referral)
        lock_subject(press.seen, referral, slot_id)
        of_time = warnings_at(referral, slot_id, now=now, earliest=press.earliest, way=press.way)
        must_be_known([*of_time, *press.of_call], press.known)
        return booking.book(
            referral,
            slot_id,
            now=now,
            actor=staff.actor,
            undo_window=undo.UNDO,
            reason=press.reason,
        )


def keep_until_called(referral: Referral, *, now: datetime) -> None:
    """Keep what is held until a person phones, if one must, in the name of who held it."""
    before = held_for(referral, now)
    kept.keep_until_called(referral, now=now)
    if before and before.clerk and (slot := kept.held_by(referral, now=now)):
        _set_holder(referral, slot, before.clerk)


def held_for(referral: Referral, now: datetime) -> HeldTime | None:
    """Return the time that is kept for a referral now: of several slots the first."""
    return read(held(Referral.objects.filter(pk=referral.pk), now)).get(referral.pk)


def held(referrals: QuerySet[Referral], now: datetime) -> Part[dict[int, HeldTime]]:
    """Read what is kept for each of these referrals, by its key, as held_for says it."""
    named = CallerHold.objects.select_related("user").filter(referral__in=referrals)
    slots, holds_named = yield from beside(kept.held(referrals, now=now), rows_of(named))
    clerks = {(one.referral_id, one.until): one.user for one in holds_named}
    return {key: HeldTime(slot, clerks.get((key, slot.free_at))) for key, slot in slots.items()}


def held_by_clerks(trusts: Collection[str], now: datetime) -> QuerySet[Slot]:
    """Return every time that clerks keep for callers of these trusts; see FREED_FIRST.

    Of a time of several slots the first alone.
    """
    # Asked of each that is held: a list of all the trusts' referrals takes seconds to make.
    is_theirs = Exists(Referral.objects.of_trusts(trusts).filter(pk=OuterRef("held_by")))
    earlier = Slot.objects.filter(
        held_by=OuterRef("held_by"), free_at__gt=now, start__lt=OuterRef("start")
    )
    return Slot.objects.filter(
        is_theirs,
        ~Exists(earlier),
        held_by__isnull=False,
        free_at__gt=now,
        held_by__caller_hold__until=F("free_at"),
    ).select_related("site", "held_by__patient", "held_by__exam", "held_by__caller_hold__user")


def held_time(slot: Slot) -> HeldTime:
    """Return whose hold a slot of `held_by_clerks` has."""
    return HeldTime(slot, cast("Referral", slot.held_by).caller_hold.user)


def other_viewers(patient: Patient, staff: Staff, now: datetime) -> list[str]:
    """Return the names of other staff who looked at this patient in the last ten minutes."""
    return read(viewers(patient, staff, now))


def viewers(patient: Patient, staff: Staff, now: datetime) -> Part[list[str]]:
    """Read what other_viewers says."""
    seen = AuditEntry.objects.filter(
        patient=patient, at__gt=now - OPEN_LATELY, actor__startswith=ActorKind.STAFF
    ).exclude(actor=staff.actor)
    seen = seen.exclude(action=AuditAction.LISTED)
    named = Concat(Value(f"{ActorKind.STAFF} "), Cast("pk", CharField()))  # as Actor names them
    people = Staff.objects.select_related("user").annotate(actor_name=named)
    found = yield from rows_of(people.filter(actor_name__in=seen.values("actor")))
    return sorted(person.name for person in found)


def _name_hold(referral: Referral, slot: Slot, staff: Staff) -> None:
    _set_holder(referral, slot, staff.user)


def _set_holder(referral: Referral, slot: Slot, user: User) -> None:
    CallerHold.objects.update_or_create(
        referral=referral, defaults={"user": user, "until": slot.free_at or slot.start}
    )
