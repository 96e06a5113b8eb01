"""What offers hear of appointments: slots that became free, and who has booked.

Receives booking.appointments.signals.appointment_changed (connected in BookingConfig.ready).
"""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from booking.appointments.signals import appointment_changed
from booking.models import EPOCH, FreedSlot, Slot


@receiver(appointment_changed, dispatch_uid="booking.offers.following.follow_appointment")
def follow_appointment(*, now: datetime, freed: list[int], **_signal: Any) -> None:
    """Write down which slots an act on an appointment set free."""
    note_freed(freed, now=now, depth=0)


def note_freed(slot_ids: list[int], *, now: datetime, depth: int) -> None:
    """Write down slots that are free from now on, if they are: each once until it was looked at."""
    if not slot_ids:
        return
    free = Slot.objects.filter(pk__in=slot_ids, free_at=EPOCH, start__gt=now)
    FreedSlot.objects.bulk_create(
        [
            FreedSlot(slot_id=pk, freed_at=now, depth=depth)
            for pk in sorted(free.values_list("pk", flat=True))
        ],
        ignore_conflicts=True,
    )
