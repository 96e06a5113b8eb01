"""By bus, train or on foot, from the table that a network makes elsewhere (docs/without-a-car.md).

A place without a line is one that no journey was found to: its minutes are infinite, so that it
comes last. They are never a car's.
"""

import math
import re
from collections.abc import Sequence

from django.db.models import F

from sites.models import Postcode, Timetable, TimetableLine
from sites.places import Place
from sites.postcodes import Origin
from sites.travel import embedded
from sites.travel.bands import BANDS
from sites.travel.journey import Journey, Ride

SECTOR = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9]")
NEAR = 0.06
"""Degrees, to each side: where a town, a part of a postcode or a device is looked for."""
LON_SHRINK = 0.35
"""The square of the cosine of latitude 54: a degree to the east is shorter."""
_ORDER = {str(band): place for place, band in enumerate(BANDS)}


def is_loaded() -> bool:
    """Whether there is a timetable: without one nobody is asked how they travel."""
    return Timetable.objects.filter(whole_at__isnull=False).exists()


def journeys(origin: Origin, places: Sequence[Place]) -> list[Journey]:
    """Return a journey to every place, in their order; one query, whatever their number.

    Miles are by road, infinite where no road is known: they say how far it is, and order the
    places that no journey was found to.
    """
    rides = _rides(sector_of(origin))
    found = []
    for by_road in embedded.journeys(origin, places):
        there = tuple(rides.get(by_road.site_id, ()))
        found.append(
            by_road._replace(
                minutes=there[0].minutes if there else math.inf,
                miles=by_road.miles if by_road.is_by_road else math.inf,
                engine="timetable",
                rides=there,
            )
        )
    return found


def sector_of(origin: Origin) -> str:
    """Return the postcode sector of an origin: its own, or of a town the nearest; empty if none."""
    own = SECTOR.match(origin.postcode)
    if own:
        return own[0]
    lat, lon = origin.lat, origin.lon
    around = Postcode.objects.filter(
        lat__range=(lat - NEAR, lat + NEAR), lon__range=(lon - NEAR, lon + NEAR)
    )
    north, east = F("lat") - lat, F("lon") - lon
    nearest = around.order_by(north * north + east * east * LON_SHRINK, "code")
    return nearest.values_list("sector", flat=True).first() or ""


def _rides(sector: str) -> dict[int, list[Ride]]:
    """Return what the timetable has from a sector: the rides to each site, in the week's order."""
    counts = Timetable.objects.filter(whole_at__isnull=False).order_by("-pk")
    lines = TimetableLine.objects.filter(timetable=counts.values("pk")[:1], origin=sector)
    found: dict[int, list[Ride]] = {}
    for site_id, *ride in lines.values_list("site_id", *Ride._fields):
        found.setdefault(site_id, []).append(Ride(*ride))
    for rides in found.values():
        rides.sort(key=lambda ride: _ORDER[ride.band])
    return found
