"""A map as shapes, for an SVG that the server writes: coast, towns, where from, numbered pins.

Everything is British National Grid, in units of 100 m, with y growing southwards.
Source of the shapes: sites/data/basemap.json (coast: Natural Earth, public domain; towns:
OS Code-Point Open, OGL v3).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sites.data import DATA
from sites.places import Place
from sites.postcodes import Origin
from sites.travel.network import to_grid

SMALLEST = 160.0
"""Width of the smallest map, in 100 m: a place next door still shows its surroundings."""
MARGIN = 0.12
EDGE = 20.0
"""Around what lies beyond the coast and towns that are drawn, in 100 m."""
SHARE = 1 / 60
"""Of the map's longer side: the radius of half a pin."""


@dataclass(frozen=True)
class Pin:
    """A numbered place."""

    number: int
    label: str
    x: float
    y: float


@dataclass(frozen=True)
class Spot:
    """A point on the map."""

    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """What a template needs to write the map. `unit` is half the radius of a pin."""

    view_box: str
    coast: str
    towns: str
    origin: Spot
    pins: list[Pin]
    unit: float


def draw(origin: Origin, places: Sequence[tuple[int, Place]]) -> Drawing:
    """Return the map of numbered places around an origin."""
    start = _spot(origin.lat, origin.lon)
    spots = [_spot(place.lat, place.lon) for _, place in places]
    left, _, wide, high = _frame([start, *spots])
    unit = max(wide, high) * SHARE
    spots = _apart(spots, unit * 3, middle=left + wide / 2)
    pins = [
        Pin(number, place.name, spot.x, spot.y)
        for (number, place), spot in zip(places, spots, strict=True)
    ]
    view_box = " ".join(f"{part:.0f}" for part in _frame([start, *spots]))
    return Drawing(view_box, *_paths(), start, pins, round(unit, 1))


def _frame(spots: list[Spot]) -> tuple[float, float, float, float]:
    """Return left, top, width and height of a map that shows all of these well inside, and no
    more than is drawn unless some of them are further away."""
    west, south, east, north = _drawn()
    sides = []
    values = [spot.x for spot in spots], [spot.y for spot in spots]
    longest = max(SMALLEST, *(max(line) - min(line) for line in values))
    for line, first, last in zip(values, (west, -north), (east, -south), strict=True):
        long = max(SMALLEST * 0.8, max(line) - min(line)) + 2 * MARGIN * longest
        middle = (max(line) + min(line)) / 2
        low = max(middle - long / 2, min(first, min(line) - EDGE))
        high = min(middle + long / 2, max(last, max(line) + EDGE))
        sides.append((low, high))
    (left, right), (top, bottom) = sides
    return left, top, right - left, bottom - top


def _apart(spots: list[Spot], gap: float, middle: float) -> list[Spot]:
    """Move pins that would hide another towards the middle of the map, a step at a time."""
    placed: list[Spot] = []
    for wanted in spots:
        spot, step = wanted, -gap if wanted.x > middle else gap
        while any(abs(spot.x - p.x) < gap and abs(spot.y - p.y) < gap for p in placed):
            spot = Spot(round(spot.x + step, 1), spot.y)
        placed.append(spot)
    return placed


def _spot(lat: float, lon: float) -> Spot:
    x, y = to_grid().transform(lon, lat)
    return Spot(round(x / 100, 1), round(-y / 100, 1))


@cache
def _base() -> dict[str, Any]:
    base: dict[str, Any] = json.loads((DATA / "basemap.json").read_text(encoding="utf-8"))
    return base


def _drawn() -> tuple[float, float, float, float]:
    """Return west, south, east and north of what is drawn, in 100 m."""
    west, south, east, north = (metres / 100 for metres in _base()["bbox"])
    return west, south, east, north


@cache
def _paths() -> tuple[str, str]:
    """Return the coast and the towns as SVG paths."""
    base = _base()
    coast = "".join("M" + "L".join(f"{x} {-y}" for x, y in line) + "Z" for line in base["coast"])
    towns = "".join(f"M{x * 10} {-(y + 1) * 10}h10v10h-10z" for x, y in base["built"])
    return coast, towns
