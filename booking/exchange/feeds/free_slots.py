"""Slots for partners: one row each, in order of start, a page at a time. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from booking.exams import overlaps
from booking.models import Feed, Slot
from sites import places
from sites.models import MODALITIES

MAX_SPAN = timedelta(days=14)
"""The longest range of starts that may be asked for at once (GP Connect's rule)."""


@dataclass(frozen=True)
class FreeSlotQuery:
    """Which slots: starts from `first` to `last`, both included; empty means any.

    `statuses` are FHIR's free and busy: free is what can be booked now.
    """

    first: datetime
    last: datetime
    modality: str = ""
    site_id: int | None = None
    statuses: frozenset[str] = frozenset({"free"})


def free_slots(
    asked: FreeSlotQuery, *, now: datetime, count: int, after: tuple[datetime, int] | None = None
) -> tuple[list[Slot], bool]:
    """Return up to `count` slots that are asked for, and whether there are more.

    `after` is (start, id) of the last slot of the page before. Slots of trusts whose feed is
    too old to trust are left out.
    """
    slots = _matching(asked, now)
    if after:
        start, pk = after
        slots = slots.filter(Q(start__gt=start) | Q(start=start, id__gt=pk), start__gte=start)
    page = list(slots.select_related("schedule").order_by("start", "id")[: count + 1])
    if asked.statuses != {"free"}:
        _close_blocked(page, now)
    return page[:count], len(page) > count


def _close_blocked(page: list[Slot], now: datetime) -> None:
    """Let slots be busy of which somebody has, or holds, a rival, or that are kept for
    others: nobody who asks can have them."""
    free = Slot.objects.filter(
        pk__in=[one.pk for one in page], free_at__lte=now, reserved_until__lte=now
    )
    alone = set(overlaps.without_blocked(free, now=now).values_list("pk", flat=True))
    for one in page:
        if one.pk not in alone:
            one.free_at = None


def count(asked: FreeSlotQuery, *, now: datetime) -> int:
    """Return how many slots all pages of `free_slots` have together."""
    return _matching(asked, now).count()


def _matching(asked: FreeSlotQuery, now: datetime) -> QuerySet[Slot]:
    unknown = {feed.trust_id for feed in Feed.objects.all() if feed.is_unknown(now)}
    given = ~Q(status=Slot.Status.WITHDRAWN)
    is_wanted = {
        frozenset({"free"}): Q(free_at__lte=now, reserved_until__lte=now),
        frozenset({"busy"}): given
        & (
            Q(free_at__isnull=True)
            | Q(free_at__gt=now)
            | Q(reserved_until__gt=now)
            | overlaps.blocked(now=now)
        ),
    }.get(asked.statuses, given)
    # Scan and place by name, not "any": the index of bookable slots begins with them.
    slots = Slot.objects.filter(
        is_wanted,
        modality__in=[asked.modality] if asked.modality else list(MODALITIES),
        site_id__in=[
            place.id
            for place in places.open_places()
            if place.trust not in unknown and asked.site_id in (None, place.id)
        ],
        start__gt=now,
        start__gte=asked.first,
        start__lte=asked.last,
    )
    # One that overlaps with a booked one is free to its trust alone.
    return overlaps.without_blocked(slots, now=now) if asked.statuses == {"free"} else slots
