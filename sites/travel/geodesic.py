"""Straight lines, by geopy: the fallback where the road network has no answer."""

from collections.abc import Sequence

from geopy.distance import geodesic

from sites.places import Place
from sites.postcodes import Origin
from sites.travel.journey import KM_PER_MILE, Journey

CIRCUITY = 1.35
KMH = 60
"""Between the national averages of local A roads (about 38 km/h) and of motorways and trunk roads
(about 93); minutes only order the places, pages show miles."""


def journeys(origin: Origin, places: Sequence[Place]) -> list[Journey]:
    """Return a journey to every place as if a road led straight to it."""
    found = []
    for place in places:
        km = geodesic((origin.lat, origin.lon), (place.lat, place.lon)).km
        found.append(
            Journey(
                place.id,
                km * CIRCUITY / KMH * 60,
                km * CIRCUITY / KM_PER_MILE,
                km / KM_PER_MILE,
                "geodesic",
            )
        )
    return found
