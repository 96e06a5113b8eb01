"""Ways by bus and train on one day, by two scans over its connections (CSA, Dibbelt and others
2013): backwards for the quickest way to a place, forwards for the last way home from it.

Connections that leave in the same second as they arrive may be taken in either order: such are
none that a passenger could use.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sites.travel.journey import straight_km
from tools.gtfs import Day

WALK_KMH, WALK_CIRCUITY = 4.8, 1.3
WALK_KM, CHANGE_KM, ON_FOOT_KM = 1.2, 0.4, 2.0
"""Straight: to or from a stop, between two stops, and the whole way without a bus."""
CHANGE_SECONDS = 120
"""To change at one stop: what a bus that is a little late needs."""
MOST_CHANGES = 4

Walks = dict[int, int]
"""Seconds on foot by stop."""


class Point(NamedTuple):
    """An origin or a place (degrees)."""

    name: str
    lat: float
    lon: float


class Way(NamedTuple):
    """A way to the place: when it begins and ends (seconds), its changes, seconds on foot."""

    departs: int
    arrives: int
    changes: int
    walk: int


@dataclass(frozen=True)
class Streets:
    """What can be walked between stops, from each: seconds by stop."""

    day: Day
    near: list[Walks]

    @classmethod
    def of(cls, day: Day) -> "Streets":
        """Look which stops are near which."""
        points = [Point(*stop) for stop in day.stops]
        return cls(day, [walks(point, points, CHANGE_KM) for point in points])

    def around(self, point: Point) -> Walks:
        """Return the stops that can be walked to from a point, or from which it can."""
        return walks(point, [Point(*stop) for stop in self.day.stops], WALK_KM)


def walks(start: Point, ends: list[Point], furthest: float) -> Walks:
    """Return seconds on foot to those of the ends that are within so many straight km."""
    if not ends:
        return {}
    lats, lons = (np.array([end[axis] for end in ends], dtype=float) for axis in (1, 2))
    km = straight_km(start.lat, start.lon, lats, lons)
    return {int(at): on_foot(float(km[at])) for at in np.flatnonzero(km <= furthest)}


def on_foot(km: float) -> int:
    """Return the seconds that so many straight km take on foot."""
    return round(km * WALK_CIRCUITY / WALK_KMH * 3600)


def ways_to(place: Point, streets: Streets) -> list[list[Way]]:
    """Return, for each stop, the ways from it to a place: none that another leaves later than and
    arrives no later. The last to depart is first."""
    to_place = streets.around(place)
    ways: list[list[Way]] = [[] for _ in streets.day.stops]
    on_trip: dict[int, Way] = {}
    for one in reversed(streets.day.connections):
        best = on_trip.get(one.trip)
        if one.end in to_place:
            walk = to_place[one.end]
            best = _sooner(best, Way(one.departs, one.arrives + walk, 0, walk))
        change = _first_after(ways[one.end], one.arrives + CHANGE_SECONDS)
        if change and change.changes < MOST_CHANGES:
            best = _sooner(best, change._replace(changes=change.changes + 1))
        if best is None:
            continue
        on_trip[one.trip] = best
        for stop, walk in ((one.start, 0), *streets.near[one.start].items()):
            departs = one.departs - walk
            _keep(ways[stop], Way(departs, best.arrives, best.changes, best.walk + walk))
    return ways


def last_home(place: Point, streets: Streets) -> list[int | None]:
    """Return, for each stop, when the last vehicle leaves near a place that takes one there."""
    from_place = streets.around(place)
    # For each stop when one may be there and with which last departure, both rising.
    ready: list[tuple[list[int], list[int]]] = [([], []) for _ in streets.day.stops]
    on_trip: dict[int, int] = {}
    for one in streets.day.connections:
        left = on_trip.get(one.trip, -1)
        if one.start in from_place:
            left = max(left, one.departs)
        times, lefts = ready[one.start]
        at = bisect_right(times, one.departs)
        if at:
            left = max(left, lefts[at - 1])
        if left < 0:
            continue
        on_trip[one.trip] = left
        for stop, walk in ((one.end, CHANGE_SECONDS), *streets.near[one.end].items()):
            _note(ready[stop], one.arrives + max(walk, CHANGE_SECONDS), left)
    return [lefts[-1] if lefts else None for _, lefts in ready]


def quickest(
    ways: list[list[Way]], from_home: Walks, hours: Iterable[tuple[int, int]]
) -> list[Way | None]:
    """Return the quickest way from home that arrives in each of these hours (seconds, the end not
    included), the fewest changes first among equals."""
    found: list[Way | None] = []
    for begins, ends in hours:
        there = [
            Way(way.departs - walk, way.arrives, way.changes, way.walk + walk)
            for stop, walk in from_home.items()
            for way in ways[stop]
            if begins <= way.arrives < ends
        ]
        found.append(min(there, key=_length, default=None))
    return found


def _length(way: Way) -> tuple[int, int, int]:
    return math.ceil((way.arrives - way.departs) / 60), way.changes, way.walk


def _sooner(one: Way | None, other: Way) -> Way:
    if one is None or (other.arrives, other.changes) < (one.arrives, one.changes):
        return other
    return one


def _first_after(ways: list[Way], moment: int) -> Way | None:
    """Return the way that arrives first of those that depart from a moment on."""
    # The last to depart is first, and each later one in the list arrives sooner.
    at = bisect_right(ways, -moment, key=lambda way: -way.departs)
    return ways[at - 1] if at else None


def _keep(ways: list[Way], way: Way) -> None:
    """Put a way among those of a stop, unless one leaves no sooner and arrives no later."""
    at = bisect_right(ways, -way.departs, key=lambda one: -one.departs)
    if at and ways[at - 1].arrives <= way.arrives:
        return
    while at < len(ways) and ways[at].arrives >= way.arrives:
        del ways[at]
    while at and ways[at - 1].departs == way.departs:
        at -= 1
        del ways[at]
    ways.insert(at, way)


def _note(ready: tuple[list[int], list[int]], moment: int, left: int) -> None:
    """Note with which departure one may be at a stop at a moment, unless a later one may, too."""
    times, lefts = ready
    at = bisect_right(times, moment)
    if at and lefts[at - 1] >= left:
        return
    while at < len(times) and lefts[at] <= left:
        del times[at], lefts[at]
    times.insert(at, moment)
    lefts.insert(at, left)
