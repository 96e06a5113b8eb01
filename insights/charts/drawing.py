"""Where everything of a chart stands, in the units of its view box. No colour, no words of HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil, floor, log10

from insights.spc import Chart, Point

RIGHT, TOP, BOTTOM = 20, 14, 32
LETTER = 8
"""How wide a figure on an axis is at most."""
TICKS = 5
"""At most so many lines across, but for one."""
SPARK_WIDE, SPARK_HIGH = 120, 32
SHAPES = {"common": "circle", "improving": "diamond", "concerning": "square", "neither": "triangle"}
"""What marks a point: its shape says what its colour says."""


@dataclass(frozen=True)
class Size:
    """How large a chart is, and how many months at most are written below it."""

    wide: int
    high: int
    months: int
    look: str


WIDE, NARROW = Size(720, 300, 9, "wide"), Size(360, 260, 5, "narrow")
"""Drawn both, so that words are as large on a phone as on a desk; static/app.css shows one."""


@dataclass(frozen=True)
class Mark:
    """One point: where, which shape, and what is read out of it."""

    x: float
    y: float
    shape: str
    look: str
    point: Point


@dataclass(frozen=True)
class Span:
    """The mean and the limits of one part, from where to where."""

    begins: float
    ends: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Tick:
    """A place on an axis and its words."""

    at: float
    words: str


@dataclass(frozen=True)
class Drawing:
    """A control chart as it is drawn. `lines` are points of lines that are not broken."""

    lines: list[str]
    marks: list[Mark]
    spans: list[Span]
    across: list[Tick]
    months: list[Tick]
    breaks: list[float]
    target: float | None
    left: int
    right: int
    bottom: int
    size: Size


class Scale:
    """Turns a value into how far from the top it stands."""

    def __init__(self, values: Iterable[float], top: float, bottom: float) -> None:
        """Have room for these values, from round number to round number."""
        found = list(values) or [0.0]
        low, high = min(found), max(found)
        if low == high:
            low, high = low - 1, high + 1
        self.step = _round_step((high - low) / TICKS)
        self.low, self.high = floor(low / self.step) * self.step, ceil(high / self.step) * self.step
        self.top, self.bottom = top, bottom

    def at(self, value: float) -> float:
        """Return where a value stands."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.bottom - share * (self.bottom - self.top), 1)

    def ticks(self) -> list[Tick]:
        """Return the round numbers across."""
        count = round((self.high - self.low) / self.step)
        numbers = [self.low + number * self.step for number in range(count + 1)]
        return [Tick(self.at(number), say_number(number)) for number in numbers]


def say_number(number: float) -> str:
    """Return a number as an axis says it: "1,200", "0.5", "-3"."""
    return f"{round(number, 6):,.10g}"


def _round_step(step: float) -> float:
    """Return the next of 1, 2 and 5 with some zeros that is no smaller."""
    ten: float = 10 ** floor(log10(step))
    return next(one * ten for one in (1, 2, 5, 10) if one * ten >= step - 1e-12)


def draw(chart: Chart, size: Size = WIDE, ends: Iterable[float] = ()) -> Drawing:
    """Return where the chart's lines and marks stand; `ends`: what its scale has room for, too."""
    scale = Scale([*_all_values(chart), *ends], TOP, size.high - BOTTOM)
    across = scale.ticks()
    left = 12 + LETTER * max(len(one.words) for one in across)
    places = _across(len(chart.points), left + 10, size.wide - RIGHT - 10)
    placed = list(zip(places, chart.points, strict=True))
    return Drawing(
        lines=_lines(placed, scale),
        marks=[
            Mark(x, scale.at(one.value), SHAPES[look_of(one, chart.better)],
                 look_of(one, chart.better), one)
            for x, one in placed
            if one.value is not None
        ],
        spans=_spans(placed, scale),
        across=across,
        months=_months(placed, size.months),
        breaks=[
            round((before[0] + after[0]) / 2, 1)
            for before, after in pairwise(placed)
            if before[1].part != after[1].part
        ],
        target=None if chart.target is None else scale.at(chart.target),
        left=left,
        right=size.wide - RIGHT,
        bottom=size.high - BOTTOM,
        size=size,
    )  # fmt: skip


def draw_both(chart: Chart, ends: Iterable[float] | None = None) -> list[Drawing]:
    """Return the chart for wide screens and paper, and for narrow ones."""
    return [draw(chart, size, ends or ()) for size in (WIDE, NARROW)]


def look_of(point: Point, better: str) -> str:
    """Return what a point is: common, improving, concerning, or neither where none is better."""
    if not point.label:
        return "common"
    if not better:
        return "neither"
    return "improving" if (better == "higher") == (point.way > 0) else "concerning"


def spark(values: Sequence[float | None]) -> list[str]:
    """Return the lines of a small chart without axes, as wide as SPARK_WIDE."""
    scale = Scale((one for one in values if one is not None), 3, SPARK_HIGH - 3)
    places = _across(len(values), 2, SPARK_WIDE - 2)
    runs = groupby(zip(places, values, strict=True), lambda one: one[1] is not None)
    placed = [
        [(x, scale.at(value)) for x, value in run if value is not None]
        for is_there, run in runs
        if is_there
    ]
    return [_dash(*run[0]) if len(run) == 1 else _joined(run) for run in placed]


def bar_shares(values: Sequence[float | None]) -> list[float]:
    """Return how long each bar is, in hundredths of the longest; 0 where there is no figure."""
    longest = max((abs(one) for one in values if one is not None), default=0)
    return [round(100 * abs(one) / longest, 1) if one and longest else 0.0 for one in values]


def _all_values(chart: Chart) -> list[float]:
    values = [one for point in chart.points for one in (point.value, point.low, point.high)]
    return [one for one in [*values, chart.target] if one is not None]


def _joined(run: list[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in run)


def _dash(x: float, y: float) -> str:
    """Return a short line for a figure between two gaps: a line through one point is not seen."""
    return _joined([(round(x - 1.5, 1), y), (round(x + 1.5, 1), y)])


def _across(count: int, left: float, right: float) -> list[float]:
    apart = (right - left) / max(count - 1, 1)
    return [round(left + number * apart, 1) for number in range(count)]


def _lines(placed: list[tuple[float, Point]], scale: Scale) -> list[str]:
    """Return the lines through the points, broken where a figure is missing or a part begins."""
    runs = groupby(placed, lambda one: (one[1].part, one[1].value is not None))
    return [
        " ".join(f"{x},{scale.at(one.value)}" for x, one in run if one.value is not None)
        for (_, is_there), run in runs
        if is_there
    ]


def _spans(placed: list[tuple[float, Point]], scale: Scale) -> list[Span]:
    spans = []
    for _, run in groupby(placed, lambda one: one[1].part):
        part = list(run)
        one = part[0][1]
        if one.mean is None or one.low is None or one.high is None:
            continue
        heights = (scale.at(one.mean), scale.at(one.low), scale.at(one.high))
        ends = (round(part[0][0] - 4, 1), round(part[-1][0] + 4, 1))
        spans.append(Span(*ends, *heights))
    return spans


def _months(placed: list[tuple[float, Point]], most: int) -> list[Tick]:
    every = max(1, ceil(len(placed) / most))
    return [Tick(x, f"{one.month:%b %y}") for x, one in placed[::every]]
