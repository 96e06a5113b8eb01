"""Slots for partners: one row each, in order of start, a page at a time. Reads only."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from booking.exams import overlaps
from booking.models import Appointment, Feed, Schedule, Slot
from sites import places
from sites.models import MODALITIES
from sites.places import Place

MAX_SPAN = timedelta(days=14)
"""The longest range of starts that may be asked for at once (GP Connect's rule)."""
MICROSECOND = timedelta(microseconds=1)
MOST_COUNTED = 1000
"""How many matches are counted: to count all that a region has free costs more than a page."""


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
    left = Q()
    if after:
        start, pk = after
        left = Q(start__gt=start) | Q(start=start, id__gt=pk)
        asked = replace(asked, first=max(start, asked.first))
    keys = sorted(_first_keys(_walks(asked, now), left, count + 1))[: count + 1]
    found = Slot.objects.filter(pk__in=[pk for _, pk in keys])
    page = list(found.select_related("schedule").order_by("start", "id"))
    if asked.statuses != {"free"}:
        _close_blocked(page, now)
    return page[:count], len(page) > count


def _first_keys(walks: list[QuerySet[Slot]], left: Q, count: int) -> list[tuple[datetime, int]]:
    """Return (start, id) of the first `count` slots of each walk."""
    keys = [slots.filter(left).values_list("start", "id")[:count] for slots in walks]
    if len(keys) > 1 and connection.features.supports_slicing_ordering_in_compound:
        keys = [keys[0].union(*keys[1:], all=True)]
    return [key for some in keys for key in some]


def count(asked: FreeSlotQuery, *, now: datetime) -> int | None:
    """Return how many slots all pages of `free_slots` have together; None if over MOST_COUNTED."""
    found = 0
    for slots in _walks(asked, now):
        found += slots[: MOST_COUNTED + 1 - found].count()
        if found > MOST_COUNTED:
            return None
    return found


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


def _walks(asked: FreeSlotQuery, now: datetime) -> list[QuerySet[Slot]]:
    """Return the slots that are asked for in parts, each in the order of an index: the database
    reads a page of each, and sorts nothing. Free ones are indexed by modality, all by trust; what
    one place has is little.
    """
    feeds = list(Feed.objects.all())
    unknown = {feed.trust_id for feed in feeds if feed.is_unknown(now)}
    sites = [
        place
        for place in places.open_places()
        if place.trust not in unknown and asked.site_id in (None, place.id)
    ]
    if not sites:
        return []
    modalities = [asked.modality] if asked.modality else list(MODALITIES)
    slots = _at(sites, asked, _matching(asked, now)).order_by("start", "id")
    is_free = asked.statuses == {"free"}
    if is_free and asked.site_id is None:
        return [slots.filter(modality=one) for one in modalities]
    slots = slots.filter(modality__in=modalities)
    if is_free:
        return [slots]
    if asked.site_id is not None:
        return [slots.filter(schedule__in=_schedules_at(asked.site_id, asked))]
    trusts = {feed.trust_id for feed in feeds} | {place.trust for place in sites}
    return [slots.filter(trust=one) for one in sorted(trusts)]


def _at(sites: list[Place], asked: FreeSlotQuery, slots: QuerySet[Slot]) -> QuerySet[Slot]:
    """Return the slots at these places: by whichever list is the shorter, theirs or the others'."""
    here = {place.id for place in sites}
    others = {place.id for place in places.table().places} - here
    if asked.site_id is None and len(others) < len(here):
        return slots.exclude(site_id__in=others)
    return slots.filter(site_id__in=here)


def _schedules_at(site_id: int, asked: FreeSlotQuery) -> list[int]:
    """Return the schedules that may have slots at a place: that stand there, that travel, or that
    went elsewhere after somebody had booked there."""
    booked = Appointment.objects.filter(
        site=site_id, start__gte=asked.first, start__lte=asked.last
    ).values("slot__schedule")
    there = Q(site=site_id) | Q(scanner__isnull=False) | Q(pk__in=booked)
    return list(Schedule.objects.filter(there).values_list("pk", flat=True))


def _matching(asked: FreeSlotQuery, now: datetime) -> QuerySet[Slot]:
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
    slots = Slot.objects.filter(
        is_wanted,
        # Of two bounds SQLite may take the one that leaves more to read.
        start__gte=max(asked.first, now + MICROSECOND),
        start__lte=asked.last,
    )
    # One that overlaps with a booked one is free to its trust alone.
    return overlaps.without_blocked(slots, now=now) if asked.statuses == {"free"} else slots
