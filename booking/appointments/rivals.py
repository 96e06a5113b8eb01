"""Of slots that overlap on one machine only one is booked (booking/exams/overlaps.py)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from booking.appointments import holds
from booking.appointments.choices import free_for, kept_for, on_slots
from booking.appointments.holds import SlotTaken
from booking.changes.schedule_lock import lock_schedule
from booking.exams import overlaps
from booking.exams.needed import needed_of
from booking.models import Appointment, Referral, Slot
from booking.models.appointment import LIVE

MOST_LOOKS = 3
"""How often what a time would take is looked at anew, if it changes in just that moment."""


def lock_rivals(slot_ids: Collection[int]) -> list[int]:
    """Return the rivals of slots, and keep everybody else from booking one of them.

    Until the transaction ends. Belongs before any slot is locked. One query a slot, where there
    are none; Schedules are locked in the order of their keys.
    """
    rivals, schedules = _rivals_of(slot_ids)
    for schedule in sorted(schedules):
        lock_schedule(schedule)
    return rivals


def _rivals_of(slot_ids: Collection[int]) -> tuple[list[int], set[int]]:
    """Return the rivals of slots, and their Schedules."""
    rivals: list[int] = []
    schedules: set[int] = set()
    for slot in Slot.objects.filter(pk__in=slot_ids):
        if found := overlaps.rivals_of(slot):
            rivals += found
            schedules.add(slot.schedule_id)
    return rivals, schedules


def hold_alone(
    referral: Referral, slot_id: int, *, now: datetime, earliest: datetime | None
) -> Slot:
    """Hold a slot, as holds.hold does, with everybody else kept from its rivals: for who books it
    in the same transaction.

    Rivals are locked before slots. Where the hold then gets other slots than were free at the look
    before it, it is undone, which lets go of all these locks, and tried again with the rivals of
    these locked, too. Raises SlotTaken if that goes on.
    """
    slot = Slot.objects.filter(pk=slot_id).first()
    choice = free_for(referral, slot, now=now) if slot else None
    known = set(choice.slot_ids()) if choice else {slot_id}
    for _ in range(MOST_LOOKS):
        with transaction.atomic():
            lock_rivals(known)
            held = holds.hold(referral, slot_id, now=now, earliest=earliest)
            kept = kept_for(referral, held, now=now)
            others = set(kept.slot_ids() if kept else [held.pk]) - known
            _, unlocked = _rivals_of(others)
            if not unlocked:
                return held
            transaction.set_rollback(True)
        known |= others
    raise SlotTaken(held, referral.exam, needed_of(referral, now=now))


def must_be_alone(
    referral: Referral,
    slot_ids: Collection[int],
    *,
    now: datetime,
    known: Collection[int] | None = None,
) -> None:
    """Raise SlotTaken if somebody else is booked on a rival of a slot; keep others from it.

    The first of the slots is the one that was chosen. The referral's own appointment does not
    stand in its way: it moves from there. `known` are the rivals of the first slot, if they were
    read just now: if it is the only one and has none, nothing more is asked.
    """
    if known is not None and not known and len(slot_ids) == 1:
        return
    rivals = lock_rivals(slot_ids)
    if not rivals:
        return
    live = Appointment.objects.filter(on_slots(rivals), status__in=LIVE)
    if live.exclude(referral=referral).exists():
        slot = Slot.objects.get(pk=next(iter(slot_ids)))
        raise SlotTaken(slot, referral.exam, needed_of(referral, now=now))
