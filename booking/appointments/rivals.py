"""Of slots that overlap on one machine only one is booked (booking/exams/overlaps.py)."""

from collections.abc import Collection
from datetime import datetime

from booking.appointments.choices import free_for, on_slots
from booking.appointments.holds import SlotTaken
from booking.changes.schedule_lock import lock_schedule
from booking.exams import overlaps
from booking.exams.needed import needed_of
from booking.models import Appointment, Referral, Slot
from booking.models.appointment import LIVE


def lock_rivals(slot_ids: Collection[int]) -> list[int]:
    """Return the rivals of slots, and keep everybody else from booking one of them.

    Until the transaction ends. Belongs before any slot is locked. One query a slot, where there
    are none; Schedules are locked in the order of their keys.
    """
    rivals: list[int] = []
    schedules: set[int] = set()
    for slot in Slot.objects.filter(pk__in=slot_ids):
        if found := overlaps.rivals_of(slot):
            rivals += found
            schedules.add(slot.schedule_id)
    for schedule in sorted(schedules):
        lock_schedule(schedule)
    return rivals


def lock_rivals_of_choice(referral: Referral, slot_id: int, *, now: datetime) -> None:
    """Keep everybody else from the rivals of what a referral would have with a slot.

    For who holds and books in one transaction: the hold locks the slots, which comes after.
    """
    slot = Slot.objects.filter(pk=slot_id).first()
    if slot:
        choice = free_for(referral, slot, now=now)
        lock_rivals(choice.slot_ids() if choice else [slot_id])


def must_be_alone(referral: Referral, slot_ids: Collection[int], *, now: datetime) -> None:
    """Raise SlotTaken if somebody else is booked on a rival of a slot; keep others from it.

    The first of the slots is the one that was chosen. The referral's own appointment does not
    stand in its way: it moves from there.
    """
    rivals = lock_rivals(slot_ids)
    if not rivals:
        return
    live = Appointment.objects.filter(on_slots(rivals), status__in=LIVE)
    if live.exclude(referral=referral).exists():
        slot = Slot.objects.get(pk=next(iter(slot_ids)))
        raise SlotTaken(slot, referral.exam, needed_of(referral, now=now))
