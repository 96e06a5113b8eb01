"""The slots of an appointment: what it keeps of them, and how they become free again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, OuterRef, Value, When

from booking.exams.runs import Choice
from booking.models import (
    EPOCH,
    FROZEN,
    OFF_SALE,
    Appointment,
    AppointmentPart,
    Feed,
    FrozenSlot,
    LostSlot,
    Slot,
)
from times.together import attach


def release_slots(slot_ids: Collection[int]) -> list[int]:
    """Free slots that their trust still gives: somebody else may have them from now on.

    Returns those that it let go of.

    Not one that a lead took off sale, or that its feed may be taking away: nobody has it until that
    is decided. One statement a
    slot, in the order of their keys: whoever frees several waits for nobody who has the next.
    """
    lost = Exists(LostSlot.objects.filter(slot=OuterRef("pk"), done_at=None))
    frozen = Exists(FrozenSlot.objects.filter(slot=OuterRef("pk"), thawed_at=None))
    free_at = Case(
        When(frozen, then=Value(FROZEN)), When(lost, then=Value(OFF_SALE)), default=Value(EPOCH)
    )
    still_given = Slot.objects.filter(status=Slot.Status.FREE)
    return [
        pk
        for pk in sorted(slot_ids)
        if still_given.filter(pk=pk).update(free_at=free_at, held_by=None)
    ]


def write_parts(appointment: Appointment, choice: Choice) -> None:
    """Give an appointment the further slots of a choice, in the place of those that it has."""
    appointment.parts.all().delete()
    written = AppointmentPart.objects.bulk_create(
        AppointmentPart(
            appointment=appointment,
            slot_id=piece.id,
            position=position,
            visit=visit,
            start=piece.start,
            end=piece.end,
        )
        for position, (piece, visit) in enumerate(choice.pieces())
        if position
    )
    attach([appointment], written, "parts", by="appointment_id")


def where_of(slot: Slot, choice: Choice) -> dict[str, Any]:
    """Return what an appointment keeps of its first slot, and when its first visit ends."""
    end = slot.end if len(choice.first) == 1 else choice.first[-1].end
    return {"slot": slot, "site": slot.site, "start": slot.start, "end": end}


def initial_status(slot: Slot, now: datetime) -> dict[str, Any]:
    """Return how a booking of this slot begins: booked, or pending where its trust confirms."""
    hours = Feed.objects.filter(trust_id=slot.trust_id, confirms=True)
    return begins(hours.values_list("confirm_hours", flat=True).first(), slot, now)


def begins(hours: int | None, slot: Slot, now: datetime) -> dict[str, Any]:
    """Return the same where it is known within how many hours its trust confirms; None: never."""
    if hours is None:
        return {"status": Appointment.Status.BOOKED, "confirm_by": None}
    return {
        "status": Appointment.Status.PENDING,
        "confirm_by": min(now + timedelta(hours=hours), slot.start),
    }


def parts_of(appointment: Appointment) -> list[list[int]]:
    """Return the slot and the visit of each further slot, as the audit keeps them."""
    return [[part.slot_id, part.visit] for part in appointment.further()]
