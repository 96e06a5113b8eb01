"""A plain line over months, as shapes for an SVG that the server writes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

WIDE, HIGH = 440.0, 230.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 62.0, 14.0, 32.0
"""Around what is drawn, in pixels: for the numbers at the side and the months below."""
LINES = 4
"""Lines across, at most, besides the lowest."""
EVERY = 6
"""Months between two that are named."""


@dataclass(frozen=True)
class Mark:
    """A point with words: where it is, and what stands there."""

    x: float
    y: float
    words: str


@dataclass(frozen=True)
class LineChart:
    """What a template needs: paths as SVG has them; all in pixels."""

    paths: list[str]
    points: list[Mark]
    levels: list[Mark]
    months: list[Mark]
    last: Mark | None
    wide: float = WIDE
    high: float = HIGH


def line_chart(values: Mapping[date, float | None], unit: str = "%") -> LineChart:
    """Return the line of months in order; where a value is None it is broken."""
    months = sorted(values)
    known = [value for value in values.values() if value is not None]
    step = _step(max(known, default=1.0))
    top = step * max(1, ceil(max(known, default=1.0) / step))
    across = (WIDE - LEFT - RIGHT) / max(1, len(months) - 1)

    def at(number: int, value: float) -> tuple[float, float]:
        height = HIGH - TOP - BOTTOM
        return round(LEFT + number * across, 1), round(TOP + height * (1 - value / top), 1)

    points = [
        Mark(*at(number, value), f"{value:.1f}{unit}")
        for number, month in enumerate(months)
        if (value := values[month]) is not None
    ]
    return LineChart(
        paths=_paths([values[month] for month in months], at),
        points=points,
        levels=[
            Mark(LEFT, at(0, step * number)[1], f"{step * number:g}{unit}")
            for number in range(round(top / step) + 1)
        ],
        months=[
            Mark(at(number, 0)[0], HIGH - BOTTOM + 20, f"{month:%b %Y}")
            for number, month in enumerate(months)
            if (len(months) - 1 - number) % EVERY == 0
        ],
        last=points[-1] if points else None,
    )


def _paths(
    values: list[float | None], at: Callable[[int, float], tuple[float, float]]
) -> list[str]:
    paths: list[str] = []
    is_open = False
    for number, value in enumerate(values):
        if value is None:
            is_open = False
            continue
        x, y = at(number, value)
        if is_open:
            paths[-1] += f"L{x} {y}"
        else:
            paths.append(f"M{x} {y}")
        is_open = True
    return paths


def _step(highest: float) -> float:
    """Return the distance of two levels: 1, 2 or 5 times a power of ten."""
    least = max(highest, 0.1) / LINES
    power: float = 10.0 ** floor(log10(least))
    return next(power * one for one in (1, 2, 5, 10) if power * one >= least)
