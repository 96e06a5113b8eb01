"""Which names are written where, so that none covers a pin or another name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import hypot

from sites.map import base
from sites.map.base import Box, Point
from sites.map.sizes import TEXT, text_wide

PIXELS_A_NAME = 7_000
"""Of the map for each name: more than that many nobody can read."""
APART = 34.0
"""Pixels between two towns that are both named: so names are spread over the map."""
VILLAGES_BELOW = 400.0
"""Villages are written on maps that are narrower than this, in 100 m."""
NAME_GAP = 3.0
ROAD_TEXT, WATER_TEXT = 10.0, 13.0


@dataclass(frozen=True)
class Label:
    """A name on the map: the middle of its base line, and the dot that it belongs to, if any."""

    text: str
    x: float
    y: float
    dot: Point | None = None


class Writer:
    """Writes names on a map; remembers what is taken."""

    def __init__(self, frame: Box, taken: Iterable[Box]) -> None:
        """Start with a frame (pixels) and what must not be covered."""
        self.frame = frame
        self.taken = list(taken)
        self._named: list[Point] = []

    def place(
        self, text: str, spots: Iterable[Point], height: float = TEXT, dot: Point | None = None
    ) -> Label | None:
        """Write a name around the first of these middles where it is free; None if nowhere."""
        wide = text_wide(text, height)
        for spot in spots:
            box = Box(
                spot.x - wide / 2, spot.y - height / 2, spot.x + wide / 2, spot.y + height / 2
            )
            if self.frame.holds(box) and not any(box.touches(one, 1.0) for one in self.taken):
                self.taken.append(box)
                return Label(text, round(spot.x, 1), round(spot.y + height * 0.35, 1), dot)
        return None

    def waters(self, pixel: Callable[[Point], Point]) -> list[Label]:
        """Write the names of the waters that are seen."""
        found = [
            self.place(name, map(pixel, spots), WATER_TEXT)
            for name, spots in base.water_names().items()
        ]
        return [label for label in found if label]

    def motorways(self, pixel: Callable[[Point], Point]) -> list[Label]:
        """Write each motorway's number once, on the longest of its links where it fits."""
        links: dict[str, list[tuple[float, Point]]] = {}
        for road in base.roads():
            if road.number:
                start, end = pixel(road.start), pixel(road.end)
                length = abs(end.x - start.x) + abs(end.y - start.y)
                middle = Point((start.x + end.x) / 2, (start.y + end.y) / 2)
                links.setdefault(road.number, []).append((length, middle))
        found = [
            self.place(number, [at for _, at in sorted(of, reverse=True)], ROAD_TEXT)
            for number, of in links.items()
        ]
        return [label for label in found if label]

    def largest(self, pixel: Callable[[Point], Point]) -> list[Label]:
        """Write the region's largest towns."""
        return self._write(pixel, base.names()[: len(base.LARGEST)])

    def others(self, pixel: Callable[[Point], Point], wide: float) -> list[Label]:
        """Write the other towns; on a map of few km (`wide`, in 100 m) villages, too."""
        least = 0 if wide <= VILLAGES_BELOW else base.TOWN_FIRST
        rest = base.names()[len(base.LARGEST) :]
        return self._write(pixel, (name for name in rest if name.prominence >= least))

    def _write(self, pixel: Callable[[Point], Point], names: Iterable[base.Name]) -> list[Label]:
        """Write names in this order, until there are as many as anybody can read."""
        frame = self.frame
        most = int((frame.right - frame.left) * (frame.bottom - frame.top) / PIXELS_A_NAME)
        found: list[Label] = []
        for name in names:
            at = pixel(name.at)
            if not (frame.left < at.x < frame.right and frame.top < at.y < frame.bottom):
                continue
            if len(self._named) >= most:
                break
            if any(hypot(at.x - one.x, at.y - one.y) < APART for one in self._named):
                continue
            label = self.place(name.text, _around(at, text_wide(name.text)), dot=at)
            if label:
                found.append(label)
                self._named.append(at)
        return found


def _around(at: Point, wide: float) -> Iterator[Point]:
    """Yield where the middle of a name may stand beside its dot."""
    across, down = wide / 2 + NAME_GAP + 1, TEXT / 2 + NAME_GAP
    yield Point(at.x + across, at.y)
    yield Point(at.x - across, at.y)
    yield Point(at.x, at.y - down)
    yield Point(at.x, at.y + down)
    # Beside a pin on the town itself.
    for away in (14.0, 22.0):
        yield Point(at.x + across + away, at.y)
        yield Point(at.x - across - away, at.y)
        yield Point(at.x, at.y - down - away)
        yield Point(at.x, at.y + down + away)
