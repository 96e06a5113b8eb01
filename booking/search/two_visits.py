"""Free times of a scan in two visits: both are found together, as one choice.

The slots that are free are read, some days at a time, and put together as booking/exams/runs.py
says, as they are when somebody holds them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from booking.exams import runs
from booking.search import by_site
from booking.search.criteria import SearchCriteria
from booking.search.found import FreeTime

ONE_DAY = timedelta(days=1)
FIRST_DAYS = 2
"""Days that are read first; then twice as many, and so on: most places have some in these."""


def takes_two(wanted: SearchCriteria) -> bool:
    """Return whether what is looked for takes two visits."""
    return wanted.exam is not None and wanted.exam.visits > 1


def times_of(
    soonest: Mapping[int, datetime], wanted: SearchCriteria, *, now: datetime
) -> Iterator[tuple[int, FreeTime]]:
    """Yield site and free time, in the order of their starts, as long as there are any.

    `soonest` is, of each site to look at, when the first visit may start there at the soonest.
    Sites that are taken out of it meanwhile are looked at no more.
    """
    day, days = wanted.first_day, FIRST_DAYS
    while soonest and day <= wanted.last_day:
        last = min(day + timedelta(days=days - 1), wanted.last_day)
        some = replace(wanted, first_day=day, last_day=last)
        yield from _times_on_days(soonest, some, now)
        day, days = last + ONE_DAY, days * 2


def first_of_sites(
    soonest: Mapping[int, datetime], wanted: SearchCriteria, *, now: datetime, times: int
) -> dict[int, list[FreeTime]]:
    """Return up to `times` first free times of each of these sites."""
    found: dict[int, list[FreeTime]] = {site: [] for site in soonest}
    missing = dict(soonest)
    for site, free in times_of(missing, wanted, now=now):
        found[site].append(free)
        if len(found[site]) == times:
            del missing[site]
    return found


def _times_on_days(
    soonest: Mapping[int, datetime], wanted: SearchCriteria, now: datetime
) -> Iterator[tuple[int, FreeTime]]:
    free = by_site.pieces(soonest, wanted, now)
    free.sort(key=lambda one: (one[0].start, one[0].id))
    pool = runs.Pool(piece for piece, _ in free)
    seen: set[tuple[int, datetime]] = set()
    for piece, is_at_wanted_time in free:
        at = (piece.site_id, piece.start)
        if not is_at_wanted_time or piece.site_id not in soonest or at in seen:
            continue
        if wanted.exam and (choice := runs.choose(wanted.exam, piece, pool)):
            seen.add(at)
            (start, end), (second_start, second_end) = choice.visits()
            yield piece.site_id, FreeTime(piece.id, start, end, second_start, second_end)
