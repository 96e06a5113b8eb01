"""What lies under the pins: coast, built-up squares, main roads, and names to choose from.

Everything is British National Grid, in units of 100 m, with y growing southwards; read once.
Sources: sites/data/basemap.json (coast: Natural Earth, public domain, and beyond the region drawn
for this project; built-up squares: OS Code-Point Open, OGL v3), road_nodes.csv and road_links.csv,
towns.csv.
"""

import json
import re
from collections import Counter
from functools import cache
from typing import Any, NamedTuple

from sites.data import DATA
from sites.towns import town_names
from sites.travel.network import graph, to_grid

AROUND_KM = 3
"""A town is as prominent as there are built-up squares so near to its middle."""
TOWN_FIRST = 1000
"""Any town is more prominent than any village or suburb."""
ROAD_LOOKS = {"motorway": "motorway", "dual": "main", "trunk": "main", "primary": "other"}
"""How a class of road is drawn; streets and lanes are not."""
LARGEST = (
    "Barrow-in-Furness",
    "Blackburn",
    "Blackpool",
    "Burnley",
    "Kendal",
    "Lancaster",
    "Preston",
)
"""The region's best known: written before anything else."""
SHORT = {
    "Barrow-in-Furness": "Barrow", "Dalton-in-Furness": "Dalton", "Grange-over-Sands": "Grange",
    "Poulton-le-Fylde": "Poulton",
}  # fmt: skip
"""What people call them, where a map has little room."""
WATER_NAMES = {
    # name: where it may be written, the best first: latitude, longitude of its middle
    "Morecambe Bay": (
        (54.115, -2.975), (54.07, -3.02), (54.14, -2.93), (54.02, -3.05), (54.10, -3.05),
        (53.98, -3.10), (54.16, -2.95), (54.05, -2.95),
    ),
    "Irish Sea": ((53.86, -3.25), (53.72, -3.20), (54.0, -3.35), (53.6, -3.2), (54.25, -3.55)),
}  # fmt: skip
_MOTORWAY = re.compile(r"(M\d+)J\d+\w?")


class Point(NamedTuple):
    """A point on the map."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle: its sides."""

    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: "Box", gap: float = 0.0) -> bool:
        """Whether the two share a point, or are nearer than `gap`."""
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.top < other.bottom + gap
            and other.top < self.bottom + gap
        )

    def holds(self, other: "Box") -> bool:
        """Whether the other is all inside."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )


class Line(NamedTuple):
    """A closed outline, and the box around it."""

    points: list[Point]
    box: Box


class Road(NamedTuple):
    """A link of the network: how it looks, its ends, a motorway's number, and the box around it."""

    look: str
    start: Point
    end: Point
    number: str
    box: Box


class Name(NamedTuple):
    """A name that may be written on the map; the most prominent come first."""

    text: str
    at: Point
    prominence: int


def spot(lat: float, lon: float) -> Point:
    """Return where degrees are on the map."""
    x, y = to_grid().transform(lon, lat)
    return Point(round(x / 100, 1), round(-y / 100, 1))


@cache
def drawn() -> Box:
    """Return the rectangle of which land and water are known."""
    west, south, east, north = (metres / 100 for metres in _data()["bbox"])
    return Box(west, -north, east, -south)


@cache
def coast() -> list[Line]:
    """Return the land."""
    return [_line([Point(x, -y) for x, y in line]) for line in _data()["coast"]]


@cache
def built() -> list[Line]:
    """Return what is built up, as outlines."""
    squares = {(x, -y - 1) for x, y in _data()["built"]}
    return [_line([Point(x * 10, y * 10) for x, y in ring]) for ring in outlines(squares)]


@cache
def roads() -> list[Road]:
    """Return the motorways and main roads, in the order of their table."""
    network = graph()
    at = {name: spot(node["lat"], node["lon"]) for name, node in network.nodes(data=True)}
    return [
        Road(
            ROAD_LOOKS[road["road"]],
            at[start],
            at[end],
            _number(start, end),
            _around([at[start], at[end]]),
        )
        for start, end, road in network.edges(data=True)
        if road["road"] in ROAD_LOOKS
    ]


@cache
def names() -> list[Name]:
    """Return every town and village, the most prominent first."""
    squares = {(x, y) for x, y in _data()["built"]}
    near = range(-AROUND_KM, AROUND_KM + 1)
    found = []
    for town in town_names():
        at = spot(town.lat, town.lon)
        east, north = int(at.x // 10), int(-at.y // 10)
        count = sum((east + i, north + j) in squares for i in near for j in near)
        first = TOWN_FIRST * ((town.kind == "town") + (town.name in LARGEST))
        found.append(Name(SHORT.get(town.name, town.name), at, count + first))
    return sorted(found, key=lambda name: (-name.prominence, name.text))


@cache
def water_names() -> dict[str, list[Point]]:
    """Return the names of waters, and where each may be written, the best first."""
    return {name: [spot(*at) for at in places] for name, places in WATER_NAMES.items()}


def outlines(squares: set[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Return the rings around squares that touch: their corners, without those of straight lines.

    Holes are rings, too, the other way round. Squares are named by their corner of the lowest
    numbers.
    """
    edges: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for x, y in sorted(squares):
        for start, end, beyond in (
            ((x, y), (x + 1, y), (x, y - 1)),
            ((x + 1, y), (x + 1, y + 1), (x + 1, y)),
            ((x + 1, y + 1), (x, y + 1), (x, y + 1)),
            ((x, y + 1), (x, y), (x - 1, y)),
        ):
            if beyond not in squares:
                edges.setdefault(start, []).append(end)
    rings = []
    while edges:
        first = here = next(iter(edges))
        ring = []
        while here in edges:
            ends = edges[here]
            ring.append(here)
            here = ends.pop()
            if not ends:
                del edges[ring[-1]]
            if here == first:
                break
        rings.append(_corners(ring))
    return rings


def _corners(ring: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return a ring without the points at which it goes straight on."""
    return [
        here
        for before, here, after in zip(
            [ring[-1], *ring[:-1]], ring, [*ring[1:], ring[0]], strict=True
        )
        if (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1])
    ]


def _number(start: str, end: str) -> str:
    """Return the number of the motorway on which both junctions are, empty if on none."""
    numbers = Counter(found[1] for name in (start, end) if (found := _MOTORWAY.fullmatch(name)))
    return next((number for number, count in numbers.items() if count == 2), "")


def _line(points: list[Point]) -> Line:
    return Line(points, _around(points))


def _around(points: list[Point]) -> Box:
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((DATA / "basemap.json").read_text(encoding="utf-8"))
    return data
