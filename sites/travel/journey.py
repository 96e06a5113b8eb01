"""What every engine answers, and lengths on the globe."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_KM = 6371.0088
KM_PER_MILE = 1.609344

Floats = NDArray[np.float64]


class Ride(NamedTuple):
    """The journey by bus, train or on foot in one band of the week; see TimetableLine."""

    band: str
    minutes: int
    changes: int
    walk: int
    last_home: int | None


class Journey(NamedTuple):
    """One way from an origin to a place: minutes by car, miles by road, straight miles.

    `engine` names who worked it out: where the engine that was asked had no answer, another. From
    the timetable the minutes are those of its first ride, infinite where it has none; `rides` are
    those of the bands that it has, in the order of the week.
    """

    site_id: int
    minutes: float
    miles: float
    straight_miles: float
    engine: str
    rides: tuple[Ride, ...] = ()

    @property
    def by_public(self) -> bool:
        """Whether this is by bus, train or on foot."""
        return self.engine == "timetable"

    @property
    def known_minutes(self) -> float | None:
        """The minutes; None where no journey was found."""
        return self.minutes if math.isfinite(self.minutes) else None

    @property
    def is_by_road(self) -> bool:
        """Whether minutes and miles are those of roads, not guessed from a straight line."""
        return self.engine != "geodesic" and math.isfinite(self.miles)


class NoAnswer(Exception):
    """An engine cannot say how far the places are from there; the text says why."""


def straight_km(lat: ArrayLike, lon: ArrayLike, lats: ArrayLike, lons: ArrayLike) -> Floats:
    """Return great-circle km between points in degrees, element by element (haversine).

    Within 0.33% of geopy's geodesic in this region (design notes), and 1,000 times quicker:
    for lists. Single legs that add up to minutes are geopy's.
    """
    a, b, c, d = (np.radians(np.asarray(x, dtype=np.float64)) for x in (lat, lon, lats, lons))
    half = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    km: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(half))
    return km
