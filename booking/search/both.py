"""Two scans of one person on one day at one place: pairs of free times, one after the other.

Both are searched as each alone is; here they are put together. Nothing is held.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from booking.models import Referral
from booking.search import places
from booking.search.criteria import SearchCriteria
from booking.search.found import FreeTime, SiteAvailability
from sites.places import Place
from sites.postcodes import Origin
from sites.travel import Journey
from times.london import day_in_england

LONGEST_WAIT = timedelta(hours=4)
"""Between the two: this network's own aim, half a day at a hospital."""
PLACES_READ, TIMES_READ = 50, 400
"""Addresses, and times of each, for each of the two scans."""
PAIRS_A_DAY, PAIRS_OF_A_PLACE = 2, 6


class Pair(NamedTuple):
    """A time for the one scan and a time for the other, whichever is first."""

    one: FreeTime
    other: FreeTime

    def in_order(self, one: Referral, other: Referral) -> list[tuple[FreeTime, Referral]]:
        """Return both times, each with its request, the first one first."""
        return sorted([(self.one, one), (self.other, other)], key=lambda each: each[0].start)

    @property
    def starts(self) -> datetime:
        """When the first of the two starts (UTC)."""
        return min(self.one.start, self.other.start)

    @property
    def wait(self) -> timedelta:
        """How long it is from the end of the first to the start of the second."""
        first, second = sorted(self, key=lambda free: free.start)
        return second.start - first.visits()[-1][1]


@dataclass(frozen=True)
class BothAt:
    """A place, the way there, and the first pairs of times, in the order of their starts."""

    place: Place
    journey: Journey
    pairs: list[Pair]


def both(
    origin: Origin, one: SearchCriteria, other: SearchCriteria, *, now: datetime, limit: int
) -> list[BothAt]:
    """Return up to `limit` places where both scans can be had on one day, the nearest first."""
    second = {door.place.id: door.times for door in _doors(origin, other, now)}
    found = []
    for door in _doors(origin, one, now):
        pairs = list(_pairs(door.times, second.get(door.place.id, [])))
        if pairs:
            found.append(BothAt(door.place, door.journey, pairs))
        if len(found) == limit:
            break
    return found


def _doors(origin: Origin, wanted: SearchCriteria, now: datetime) -> Iterable[SiteAvailability]:
    every = places.addresses(origin, wanted, now=now, limit=PLACES_READ, times=TIMES_READ)
    return [door for address in every for door in address.doors]


def _pairs(ones: list[FreeTime], others: list[FreeTime]) -> Iterable[Pair]:
    """Yield pairs of one day that wait the least, in the order of their days and starts."""
    by_day: dict[date, list[FreeTime]] = defaultdict(list)
    for other in others:
        by_day[day_in_england(other.start)].append(other)
    days: dict[date, list[Pair]] = defaultdict(list)
    for one in ones:
        day = day_in_england(one.start)
        fits = [pair for other in by_day[day] if _is_one_after_other(pair := Pair(one, other))]
        if fits:
            days[day].append(min(fits, key=lambda pair: (pair.wait, pair.starts)))
    left = PAIRS_OF_A_PLACE
    for day in sorted(days):
        some = sorted(days[day], key=lambda pair: pair.starts)[: min(PAIRS_A_DAY, left)]
        left -= len(some)
        yield from some


def _is_one_after_other(pair: Pair) -> bool:
    return timedelta(0) <= pair.wait <= LONGEST_WAIT
