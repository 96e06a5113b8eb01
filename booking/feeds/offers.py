"""Free slots for partners: one row each, in order of start, a page at a time. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from booking.models import Feed, Slot

MAX_SPAN = timedelta(days=14)
"""The longest range of starts that may be asked for at once (GP Connect's rule)."""


@dataclass(frozen=True)
class Asked:
    """Which free slots: starts from `first` to `last`, both included; empty means any."""

    first: datetime
    last: datetime
    modality: str = ""
    site_id: int | None = None


def free_slots(
    asked: Asked, *, now: datetime, count: int, after: tuple[datetime, int] | None = None
) -> tuple[list[Slot], bool]:
    """Return up to `count` slots that can be booked now, and whether there are more.

    `after` is (start, id) of the last slot of the page before. Slots of trusts whose feed is
    too old to trust are left out.
    """
    slots = Slot.objects.filter(
        free_at__lte=now, start__gt=now, start__gte=asked.first, start__lte=asked.last
    )
    if asked.modality:
        slots = slots.filter(modality=asked.modality)
    if asked.site_id is not None:
        slots = slots.filter(site_id=asked.site_id)
    if after:
        start, pk = after
        slots = slots.filter(Q(start__gt=start) | Q(start=start, id__gt=pk), start__gte=start)
    unknown = [feed.trust_id for feed in Feed.objects.all() if feed.is_unknown(now)]
    page = list(
        slots.exclude(trust_id__in=unknown)
        .select_related("schedule")
        .order_by("start", "id")[: count + 1]
    )
    return page[:count], len(page) > count
