"""Which names are written where, so that none covers a pin or another name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import hypot

from sites.map.backdrop import Spots, Towns
from sites.map.base import Box, Point
from sites.map.sizes import TEXT, text_wide

PIXELS_A_NAME = 7_000
"""Of the map for each name: more than that many nobody can read."""
APART = 34.0
"""Pixels between two towns that are both named: so names are spread over the map."""
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

    def waters(self, waters: Spots) -> list[Label]:
        """Write the names of the waters that are seen."""
        return self._each(waters, WATER_TEXT)

    def motorways(self, motorways: Spots) -> list[Label]:
        """Write each motorway's number once, on the longest of its links where it fits."""
        return self._each(motorways, ROAD_TEXT)

    def towns(self, towns: Towns) -> list[Label]:
        """Write names in this order, until there are as many as anybody can read."""
        frame = self.frame
        most = int((frame.right - frame.left) * (frame.bottom - frame.top) / PIXELS_A_NAME)
        found: list[Label] = []
        for text, at in towns:
            if len(self._named) >= most:
                break
            if any(hypot(at.x - one.x, at.y - one.y) < APART for one in self._named):
                continue
            label = self.place(text, _around(at, text_wide(text)), dot=at)
            if label:
                found.append(label)
                self._named.append(at)
        return found

    def _each(self, names: Spots, height: float) -> list[Label]:
        found = [self.place(name, spots, height) for name, spots in names]
        return [label for label in found if label]


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
