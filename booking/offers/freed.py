"""Slots that became free: written down once, for whoever waits for something sooner."""

from collections.abc import Collection
from datetime import datetime

from booking.models import EPOCH, FreedSlot, Slot


def note_freed(slot_ids: Collection[int], *, now: datetime, depth: int = 0) -> None:
    """Write down the slots that are free from now on, each once until somebody looked at it.

    `depth`: how many offers in a row led to it.
    """
    if not slot_ids:
        return
    free = Slot.objects.filter(pk__in=slot_ids, free_at=EPOCH, start__gt=now).order_by("pk")
    FreedSlot.objects.bulk_create(
        [
            FreedSlot(slot_id=pk, freed_at=now, depth=depth)
            for pk in free.values_list("pk", flat=True)
        ],
        ignore_conflicts=True,
    )
