"""Free times of one place, or of many in one query: the first slot, and when the scan would be."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from booking.exams import runs
from booking.models import Slot
from booking.search import by_site, two_visits
from booking.search.bookable import bookable, by_start, narrowed
from booking.search.by_site import read_moment
from booking.search.criteria import SearchCriteria
from booking.search.found import FreeTime

A_READING = 200
"""Times of one place that are read at once."""


def first_of_sites(
    soonest: Mapping[int, datetime], wanted: SearchCriteria, now: datetime, times: int
) -> dict[int, list[FreeTime]]:
    """Return the first free times of each of these sites, in one query.

    `soonest` is, of each site, when a time may start at the soonest. One query more, where some
    times are of several slots: when they end.
    """
    listed = by_site.first_times(soonest, wanted, now, times)
    found = {
        site: [FreeTime(slot, read_moment(start), read_moment(end)) for slot, start, end in rows]
        for site, rows in listed.items()
    }
    every = iter(_with_ends([free for times in found.values() for free in times], wanted, now))
    return {site: [next(every) for _ in times] for site, times in found.items()}


def of_site(
    site_id: int, earliest: datetime, wanted: SearchCriteria, now: datetime
) -> Iterator[FreeTime]:
    """Yield the free times of one site that are wanted, the first first."""
    if two_visits.takes_two(wanted):
        yield from (free for _, free in two_visits.times_of({site_id: earliest}, wanted, now=now))
        return
    slots = by_start(narrowed(wanted, now, site_id=site_id, start__gte=earliest))
    rows = slots.order_by("start").iterator(chunk_size=A_READING)
    while some := list(islice(rows, A_READING)):
        yield from read_times(some, wanted, now)


def first_start(
    site_id: int, earliest: datetime, wanted: SearchCriteria, now: datetime
) -> datetime | None:
    """Return when the first free time of one site starts, None if none is wanted."""
    if two_visits.takes_two(wanted):
        return next((one.start for one in of_site(site_id, earliest, wanted, now)), None)
    slots = narrowed(wanted, now, site_id=site_id, start__gte=earliest)
    return slots.order_by("start").values_list("start", flat=True).first()


def around(
    lost: Slot, earliest: datetime, wanted: SearchCriteria, now: datetime, count: int
) -> list[FreeTime]:
    """Return the up to `count` free times before a lost one at its site, and those after it."""
    if two_visits.takes_two(wanted):
        every = list(of_site(lost.site_id, earliest, wanted, now))
        before = [free for free in every if free.start < lost.start]
        after = [free for free in every if free.start > lost.start]
        return [*before[-count:], *after[:count]]
    site = {"site_id": lost.site_id, "start__gt": now, "start__gte": earliest}
    same = by_start(bookable(wanted, now, **site))
    rows = [
        *same.filter(start__lt=lost.start).order_by("-start")[:count],
        *same.filter(start__gt=lost.start).order_by("start")[:count],
    ]
    return read_times(rows, wanted, now)


def read_times(
    rows: Iterable[dict[str, Any]], wanted: SearchCriteria, now: datetime
) -> list[FreeTime]:
    """Return rows of `by_start` as free times that say when they end."""
    times = [FreeTime(row["slot"], row["start"], row["finish"]) for row in rows]
    return _with_ends(times, wanted, now)


def _with_ends(times: list[FreeTime], wanted: SearchCriteria, now: datetime) -> list[FreeTime]:
    """Return the times; those that are too short alone end with what they are joined with."""
    exam = wanted.exam
    if exam is None:
        return times
    short = [free.slot for free in times if runs.is_short(exam, free.start, free.end)]
    ends = runs.ends_of(short, exam, now=now, presses=wanted.needed.presses) if short else {}
    return [free._replace(end=ends.get(free.slot, free.end)) for free in times]
