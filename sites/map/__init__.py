"""A map as shapes, for an SVG that the server writes: land, roads, names, where from, pins.

A map is worked out in pixels of its intended width, so that what must not overlap can be compared,
and so that all sizes stand in the style sheet. Narrower or wider, it scales.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from sites.map import base
from sites.map.backdrop import backdrop_of
from sites.map.base import Box, Point
from sites.map.labels import Label, Writer
from sites.map.pins import Entry, Pin, pins_of
from sites.map.sizes import PIN, RING, RING_AROUND_PIN, text_wide
from sites.places import Place
from sites.postcodes import Origin

__all__ = ["LARGE", "SMALL", "Drawing", "Label", "Numbered", "Pin", "Scale", "draw"]

SMALL, LARGE = 360.0, 720.0
"""Pixels across: beside a list and on a phone, and on a page of its own."""
SMALLEST = 160.0
"""Width of the smallest map, in 100 m: a place next door still shows its surroundings."""
MARGIN = 0.13
FLATTEST, TALLEST = 0.85, 1.25
"""Height for each width."""
EDGE = 20.0
"""Around what lies beyond the coast and towns that are drawn, in 100 m."""
STEP = 10
"""A view begins and ends at whole km, in 100 m: many who ask then see the same land."""
MILE = 16.09344
"""In 100 m."""
SCALES = (1, 2, 5, 10, 20, 50, 100, 200)
"""Miles that the scale may show: the longest that takes less than a third of the width."""
START, BOLD_TEXT = "Start", 14.0
"""What stands at the ring; its letters are bold, so wider than those of other names."""

Numbered = tuple[int, Sequence[Place]]
"""An entry of the list: its number, and the places at that address."""


@dataclass(frozen=True)
class Scale:
    """A line as long as some miles: its left end, its length, and its words."""

    x: float
    y: float
    long: float
    words: str


@dataclass(frozen=True)
class Drawing:
    """What a template needs to write the map; all in pixels, paths as SVG has them.

    `sea` is where land and water are known; `pin_of` the name of the pin of each number.
    """

    view_box: str
    sea: Box
    land: str
    built: str
    roads: dict[str, str]
    waters: list[Label]
    motorways: list[Label]
    towns: list[Label]
    scale: Scale
    ring: Point
    ring_radius: float
    start: Label | None
    pins: list[Pin]
    pin_of: dict[int, str]

    @property
    def shared(self) -> list[Pin]:
        """The pins that stand for more than one entry of the list."""
        return [pin for pin in self.pins if len(pin.entries) > 1]


def draw(origin: Origin, numbered: Sequence[Numbered], *, across: float = SMALL) -> Drawing:
    """Return the map of numbered entries around an origin, `across` pixels wide."""
    start = base.spot(origin.lat, origin.lon)
    spots = [base.spot(of[0].lat, of[0].lon) for _, of in numbered]
    view = _frame([start, *spots])
    behind = backdrop_of(view, across)
    pixel = behind.pixel
    entries = [
        Entry(number, " and ".join(place.name for place in of), pixel(at))
        for (number, of), at in zip(numbered, spots, strict=True)
    ]
    pins, ring = pins_of(entries), pixel(start)
    under = any(pin.box.touches(_square(ring, RING)) for pin in pins)
    radius = RING_AROUND_PIN if under else RING
    dots = [_square(dot, 3) for pin in pins for dot in pin.dots]
    writer = Writer(behind.picture, [*(pin.box for pin in pins), *dots, _square(ring, radius)])
    scale = _scale(writer, behind.pixels)
    begin = writer.place(START, _beside(ring, radius), BOLD_TEXT)
    largest = writer.towns(behind.largest)
    waters = writer.waters(behind.waters)
    others = writer.towns(behind.others)
    return Drawing(
        view_box=f"0 0 {across:.0f} {behind.picture.bottom:.0f}",
        sea=behind.sea,
        land=behind.land,
        built=behind.built,
        roads=behind.roads,
        waters=waters,
        motorways=writer.motorways(behind.motorways),
        towns=[*largest, *others],
        scale=scale,
        ring=ring,
        ring_radius=radius,
        start=begin,
        pins=pins,
        pin_of={entry.number: pin.id for pin in pins for entry in pin.entries},
    )


def _frame(spots: list[Point]) -> Box:
    """Return a view that shows all of these well inside, and no more than is drawn unless some of
    them are further away."""
    limits = base.drawn()
    values = [spot.x for spot in spots], [spot.y for spot in spots]
    longest = max(SMALLEST, *(max(line) - min(line) for line in values))
    wide, high = (max(line) - min(line) + 2 * MARGIN * longest for line in values)
    wide = max(wide, high / TALLEST, SMALLEST)
    high = max(high, wide * FLATTEST)
    left, right = _side(values[0], wide, limits.left, limits.right)
    top, bottom = _side(values[1], high, limits.top, limits.bottom)
    return Box(_km(floor, left), _km(floor, top), _km(ceil, right), _km(ceil, bottom))


def _km(whole: Callable[[float], int], at: float) -> float:
    """Return the end of a view at a whole km."""
    return float(whole(at / STEP) * STEP)


def _side(line: list[float], long: float, first: float, last: float) -> tuple[float, float]:
    """Return where a view of this length begins and ends, moved so that it stays in the drawing
    if all points are there."""
    low = (max(line) + min(line) - long) / 2
    lowest, highest = min(first, min(line) - EDGE), max(last, max(line) + EDGE)
    low = max(lowest, min(low, highest - long))
    return low, low + long


def _scale(writer: Writer, pixels: float) -> Scale:
    """Return the scale, in a corner where no pin is, if there is one."""
    frame = writer.frame
    third = (frame.right - frame.left) / 3
    miles = max((one for one in SCALES if one * MILE * pixels < third), default=SCALES[0])
    long, high = round(miles * MILE * pixels, 1), 20.0
    words = f"{miles} mile{'s' if miles > 1 else ''}"
    wide = max(long, text_wide(words)) + 8
    corners = [
        Box(x, y, x + wide, y + high)
        for y in (frame.bottom - high - 6, 4)
        for x in (6, frame.right - wide - 6)
    ]
    free = [box for box in corners if not any(box.touches(one) for one in writer.taken)]
    box = (free or corners)[0]
    writer.taken.append(box)
    return Scale(round(box.left + 4, 1), round(box.bottom - 3, 1), long, words)


def _beside(ring: Point, radius: float) -> list[Point]:
    """Return where the word at the start may stand."""
    across, down = radius + text_wide(START, BOLD_TEXT) / 2 + 3, radius + 10
    return [
        Point(ring.x + across, ring.y), Point(ring.x - across, ring.y),
        Point(ring.x, ring.y + down), Point(ring.x, ring.y - down),
        Point(ring.x + across, ring.y + PIN), Point(ring.x - across, ring.y + PIN),
        Point(ring.x + across, ring.y - PIN), Point(ring.x - across, ring.y - PIN),
    ]  # fmt: skip


def _square(middle: Point, half: float) -> Box:
    return Box(middle.x - half, middle.y - half, middle.x + half, middle.y + half)
