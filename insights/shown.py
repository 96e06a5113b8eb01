"""Figures as somebody may see them: each measure's number, or that it is not said."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import Any

from insights.against_baseline import Baseline
from insights.measures import Measure, Part
from insights.measures.base import Against, Cut
from insights.models.figures import Needs
from insights.months import months_between
from insights.reading import Amount, Amounts, Filters, amounts, counters_of
from insights.sight import Sight
from insights.small_numbers import rounded

NONE_TO_DIVIDE = "none"
HIDDEN = "*"


@dataclass(frozen=True)
class Shown:
    """A figure: None where there is nothing to divide by, or where it is not said.

    `note` says why there is none, or what must be known of it.
    `is_whole`: an average of others, which is said in whole units.
    """

    value: float | None
    is_hidden: bool = False
    note: str = ""
    is_whole: bool = False

    def words(self, measure: Measure) -> str:
        """Return it with its unit: "47.3%", "1,240 people", "*", "none"."""
        if self.is_hidden:
            return HIDDEN
        if self.value is None:
            return measure.nothing
        return say_value(self.value, measure, is_whole=self.is_whole)

    def cell(self, measure: Measure) -> str:
        """Return it without its unit, as a file has it: "47.3", "1240", "*", ""."""
        if self.is_hidden:
            return HIDDEN
        if self.value is None:
            return ""
        return plain(self.value, measure, is_whole=self.is_whole)


ZERO = Shown(0.0)
Series = dict[date, Shown]


def say_value(value: float, measure: Measure, *, is_whole: bool = False) -> str:
    """Return a value with its unit, whole where it counts something."""
    number, unit = f"{value:,.{_decimals(measure, is_whole)}f}", measure.unit
    if unit.startswith("£"):
        return f"£{number}"
    return f"{number}%" if unit == "%" else f"{number} {unit}".strip()


def plain(value: float, measure: Measure, *, is_whole: bool = False) -> str:
    """Return a value in figures alone."""
    return f"{value:.{_decimals(measure, is_whole)}f}"


def _decimals(measure: Measure, is_whole: bool) -> int:
    if is_whole:
        return 0
    if measure.unit.startswith("£"):
        return 2
    is_share = measure.bottom is not None or measure.against is not None
    return 1 if is_share or measure.per != 1 else 0


def series_of(measures: Iterable[Measure], filters: Filters, sight: Sight) -> dict[str, Series]:
    """Return each measure's months by its code, in order, without gaps; in one query.

    One more for each of one's own trusts, if it is a part of what is asked for; and as many again
    for those that are compared with 2019/20, with what was done then.
    """
    some = list(measures)
    plain = [one for one in some if one.against is None]
    found, mine = _read(plain, "month", filters, sight)
    exact = sight.is_exact(filters)
    months: Any = {month for keys in found.values() for month in keys}
    series = {
        one.code: _without_gaps(one, shown_in(one, found, mine, exact), months) for one in plain
    }
    compared = [one for one in some if one.against]
    series |= _compared(compared, "month", filters, sight)
    return {one.code: series[one.code] for one in some}


def shown_by(measure: Measure, by: str, filters: Filters, sight: Sight) -> dict[Hashable, Shown]:
    """Return a measure by one field; by "needs" who has two of them is in both.

    What is compared with 2019/20 is of one month: the last that is asked for.
    """
    if measure.against:
        return _compared([measure], by, replace(filters, first=filters.last), sight)[measure.code]
    found, mine = _read([measure], by, filters, sight)
    if by == "needs":
        found, mine = _by_bit(found), _by_bit(mine)
    exact = sight.is_exact(filters)
    return shown_in(measure, found, mine, exact)


def shown_in(measure: Measure, found: Amounts, mine: Amounts, exact: bool) -> dict[object, Shown]:
    """Return a measure of what was read; `mine` is the part that is known exactly."""
    top, bottom = _Sums(measure.top, found, mine), None
    if measure.bottom is None:
        return {key: _alone(measure, top, key, exact) for key in top.whole}
    bottom = _Sums(measure.bottom, found, mine)
    return {key: _share(measure, top, bottom, key, exact) for key in bottom.whole}


def shown_by_cut(measure: Measure, cut: Cut, filters: Filters, sight: Sight) -> dict[str, Shown]:
    """Return how many of a measure are of each of a cut's groups, all months together."""
    found, mine = _read([measure], "month", filters, sight)
    whole, own = _together(found), _together(mine)
    exact, shown = sight.is_exact(filters), {}
    for words, groups in cut.groups.items():
        part = replace(measure, top=replace(measure.top, groups=groups))
        shown[words] = shown_in(part, whole, own, exact).get(None, ZERO)
    return shown


def _together(found: Amounts) -> Amounts:
    """Return what was read, all keys as one."""
    return {name: {None: reduce(_add, keys.values(), Amount())} for name, keys in found.items()}


