"""Statistical process control: XmR charts after NHS England's "Making Data Count".

Mean and limits are of a part of the months each: all of them, or from where a lead re-based. The
mean moving range leaves out, once, ranges of 3.267 times the mean and more; limits are the mean
plus and minus 2.66 times it, not cut at 0. Two of three counts points beyond a limit too, as
Making Data Count has it since November 2023.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from math import isclose, isfinite

SCREEN, LIMIT = 3.267, 2.66
RUN = 7
"""Points in a row on one side, or that rise or fall."""
ENOUGH = 13
"""With fewer points the limits are on trial."""
NOTE = (
    "Two of three points close to a limit count points beyond the limit too, as Making Data Count"
    " has it since November 2023."
)
WORDS = {
    "outside": {1: "above the upper limit", -1: "below the lower limit"},
    "trend": {1: "seven points rising", -1: "seven points falling"},
    "two_of_three": {1: "two of three close to the upper limit",
                     -1: "two of three close to the lower limit"},
    "side": {1: "seven points above the mean", -1: "seven points below the mean"},
}  # fmt: skip
"""Rules, the one that names a point first, each by which way it points."""


@dataclass(frozen=True)
class Point:
    """One month. `low` and `high` are its part's limits; `label` is empty for common cause."""

    month: date
    value: float | None
    mean: float | None
    low: float | None
    high: float | None
    label: str = ""
    way: int = 0
    part: int = 0

    @property
    def is_special(self) -> bool:
        """Whether it is more than common cause."""
        return bool(self.label)


@dataclass(frozen=True)
class Chart:
    """What is drawn. `better` is "lower", "higher" or ""; without a value there is no icon."""

    points: list[Point]
    better: str
    target: float | None = None
    note: str = NOTE
    counts: list[int] = field(default_factory=list)

    @property
    def last(self) -> Point | None:
        """The last month that has a value."""
        return next((one for one in reversed(self.points) if one.value is not None), None)

    @property
    def is_trial(self) -> bool:
        """Whether the last part has too few points for its limits to be trusted."""
        return bool(self.counts) and self.counts[-1] < ENOUGH

    @property
    def variation(self) -> str | None:
        """The icon of the last point: common, or improving, concerning or neither, high or low."""
        if self.last is None or self.last.low is None:
            return None
        if not self.last.label:
            return "common"
        side = "high" if self.last.way > 0 else "low"
        if not self.better:
            return f"neither_{side}"
        is_good = (self.better == "higher") == (self.last.way > 0)
        return f"{'improving' if is_good else 'concerning'}_{side}"

    @property
    def assurance(self) -> str | None:
        """Whether the target is always met ("hit"), never ("miss"), or now and then."""
        if self.target is None or not self.better or self.last is None:
            return None
        if self.last.low is None or self.last.high is None:
            return None
        always = _beyond(self.last.low, self.target) > 0
        never = _beyond(self.last.high, self.target) < 0
        if self.better == "lower":
            always, never = never, always
        return "hit" if always else "miss" if never else "hit_or_miss"

    @property
    def sentence(self) -> str:
        """What the chart shows, in words."""
        if self.last is None:
            return "There are no figures yet."
        said = "There are too few months to say what is usual"
        if self.variation:
            said = SAYS[self.variation]
        if self.last.label:
            said += f": {self.last.label}"
        more = [SAYS[self.assurance]] if self.assurance else []
        if self.last.low is not None and self.last.low == self.last.high:
            more.append("The months that say what is usual all have the same figure")
        if self.variation and self.is_trial:
            more.append(f"The limits are on trial: there are fewer than {ENOUGH} points")
        gaps = sum(one.value is None for one in self.points)
        if gaps:
            more.append("1 month has no figure" if gaps == 1 else f"{gaps} months have no figure")
        return "".join(f"{one}. " for one in [said, *more]).rstrip()


SAYS = {
    "common": "The last month is within what is usual",
    "improving_high": "It gets better, with higher figures",
    "improving_low": "It gets better, with lower figures",
    "concerning_high": "It gets worse, with higher figures",
    "concerning_low": "It gets worse, with lower figures",
    "neither_high": "The figures are unusually high",
    "neither_low": "The figures are unusually low",
    "hit": "What is usual meets the target",
    "miss": "What is usual does not meet the target",
    "hit_or_miss": "The target is met in some months and not in others, by chance",
}


