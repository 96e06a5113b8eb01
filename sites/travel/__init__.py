"""How far every place is, by real travel. `rank` is the only door; one small module an engine."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import itemgetter

from django.conf import settings

from sites.places import Place, Table
from sites.postcodes import Origin
from sites.travel import embedded, geodesic, osrm, roads, timetable, valhalla
from sites.travel.bands import band_of
from sites.travel.journey import Journey, NoAnswer

__all__ = ["ENGINES", "Journey", "minutes_between", "prepare", "rank"]

ENGINES: dict[str, Callable[[Origin, Sequence[Place]], list[Journey]]] = {
    "roads": roads.journeys,
    "osrm": osrm.journeys,
    "valhalla": valhalla.journeys,
    "geodesic": geodesic.journeys,
}
"""What TRAVEL_ENGINE may name: each returns a journey a place, in order, or raises NoAnswer."""


_minutes = itemgetter(Journey._fields.index("minutes"))  # in C: for thousands of places
_minutes_then_miles = itemgetter(*map(Journey._fields.index, ("minutes", "miles")))


def rank(origin: Origin, places: Sequence[Place]) -> list[Journey]:
    """Return a journey to every place, the shortest in minutes first.

    The engine of the setting TRAVEL_ENGINE answers; where it cannot, the road network does, and
    from where that has no road, straight lines. Each journey says in `engine` who answered.
    Who travels by bus, train or on foot is answered by the timetable alone: places that it has no
    journey to come last, the nearest by road first.
    """
    if origin.by_public:
        return sorted(timetable.journeys(origin, places), key=_minutes_then_miles)
    for name in (settings.TRAVEL_ENGINE, "roads"):
        try:
            return sorted(ENGINES[name](origin, places), key=_minutes)
        except NoAnswer:
            continue
    return sorted(geodesic.journeys(origin, places), key=_minutes)


def prepare(table: Table, before: Table | None = None) -> None:
    """Work out of all places, ahead of the first search, what our own roads need of them; not anew
    what was worked out of the table before it."""
    if table.places:
        roads.prepare(table, before)


def minutes_between(one: Place, other: Place, *, by_public_at: datetime | None = None) -> float:
    """Return the minutes by car from one place to another; 0 for the same place.

    Our own roads answer, whatever the setting says: they are in memory, so that this may be
    asked within a transaction. With `by_public_at` those by bus, train or on foot in the band of
    that moment, by the timetable in our database; infinite if it has none.
    """
    if one.id == other.id:
        return 0.0
    start = Origin(one.postcode, one.lat, one.lon, approximate=False)
    if by_public_at is None:
        return embedded.journeys(start, [other])[0].minutes
    (journey,) = timetable.journeys(start, [other])
    band = band_of(by_public_at)
    return next((ride.minutes for ride in journey.rides if ride.band == band), math.inf)
