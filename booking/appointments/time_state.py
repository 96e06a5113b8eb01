"""What has become of a time that somebody wanted or had: the one place that says so."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from booking.appointments.choices import on_slots
from booking.exams import overlaps
from booking.models import Appointment, Referral, Slot
from booking.models.appointment import LIVE


class TimeState(StrEnum):
    """How a time stands for one referral."""

    FREE = "free"
    YOURS = "yours"
    """The referral is booked for it."""
    KEPT = "kept"
    """It is held for the referral."""
    CHOSEN = "chosen"
    """It is held for somebody else, who has not booked it."""
    TAKEN = "taken"
    """Somebody else is booked for it."""
    WITHDRAWN = "withdrawn"
    """Its trust does not give it any more: took it away, moved it, or has it in its own system."""
    PASSED = "passed"


def state_of(slot: Slot, referral: Referral | None, *, now: datetime) -> TimeState:
    """Return how a time stands for a referral, or for nobody in particular.

    A time with room for several is free as long as one seat of it is.
    """
    if slot.start <= now:
        return TimeState.PASSED
    same_time = Slot.objects.filter(trust_id=slot.trust_id, external_id=slot.external_id)
    seats = list(same_time.filter(start=slot.start, site_id=slot.site_id))
    booked = Appointment.objects.filter(on_slots([seat.pk for seat in seats]), status__in=LIVE)
    patients = set(booked.values_list("referral_id", flat=True))
    if referral and referral.pk in patients:
        return TimeState.YOURS
    held_for = set(_holders(seats, now))
    if referral and referral.pk in held_for:
        return TimeState.KEPT
    if any(seat.free_at is not None and seat.free_at <= now for seat in seats):
        return TimeState.TAKEN if overlaps.is_blocked(slot, now=now) else TimeState.FREE
    if held_for:
        return TimeState.CHOSEN
    is_ours = any(seat.status == Slot.Status.FREE and seat.free_at is None for seat in seats)
    return TimeState.TAKEN if is_ours else TimeState.WITHDRAWN


def state_of_former(appointment: Appointment, *, now: datetime) -> TimeState:
    """Return how the time of an appointment that is off stands now, for its own patient.

    A slot that was moved since has another time: the appointment's own is there no more.
    """
    slot = appointment.slot
    if appointment.start <= now:
        return TimeState.PASSED
    if (slot.start, slot.site_id) != (appointment.start, appointment.site_id):
        return TimeState.WITHDRAWN
    return state_of(slot, appointment.referral, now=now)


def _holders(seats: Iterable[Slot], now: datetime) -> list[int | None]:
    return [s.held_by_id for s in seats if s.held_by_id and s.free_at and s.free_at > now]
