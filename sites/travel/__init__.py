"""How far every place is, by real travel. `rank` is the only door; one small module an engine."""

from collections.abc import Sequence

from sites.places import Place
from sites.postcodes import Origin
from sites.travel import geodesic, roads
from sites.travel.journey import Journey

__all__ = ["Journey", "rank"]


def rank(origin: Origin, places: Sequence[Place]) -> list[Journey]:
    """Return a journey to every place, the shortest in minutes first.

    The road network answers; from where it has no road, straight lines do, and each journey
    says so in `engine`.
    """
    try:
        journeys = roads.journeys(origin, places)
    except roads.NoRoad:
        journeys = geodesic.journeys(origin, places)
    return sorted(journeys, key=lambda journey: (journey.minutes, journey.straight_miles))
