"""Of slots that overlap on one machine only one is booked (booking/exams/overlaps.py)."""

from datetime import datetime

from booking.appointments.holds import SlotTaken
from booking.changes.schedule_lock import lock_schedule
from booking.exams import overlaps
from booking.exams.needed import needed_of
from booking.models import Appointment, Referral, Slot
from booking.models.appointment import LIVE


def lock_rivals(slot_id: int) -> list[int]:
    """Return the rivals of a slot, and keep everybody else from booking one of them.

    Until the transaction ends. Belongs before any slot is locked. One query, where there are none.
    """
    slot = Slot.objects.filter(pk=slot_id).first()
    rivals = overlaps.rivals_of(slot) if slot else []
    if slot and rivals:
        lock_schedule(slot.schedule_id)
    return rivals


def must_be_alone(referral: Referral, slot_id: int, *, now: datetime) -> None:
    """Raise SlotTaken if somebody else is booked on a rival of a slot; keep others from it.

    The referral's own appointment does not stand in its way: it moves from there.
    """
    rivals = lock_rivals(slot_id)
    if not rivals:
        return
    live = Appointment.objects.filter(slot__in=rivals, status__in=LIVE)
    if live.exclude(referral=referral).exists():
        slot = Slot.objects.get(pk=slot_id)
        raise SlotTaken(slot, referral.exam, needed_of(referral, now=now))
