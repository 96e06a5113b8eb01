"""Scans by place in a month: circles on the map, and the same in a table beside it."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt

from django.db.models import Sum

from booking.models import Staff
from insights import replica
from insights.dm01.providers import successors
from insights.models import PlaceMonth
from insights.reading import Filters
from insights.small_numbers import Seen, count, rounded, seen_by
from sites import map as site_map
from sites import places
from sites.map import Drawing, Pin
from sites.places import Place
from sites.postcodes import Origin
from times.london import day_in_england

SCANS = "scans"
SMALLEST, LARGEST = 13.0, 40.0
"""Radius of a circle in pixels: around its number, and of the place with the most."""


@dataclass(frozen=True)
class AtPlace:
    """A place's scans as somebody may see them: its number on the map, and words of two months.

    `shown` is what the circle is drawn by: 0 where the number is too small to be said.
    """

    number: int
    place: Place
    scans: str
    before: str
    shown: int


@dataclass(frozen=True)
class Circle:
    """Where it is drawn, how large, and whose numbers it has."""

    pin: Pin
    radius: float


@dataclass(frozen=True)
class ActivityMap:
    """A month's scans by place; `month` is None where nothing was counted."""

    month: date | None
    before: date | None
    rows: list[AtPlace]
    drawing: Drawing | None
    circles: list[Circle]


def activity_map(modality: str, staff: Staff, *, now: datetime) -> ActivityMap:
    """Return the last whole month by place, of places that this person may see."""
    month = _last_month(now)
    if month is None:
        return ActivityMap(None, None, [], None, [])
    before = month.replace(year=month.year - 1)
    sums, old = _sums(modality, (month, before)), successors()
    how = {place.id: seen_by(staff, Filters(site=place.id), old) for place in places.table().places}
    seen = [
        place
        for place in places.table().places
        if how[place.id].is_shown and (sums[month, place.id] or sums[before, place.id])
    ]
    seen.sort(key=lambda one: (-_shown(sums[month, one.id], how[one.id]), one.name))
    rows = [
        AtPlace(
            number,
            place,
            count(sums[month, place.id], how[place.id].exact),
            count(sums[before, place.id], how[place.id].exact),
            _shown(sums[month, place.id], how[place.id]),
        )
        for number, place in enumerate(seen, 1)
    ]
    if not rows:
        return ActivityMap(month, before, [], None, [])
    drawing = site_map.draw(
        _middle(seen), [(row.number, [row.place]) for row in rows], across=site_map.LARGE
    )
    return ActivityMap(month, before, rows, drawing, _circles(drawing, rows))


def _last_month(now: datetime) -> date | None:
    this = day_in_england(now).replace(day=1)
    counted = PlaceMonth.objects.filter(counter=SCANS, month__lt=this)
    last = counted.order_by("-month").values_list("month", flat=True)
    return next(iter(replica.rows(last[:1])), None)


def _sums(modality: str, months: Collection[date]) -> Counter[tuple[date, int]]:
    rows = PlaceMonth.objects.filter(counter=SCANS, month__in=months)
    rows = rows.filter(modality=modality) if modality else rows
    grouped = rows.values_list("month", "site").annotate(Sum("n")).order_by()
    return Counter({(month, site): n for month, site, n in replica.rows(grouped)})


def _shown(scans: int, how: Seen) -> int:
    """Return what may be drawn: a circle must not tell what its number does not."""
    return scans if how.exact else rounded(scans) or 0


def _middle(seen: list[Place]) -> Origin:
    """Return the middle of the places: the map is drawn around it, with no ring there."""
    lat = sum(place.lat for place in seen) / len(seen)
    lon = sum(place.lon for place in seen) / len(seen)
    return Origin("", lat, lon, approximate=True)


def _circles(drawing: Drawing, rows: list[AtPlace]) -> list[Circle]:
    """Return the circles, the largest first so that none hides another: areas as the scans."""
    scans = {row.number: row.shown for row in rows}
    of_pins = [(pin, sum(scans[one.number] for one in pin.entries)) for pin in drawing.pins]
    most = max(n for _, n in of_pins) or 1
    circles = [Circle(pin, round(max(SMALLEST, LARGEST * sqrt(n / most)), 1)) for pin, n in of_pins]
    return sorted(circles, key=lambda one: -one.radius)
