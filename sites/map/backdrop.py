"""What lies behind the pins: land, towns, roads and where names may stand, of one view.

Many people see the same view, since it begins and ends at whole km: each is worked out once.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from sites.map import base
from sites.map.base import Box, Line, Point

KEPT = 64
"""Views in memory: 10 to 20 kB each."""
VILLAGES_BELOW = 400.0
"""Villages are written on maps that are narrower than this, in 100 m."""

Spots = list[tuple[str, list[Point]]]
"""Names, each with the middles where it may stand, the best first; in pixels."""
Towns = list[tuple[str, Point]]
"""Names of what is in the picture, each with where it is; the most prominent first, in pixels."""


@dataclass(frozen=True)
class Backdrop:
    """A view in pixels: `picture` is its frame, `pixels` how many there are to 100 m."""

    view: Box
    picture: Box
    pixels: float
    sea: Box
    land: str
    built: str
    roads: dict[str, str]
    waters: Spots
    motorways: Spots
    largest: Towns
    others: Towns

    def pixel(self, at: Point) -> Point:
        """Return where a point is in the picture."""
        return _pixel(at, self.view, self.pixels)


@lru_cache(maxsize=KEPT)
def backdrop_of(view: Box, across: float) -> Backdrop:
    """Return what is seen in a view, `across` pixels wide. Nobody may change it."""
    pixels = across / (view.right - view.left)
    picture = Box(0, 0, across, round((view.bottom - view.top) * pixels, 1))

    def pixel(at: Point) -> Point:
        return _pixel(at, view, pixels)

    drawn, names = base.drawn(), base.names()
    villages = view.right - view.left <= VILLAGES_BELOW
    least = 0 if villages else base.TOWN_FIRST
    rest = (name for name in names[len(base.LARGEST) :] if name.prominence >= least)
    return Backdrop(
        view,
        picture,
        pixels,
        sea=Box(*pixel(Point(*drawn[:2])), *pixel(Point(*drawn[2:]))),
        land=_outlines(base.coast(), view, pixel),
        built=_outlines(base.built(), view, pixel),
        roads=_roads(view, pixel),
        waters=[
            (name, [at for at in map(pixel, spots) if _is_in(at, picture)])
            for name, spots in base.water_names().items()
        ],
        motorways=_motorways(pixel),
        largest=list(_seen(names[: len(base.LARGEST)], picture, pixel)),
        others=list(_seen(rest, picture, pixel)),
    )


def _pixel(at: Point, view: Box, pixels: float) -> Point:
    return Point(round((at.x - view.left) * pixels, 1), round((at.y - view.top) * pixels, 1))


def _seen(
    names: Iterable[base.Name], picture: Box, pixel: Callable[[Point], Point]
) -> Iterator[tuple[str, Point]]:
    for name in names:
        at = pixel(name.at)
        if _is_in(at, picture):
            yield name.text, at


def _is_in(at: Point, picture: Box) -> bool:
    return picture.left < at.x < picture.right and picture.top < at.y < picture.bottom


def _motorways(pixel: Callable[[Point], Point]) -> Spots:
    """Return each motorway's number with the middles of its links, the longest link first."""
    links: dict[str, list[tuple[float, Point]]] = {}
    for road in base.roads():
        if road.number:
            start, end = pixel(road.start), pixel(road.end)
            length = abs(end.x - start.x) + abs(end.y - start.y)
            middle = Point((start.x + end.x) / 2, (start.y + end.y) / 2)
            links.setdefault(road.number, []).append((length, middle))
    return [(number, [at for _, at in sorted(of, reverse=True)]) for number, of in links.items()]


def _outlines(lines: Iterable[Line], view: Box, pixel: Callable[[Point], Point]) -> str:
    """Return outlines that are seen, cut to a little around the view, as a path."""
    seen = [_cut(line, view) for line in lines if line.box.touches(view)]
    return "".join(_path([pixel(at) for at in points]) + "z" for points in seen if len(points) > 2)


def _cut(line: Line, view: Box) -> list[Point]:
    """Return an outline cut to the view (Sutherland and Hodgman, a side at a time)."""
    points, box = line.points, line.box
    for axis, limit, sign, furthest in (
        (0, view.left, 1, box.left), (0, view.right, -1, box.right),
        (1, view.top, 1, box.top), (1, view.bottom, -1, box.bottom),
    ):  # fmt: skip
        if sign * (furthest - limit) >= 0:
            continue
        kept: list[Point] = []
        before, was = points[-1], sign * (points[-1][axis] - limit) >= 0
        for here in points:
            is_in = sign * (here[axis] - limit) >= 0
            if was != is_in:
                share = (limit - before[axis]) / (here[axis] - before[axis])
                kept.append(
                    Point(
                        before.x + share * (here.x - before.x),
                        before.y + share * (here.y - before.y),
                    )
                )
            if is_in:
                kept.append(here)
            before, was = here, is_in
        if not kept:
            return []
        points = kept
    return points


def _roads(view: Box, pixel: Callable[[Point], Point]) -> dict[str, str]:
    """Return the roads that are seen as a path for each look; links in a row are one line."""
    lines: dict[str, list[list[Point]]] = {look: [] for look in ("other", "main", "motorway")}
    for road in base.roads():
        if road.box.touches(view):
            start, end = pixel(road.start), pixel(road.end)
            of_look = lines[road.look]
            if of_look and of_look[-1][-1] == start:
                of_look[-1].append(end)
            else:
                of_look.append([start, end])
    return {look: "".join(map(_path, of_look)) for look, of_look in lines.items() if of_look}


def _path(points: list[Point]) -> str:
    """Return a line in the shortest words of SVG: each point by its distance from the last."""
    here = Point(round(points[0].x), round(points[0].y))
    said = [f"M{here.x} {here.y}"]
    for at in points[1:]:
        across, down = round(at.x) - here.x, round(at.y) - here.y
        if across and down:
            said.append(f"l{across} {down}")
        elif across or down:
            said.append(f"h{across}" if across else f"v{down}")
        here = Point(here.x + across, here.y + down)
    return "".join(said).replace(" -", "-")