def chart_of(
    points: Sequence[tuple[date, float | None]],
    better: str,
    target: float | None = None,
    parts: Sequence[date] = (),
    first: int | None = None,
) -> Chart:
    """Return the chart of months in their order; None is a month without a figure.

    `parts` are months from which mean and limits are worked out anew; `first`: only so many points
    of each part say what its mean and limits are, two or more. Raises ValueError for fewer, months
    out of order and values that are no numbers.
    """
    _check([month for month, _ in points], [value for _, value in points], first)
    begins = sorted(set(parts))
    drawn: list[Point] = []
    counts: list[int] = []
    for number in range(len(begins) + 1):
        since = begins[number - 1] if number else date.min
        until = begins[number] if number < len(begins) else date.max
        own = [(month, value) for month, value in points if since <= month < until]
        if own:
            drawn += _part(own, first, len(counts))
            counts.append(sum(value is not None for _, value in own))
    return Chart(drawn, better, target, counts=counts)


def limits(values: Sequence[float]) -> tuple[float, float, float] | None:
    """Return mean, lower and upper limit; None of fewer than two values."""
    if len(values) < 2:
        return None
    mean = sum(values) / len(values)
    ranges = [abs(after - before) for before, after in pairwise(values)]
    usual = sum(ranges) / len(ranges)
    kept = [one for one in ranges if one < SCREEN * usual] or ranges
    width = LIMIT * sum(kept) / len(kept)
    return mean, mean - width, mean + width


def _check(months: list[date], values: list[float | None], first: int | None) -> None:
    if first is not None and first < 2:
        raise ValueError(f"{first} points have no limits: it takes two")
    if any(after <= before for before, after in pairwise(months)):
        raise ValueError("the months of a chart stand in their order, each once")
    if not all(isfinite(value) for value in values if value is not None):
        raise ValueError("a value of a chart is a number, or None")


def _part(
    points: Sequence[tuple[date, float | None]], first: int | None, number: int
) -> list[Point]:
    values = [value for _, value in points if value is not None]
    found = limits(values[:first])
    if found is None:
        return [Point(month, value, None, None, None, part=number) for month, value in points]
    mean, low, high = found
    labels = iter(_labels(values, mean, low, high))
    drawn = []
    for month, value in points:
        label, way = next(labels) if value is not None else ("", 0)
        drawn.append(Point(month, value, mean, low, high, label, way, number))
    return drawn


def _labels(values: Sequence[float], mean: float, low: float, high: float) -> list[tuple[str, int]]:
    """Return for each value the first rule that it breaks, in words, and which way."""
    sides = [_beyond(value, mean) for value in values]
    near = (high - mean) * 2 / 3
    found = {
        "outside": [(_beyond(value, high) > 0) - (_beyond(value, low) < 0) for value in values],
        "trend": _whole_run(trends(values)),
        "two_of_three": two_of_three([_beyond(abs(one - mean), near) > 0 for one in values], sides),
        "side": _whole_run(on_one_side(sides)),
    }
    return [
        next(((WORDS[rule][ways[at]], ways[at]) for rule, ways in found.items() if ways[at]),
             ("", 0))
        for at in range(len(values))
    ]  # fmt: skip


def on_one_side(sides: Sequence[int]) -> list[int]:
    """Return of each point on which side it and the six before are; 0 if not all are on one."""
    return [
        sides[at] if at >= RUN - 1 and len(set(sides[at - RUN + 1 : at + 1])) == 1 else 0
        for at in range(len(sides))
    ]


def trends(values: Sequence[float]) -> list[int]:
    """Return of each point whether it ends seven that rise (1) or fall (-1); a tie ends a run."""
    steps = [0, *(_beyond(after, before) for before, after in pairwise(values))]
    return [
        steps[at] if at >= RUN - 1 and len(set(steps[at - RUN + 2 : at + 1])) == 1 else 0
        for at in range(len(values))
    ]


def two_of_three(near: Sequence[bool], sides: Sequence[int]) -> list[int]:
    """Return the sides of points that are near a limit, two of three that are all on one side."""
    found = [0] * len(near)
    for at in range(len(near) - 2):
        three = range(at, at + 3)
        if len({sides[one] for one in three}) == 1 and sum(near[one] for one in three) >= 2:
            for one in three:
                found[one] = found[one] or near[one] * sides[one]
    return found


def _whole_run(ends: Sequence[int]) -> list[int]:
    """Return which way the run of seven goes that a point is part of, given where such runs end."""
    return [next((way for way in ends[at : at + RUN] if way), 0) for at in range(len(ends))]


def _beyond(value: float, line: float) -> int:
    """Return 1 above, -1 below, 0 on the line: a mean of 0.1 and 0.1 may not be quite 0.1."""
    if isclose(value, line, rel_tol=1e-9, abs_tol=1e-9):
        return 0
    return 1 if value > line else -1