def _compared(
    measures: list[Measure], by: str, filters: Filters, sight: Sight
) -> dict[str, dict[Any, Shown]]:
    """Return measures that are compared with 2019/20; what was done then is public, and exact."""
    if not measures:
        return {}
    found, mine = _read(measures, by, filters, sight, of_dm01=True)
    exact = sight.is_exact(filters)
    baseline = Baseline([filters.trust] if filters.trust else sight.trusts, sight.old)
    shown: dict[str, dict[Any, Shown]] = {}
    for one in measures:
        sums = _Sums(one.top, found, mine)
        keys: Iterable[Any] = months_between(sums.whole) if by == "month" else sums.whole  # type: ignore[arg-type]
        shown[one.code] = {
            key: _against(one, sums, key, exact, baseline, _where(by, key, filters)) for key in keys
        }
    return shown


def _where(by: str, key: Any, filters: Filters) -> dict[str, Any]:
    """Return the month, trust and scan of a key, as Baseline asks for them."""
    asked = {"month": filters.last, "trust": filters.trust, "modality": filters.modality}
    return {**asked, by: key}


def _against(
    measure: Measure, top: "_Sums", key: object, exact: bool, baseline: Baseline, where: Any
) -> Shown:
    done = top.taken(key) if exact else rounded(top.taken(key))
    if done is None or (not exact and top.is_small(key)):
        return Shown(None, is_hidden=True)
    found = baseline.against(done, **where)
    is_raw = measure.against is Against.RAW
    return Shown(found.percent if is_raw else found.by_working_day, note=found.words)


class _Sums:
    """What of a counter a measure takes, by key: all of it, and one's own of it."""

    def __init__(self, part: Part, found: Amounts, mine: Amounts) -> None:
        self.part = part
        self.whole, self.mine = _sum(part, found), _sum(part, mine)

    def taken(self, key: object) -> int:
        amount = self.whole.get(key, Amount())
        return amount.total if self.part.take == "total" else amount.n

    def is_small(self, key: object) -> bool:
        """Whether it, or what is left of it without one's own, is too small to be said."""
        n, own = self.whole.get(key, Amount()).n, self.mine.get(key, Amount()).n
        return rounded(n) is None or rounded(n - own) is None


def _alone(measure: Measure, top: _Sums, key: object, exact: bool) -> Shown:
    if not measure.per:
        return Shown(None)
    if exact:
        return Shown(float(measure.per * top.taken(key)))
    number = rounded(top.taken(key))
    if top.is_small(key) or number is None:
        return Shown(None, is_hidden=True)
    return Shown(float(measure.per * number))


def _share(measure: Measure, top: _Sums, bottom: _Sums, key: object, exact: bool) -> Shown:
    over, under = top.taken(key), bottom.taken(key)
    if not exact and (top.is_small(key) or bottom.is_small(key)):
        return Shown(None, is_hidden=True)
    value = measure.per * over / under if under else None
    if exact or value is None:
        return Shown(value)
    if measure.top.take == "total":
        return Shown(float(round(value)), is_whole=True)  # with decimals one person would show
    return Shown(measure.per * (rounded(over) or 0) / (rounded(under) or 1))


def _read(
    measures: list[Measure], by: str, filters: Filters, sight: Sight, *, of_dm01: bool = False
) -> tuple[Amounts, Amounts]:
    counters = counters_of(measures)
    mine: Amounts = defaultdict(dict)
    for trust in sight.parts_of(filters):
        own = replace(filters, trust=trust)
        part = amounts(counters, by, own, of_dm01=of_dm01, old=sight.old)
        for name, keys in part.items():
            for key, amount in keys.items():
                mine[name][key] = _add(mine[name].get(key, Amount()), amount)
    return amounts(counters, by, filters, of_dm01=of_dm01, old=sight.old), mine


def _by_bit(found: Amounts) -> Amounts:
    """Return what was read by all the needs that people have, by each need."""
    apart: Amounts = defaultdict(dict)
    for name, keys in found.items():
        for bits, amount in keys.items():
            for bit in (one for one in Needs.values if int(str(bits)) & one):
                apart[name][bit] = _add(apart[name].get(bit, Amount()), amount)
    return apart


def _sum(part: Part, found: Amounts) -> dict[object, Amount]:
    sums: dict[object, Amount] = {}
    for (counter, group), keys in found.items():
        if counter == part.counter and (not part.groups or group in part.groups):
            for key, amount in keys.items():
                sums[key] = _add(sums[key], amount) if key in sums else amount
    return sums


def _add(one: Amount, other: Amount) -> Amount:
    return Amount(one.n + other.n, one.total + other.total)


def _without_gaps(measure: Measure, shown: dict[object, Shown], months: Iterable[date]) -> Series:
    """Return every month from the first to the last in which anything was counted.

    Of a count a month that has none is 0; a share has nothing to divide by.
    """
    nothing = ZERO if measure.bottom is None and measure.per else Shown(None)
    return {month: shown.get(month, nothing) for month in months_between(months)} if shown else {}
