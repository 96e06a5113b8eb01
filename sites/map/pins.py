"""Pins at their places; those that would touch are one pin, with a line to each of its places."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sites.map.base import Box, Point
from sites.map.sizes import PIN, PIN_GAP, digits_wide

NUMBERS_SHOWN = 3
"""A pin of more entries than this says how many, not which: the list under the map does."""
DOT_SHOWS = 4.0
"""Further than this outside its pin, a place has a dot of its own and a line to it."""


class Entry(NamedTuple):
    """One entry of the list: its number, its name, where it is on the map."""

    number: int
    label: str
    at: Point


@dataclass(frozen=True)
class Pin:
    """One or several entries: `x`, `y` is the middle, `wide` the width of what is drawn.

    `id` is its name on the page. `dots` are places that its shape does not cover.
    """

    entries: tuple[Entry, ...]
    x: float
    y: float
    wide: float
    dots: tuple[Point, ...]

    @property
    def id(self) -> str:
        """What links to it: `pin-` and its lowest number."""
        return f"pin-{self.entries[0].number}"

    @property
    def text(self) -> str:
        """What stands in it: its numbers, or how many they are."""
        return _text(self.entries)

    @property
    def label(self) -> str:
        """What a screen reader says: what is seen, then which places."""
        if len(self.entries) == 1:
            return f"{self.text}: {self.entries[0].label}"
        names = ", ".join(f"{entry.number} {entry.label}" for entry in self.entries)
        if len(self.entries) > NUMBERS_SHOWN:
            return f"{self.text}: {names}"
        return f"{self.text}: {len(self.entries)} places, {names}"

    @property
    def box(self) -> Box:
        """What it covers."""
        return _box(Point(self.x, self.y), self.wide)


def pins_of(entries: Sequence[Entry]) -> list[Pin]:
    """Return the pins of all entries, by their lowest number; no two of them touch."""
    apart: list[tuple[list[Entry], Box]] = []
    for entry in entries:
        group = [entry]
        box = _box(_middle(group), _wide(group))
        while touched := [one for one in apart if box.touches(one[1], PIN_GAP)]:
            group = [one for part in [*(other for other, _ in touched), group] for one in part]
            box = _box(_middle(group), _wide(group))
            apart = [one for one in apart if one not in touched]
        apart.append((group, box))
    groups = [sorted(group, key=lambda entry: entry.number) for group, _ in apart]
    return [_pin(group) for group in sorted(groups, key=lambda group: group[0].number)]


def _pin(group: list[Entry]) -> Pin:
    middle, wide = _middle(group), _wide(group)
    inside = _box(middle, wide)
    dots = dict.fromkeys(entry.at for entry in group if not _covers(inside, entry.at))
    return Pin(tuple(group), round(middle.x, 1), round(middle.y, 1), wide, tuple(dots))


def _middle(group: list[Entry]) -> Point:
    return Point(
        sum(entry.at.x for entry in group) / len(group),
        sum(entry.at.y for entry in group) / len(group),
    )


def _wide(group: Sequence[Entry]) -> float:
    return max(PIN, round(digits_wide(_text(group)) + PIN / 2, 1))


def _text(group: Sequence[Entry]) -> str:
    if len(group) > NUMBERS_SHOWN:
        return f"{len(group)} places"
    return ", ".join(str(entry.number) for entry in sorted(group, key=lambda entry: entry.number))


def _box(middle: Point, wide: float) -> Box:
    return Box(middle.x - wide / 2, middle.y - PIN / 2, middle.x + wide / 2, middle.y + PIN / 2)


def _covers(box: Box, at: Point) -> bool:
    across = max(box.left - at.x, at.x - box.right, box.top - at.y, at.y - box.bottom)
    return across < DOT_SHOWS
