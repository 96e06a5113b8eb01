"""Free times of a scan in two visits: both are found together, as one choice.

The slots that are free are read, some days at a time, and put together as booking/exams/runs.py
says, as they are when somebody holds them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from booking.exams import runs
from booking.models import Exam
from booking.search.bookable import free_and_able, midnight, narrowed
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
    """
    day, days = wanted.first_day, FIRST_DAYS
    while wanted.exam and day <= wanted.last_day:
        last = min(day + timedelta(days=days - 1), wanted.last_day)
        some = replace(wanted, first_day=day, last_day=last)
        yield from _times_on_days(wanted.exam, soonest, some, now)
        day, days = last + ONE_DAY, days * 2


def first_of_sites(
    soonest: Mapping[int, datetime], wanted: SearchCriteria, *, now: datetime, times: int
) -> dict[int, list[FreeTime]]:
    """Return up to `times` first free times of each of these sites."""
    found: dict[int, list[FreeTime]] = {site: [] for site in soonest}
    missing = set(soonest)
    for site, free in times_of(soonest, wanted, now=now):
        if len(found[site]) < times:
            found[site].append(free)
        if len(found[site]) >= times:
            missing.discard(site)
        if not missing:
            break
    return found


def _times_on_days(
    exam: Exam, soonest: Mapping[int, datetime], wanted: SearchCriteria, now: datetime
) -> Iterator[tuple[int, FreeTime]]:
    first, end = midnight(wanted.first_day), midnight(wanted.last_day + ONE_DAY)
    sites = {"site_id__in": list(soonest)}
    free = free_and_able(exam, now, start__gte=max(first, now), start__lt=end, **sites)
    pieces = sorted(runs.pieces(free), key=lambda piece: (piece.start, piece.id))
    pool = runs.Pool(pieces)
    can_begin = set(narrowed(wanted, now, **sites).values_list("pk", flat=True))
    seen: set[tuple[int, datetime]] = set()
    for piece in pieces:
        at = (piece.site_id, piece.start)
        if piece.id not in can_begin or piece.start < soonest[piece.site_id] or at in seen:
            continue
        if choice := runs.choose(exam, piece, pool):
            seen.add(at)
            (start, end), (second_start, second_end) = choice.visits()
            yield piece.site_id, FreeTime(piece.id, start, end, second_start, second_end)
