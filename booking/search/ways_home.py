"""Free times from which there is a way home by bus, train or on foot, by the timetable.

Which are some is worked out of each time (sites/travel/way_home.py), so times are read on, more at
a time, until there are enough or no more.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from booking.search.found import FreeTime
from sites.travel import Journey
from sites.travel.way_home import no_way_home

MOST_READINGS = 6
MOST_AT_ONCE = 400
MICROSECOND = timedelta(microseconds=1)
Read = Callable[[Mapping[int, datetime], int], dict[int, list[FreeTime]]]
"""Reads the first so many times of sites, each from its soonest moment."""


def first_of_sites(
    journeys: Sequence[Journey], soonest: Mapping[int, datetime], read: Read, *, times: int
) -> dict[int, list[FreeTime]]:
    """Return up to `times` first times with a way home of each site at the end of a journey.

    A place of which thousands of times have none may be given up: it then shows fewer.
    """
    found: dict[int, list[FreeTime]] = {site: [] for site in soonest}
    by_site, missing, size = {one.site_id: one for one in journeys}, dict(soonest), times * 2
    for _ in range(MOST_READINGS):
        if not missing:
            break
        for site, read_here in read(missing, size).items():
            found[site] += [free for free in read_here if has_way_home(by_site[site], free)]
            if len(found[site]) >= times or len(read_here) < size:
                del missing[site]
            else:
                missing[site] = read_here[-1].start + MICROSECOND
        size = min(size * 2, max(MOST_AT_ONCE, times))
    return {site: free[:times] for site, free in found.items()}


def has_way_home(journey: Journey, free: FreeTime) -> bool:
    """Return whether nothing known stands in the way of a time for who has no car; no way there at
    all does."""
    return journey.known_minutes is not None and (
        no_way_home(journey, free.start, free.visits()[-1][1]) is None
    )
