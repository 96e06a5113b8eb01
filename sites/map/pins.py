"""Pins at their places; those that would touch are one pin, with a line to each of its places."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sites.map.base import Box, Point
from sites.map.sizes import PIN, PIN_GAP, digits_wide

NUMBERS_SHOWN = 3
"""A pin of more stops than this says how many, not which: the list under the map does."""
DOT_SHOWS = 4.0
"""Further than this outside its pin, a place has a dot of its own and a line to it."""


class Stop(NamedTuple):
    """One entry of the list: its number, its name, where it is on the map."""

    number: int
    label: str
    at: Point


@dataclass(frozen=True)
class Pin:
    """One or several stops: `x`, `y` is the middle, `wide` the width of what is drawn.

    `id` is its name on the page. `dots` are places that its shape does not cover.
    """

    stops: tuple[Stop, ...]
    x: float
    y: float
    wide: float
    dots: tuple[Point, ...]

    @property
    def id(self) -> str:
        """What links to it: `pin-` and its lowest number."""
        return f"pin-{self.stops[0].number}"

    @property
    def text(self) -> str:
        """What stands in it: its numbers, or how many they are."""
        return _text(self.stops)

    @property
    def label(self) -> str:
        """What a screen reader says: what is seen, then which places."""
        if len(self.stops) == 1:
            return f"{self.text}: {self.stops[0].label}"
        names = ", ".join(f"{stop.number} {stop.label}" for stop in self.stops)
        if len(self.stops) > NUMBERS_SHOWN:
            return f"{self.text}: {names}"
        return f"{self.text}: {len(self.stops)} places, {names}"

    @property
    def box(self) -> Box:
        """What it covers."""
        return _box(Point(self.x, self.y), self.wide)


def pins_of(stops: Sequence[Stop]) -> list[Pin]:
    """Return the pins of all stops, by their lowest number; no two of them touch."""
    apart: list[list[Stop]] = []
    for stop in stops:
        group = [stop]
        while touched := [other for other in apart if _touch(group, other)]:
            group = [one for part in [*touched, group] for one in part]
            apart = [other for other in apart if other not in touched]
        apart.append(group)
    groups = [sorted(group, key=lambda stop: stop.number) for group in apart]
    return [_pin(group) for group in sorted(groups, key=lambda group: group[0].number)]


def _pin(group: list[Stop]) -> Pin:
    middle, wide = _middle(group), _wide(group)
    inside = _box(middle, wide)
    dots = dict.fromkeys(stop.at for stop in group if not _covers(inside, stop.at))
    return Pin(tuple(group), round(middle.x, 1), round(middle.y, 1), wide, tuple(dots))


def _touch(one: list[Stop], other: list[Stop]) -> bool:
    return _box(_middle(one), _wide(one)).touches(_box(_middle(other), _wide(other)), PIN_GAP)


def _middle(group: list[Stop]) -> Point:
    return Point(
        sum(stop.at.x for stop in group) / len(group), sum(stop.at.y for stop in group) / len(group)
    )


def _wide(group: Sequence[Stop]) -> float:
    return max(PIN, round(digits_wide(_text(group)) + PIN / 2, 1))


def _text(group: Sequence[Stop]) -> str:
    if len(group) > NUMBERS_SHOWN:
        return f"{len(group)} places"
    return ", ".join(str(stop.number) for stop in sorted(group, key=lambda stop: stop.number))


def _box(middle: Point, wide: float) -> Box:
    return Box(middle.x - wide / 2, middle.y - PIN / 2, middle.x + wide / 2, middle.y + PIN / 2)


def _covers(box: Box, at: Point) -> bool:
    across = max(box.left - at.x, at.x - box.right, box.top - at.y, at.y - box.bottom)
    return across < DOT_SHOWS
