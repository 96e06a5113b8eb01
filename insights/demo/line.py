"""Whole people in whole cells: shares of a number that add up to it, whichever way it is cut.

Those who are counted stand in a line. A cut of the line into cells, by place or by decile, is a
row of numbers that add up to its length; the sum of what they have (days, minutes) is a function
of where one stands. So each cut has the same total, and two cuts together are a finer one.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

Key = TypeVar("Key")
Cells = list[tuple[Key, int]]
"""What each cell is, and how many are in it."""
STEEP = 0.12
"""How much more than the mean the first in the line have, and the last have less."""


def cut(count: int, shares: Sequence[tuple[Key, float]]) -> Cells[Key]:
    """Return `count` cut by shares of any sum; cells with nobody are left out."""
    whole = sum(share for _, share in shares)
    if not count or not whole:
        return []
    ends = [round(count * sum_of / whole) for sum_of in accumulate(s for _, s in shares)]
    starts = [0, *ends]
    return [
        (key, end - start)
        for (key, _), start, end in zip(shares, starts, ends, strict=False)
        if end > start
    ]


def total_until(count: int, total: int) -> Callable[[int], int]:
    """Return how much of `total` the first so many of `count` have: a little more than others."""

    def until(many: int) -> int:
        part = many / count
        return round(total * (part + STEEP * part * (1 - part)))

    return until


def totals(cells: Cells[Key], until: Callable[[int], int]) -> Iterator[tuple[Key, int, int]]:
    """Yield each cell with how many are in it, and what they have together."""
    start = 0
    for key, count in cells:
        yield key, count, until(start + count) - until(start)
        start += count


def across(*cuts: Cells[Key]) -> Iterator[tuple[tuple[Key, ...], int]]:
    """Yield the cells of several cuts of one line together. They must be as long."""
    left = [list(one) for one in cuts]
    where = [0] * len(cuts)
    while where[0] < len(left[0]):
        here = [one[at] for one, at in zip(left, where, strict=True)]
        count = min(n for _, n in here)
        yield tuple(key for key, _ in here), count
        for number, (key, n) in enumerate(here):
            left[number][where[number]] = (key, n - count)
            where[number] += n == count
