"""Minutes over the region's main roads: the default engine.

A trip is a leg to one of the nearest junctions that no water cuts off, the quickest way from
there, and a leg to the place. Short trips may also go direct. Legs are geopy's great circles:
within 0.33% of its geodesics here, and six times quicker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from geopy.distance import great_circle

from sites.places import Place
from sites.postcodes import Origin
from sites.travel.journey import KM_PER_MILE, Floats, Journey, straight_km
from sites.travel.network import crosses_water, network, to_grid

LEG_CIRCUITY, LEG_KMH, LEG_MINUTES = 1.35, 32, 1
DIRECT_CIRCUITY, DIRECT_KMH, DIRECT_KM = 1.4, 30, 8
JUNCTIONS = 4
TRIED = 12
"""Nearest junctions looked at for JUNCTIONS that water does not cut off."""


class NoRoad(Exception):
    """No junction of the network can be reached from there."""


@dataclass(frozen=True)
class _Legs:
    """From a point to its nearest junctions: which, and minutes and km to each."""

    junctions: "np.ndarray[tuple[int], np.dtype[np.intp]]"
    minutes: Floats
    km: Floats


def journeys(origin: Origin, places: Sequence[Place]) -> list[Journey]:
    """Return a journey to every place. Raises NoRoad."""
    if not places:
        return []
    points = tuple((place.lat, place.lon) for place in places)
    known = _to_places(points)
    legs = _legs(origin.lat, origin.lon)
    minutes = (legs.minutes[:, None] + known.minutes[legs.junctions]).min(axis=0)
    way = (legs.minutes[:, None] + known.minutes[legs.junctions]).argmin(axis=0)
    km = legs.km[way] + known.km[legs.junctions[way], np.arange(len(points))]
    straight = straight_km(origin.lat, origin.lon, known.lats, known.lons)
    _go_direct(origin, known, straight, minutes, km)
    if not np.isfinite(minutes).all():
        raise NoRoad
    return [
        Journey(place.id, float(m), float(k) / KM_PER_MILE, float(s) / KM_PER_MILE, "roads")
        for place, m, k, s in zip(places, minutes, km, straight, strict=True)
    ]


@dataclass(frozen=True)
class _ToPlaces:
    """From every junction (row) to every place (column), and where the places are."""

    minutes: Floats
    km: Floats
    lats: Floats
    lons: Floats
    xs: Floats
    ys: Floats


@lru_cache(maxsize=64)
def _to_places(points: tuple[tuple[float, float], ...]) -> _ToPlaces:
    """Work out once, for one list of places, what every search over it needs."""
    roads = network()
    minutes = np.full((len(roads.lats), len(points)), np.inf)
    km = np.full_like(minutes, np.inf)
    for column, (lat, lon) in enumerate(points):
        legs = _legs(lat, lon)
        through = roads.minutes[:, legs.junctions] + legs.minutes
        best = through.argmin(axis=1)
        rows = np.arange(len(roads.lats))
        minutes[:, column] = through[rows, best]
        km[:, column] = (roads.km[:, legs.junctions] + legs.km)[rows, best]
    lats, lons = np.array(points).T
    xs, ys = to_grid().transform(lons, lats)
    return _ToPlaces(minutes, km, lats, lons, np.asarray(xs), np.asarray(ys))


def _legs(lat: float, lon: float) -> _Legs:
    roads = network()
    near = np.argsort(straight_km(lat, lon, roads.lats, roads.lons))[:TRIED]
    x, y = to_grid().transform(lon, lat)
    xs, ys = to_grid().transform(roads.lons[near], roads.lats[near])
    dry = near[~crosses_water(x, y, np.asarray(xs), np.asarray(ys), roads.walls)][:JUNCTIONS]
    if not len(dry):
        raise NoRoad
    km = np.array([great_circle((lat, lon), (roads.lats[j], roads.lons[j])).km for j in dry])
    km *= LEG_CIRCUITY
    return _Legs(dry, km / LEG_KMH * 60 + LEG_MINUTES, km)


def _go_direct(
    origin: Origin, known: _ToPlaces, straight: Floats, minutes: Floats, km: Floats
) -> None:
    """Put in the direct way where it is short, dry, and quicker than over the network."""
    short = np.flatnonzero(straight < DIRECT_KM)
    if not len(short):
        return
    x, y = to_grid().transform(origin.lon, origin.lat)
    wet = crosses_water(x, y, known.xs[short], known.ys[short], network().walls)
    for i in short[~wet]:
        way = great_circle((origin.lat, origin.lon), (known.lats[i], known.lons[i])).km
        way *= DIRECT_CIRCUITY
        if way / DIRECT_KMH * 60 < minutes[i]:
            minutes[i], km[i] = way / DIRECT_KMH * 60, way
