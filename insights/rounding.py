"""Measures as those see them who do not see them as they are: of sums of rounded parts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from insights.against_baseline import Baseline
from insights.dm01.catalogue import OURS_ONLY
from insights.measures.base import Against, Measure, Part
from insights.reading import Amount, Filters, amounts_in_parts, counters_of
from insights.small_numbers import ROUNDED, rounded_sum

PartAmounts = dict[tuple[object, ...], Amount]
Read = dict[tuple[str, str], dict[object, PartAmounts]]


@dataclass(frozen=True)
class Rounded:
    """A figure: None where there is nothing to divide by, or where it `is_hidden` and a `*`."""

    value: float | None
    is_hidden: bool = False


HIDDEN = Rounded(None, is_hidden=True)


def rounded_values(
    measures: Iterable[Measure], by: str, filters: Filters
) -> dict[str, dict[Any, Rounded]]:
    """Return by code each measure by one field ("month", "trust", ...), in one query for all.

    A share is of rounded sums, an average in whole units of a number of people that may be said.
    What is compared with 2019/20 is by month alone: others are left out by another field.
    """
    some = [one for one in measures if one.against is None or by == "month"]
    read = amounts_in_parts(counters_of(some), by, ROUNDED.parts, filters)
    baseline = Baseline() if any(one.against for one in some) else None
    return {
        one.code: _against(one, read, filters, baseline)
        if one.against and baseline
        else _by_key(one, read)
        for one in some
    }


def _against(
    measure: Measure, read: Read, filters: Filters, baseline: Baseline
) -> dict[Any, Rounded]:
    """Return it by month: of rounded sums, against what is public."""
    found: dict[Any, Rounded] = {}
    months: dict[Any, PartAmounts] = _parts(measure.top, read)
    for month, parts in sorted(months.items()):
        done = rounded_sum(
            one.n for (_, modality), one in parts.items() if modality not in OURS_ONLY
        )
        if done is None:
            found[month] = HIDDEN
            continue
        then = baseline.against(done, month, filters.trust, filters.modality)
        raw = measure.against is Against.RAW
        found[month] = Rounded(then.percent if raw else then.by_working_day)
    return found


def _by_key(measure: Measure, read: Read) -> dict[Any, Rounded]:
    top = _parts(measure.top, read)
    if measure.bottom is None:
        take = _total if measure.top.take == "total" else _n
        return {key: _alone(measure, rounded_sum(take(top[key]))) for key in sorted(top, key=str)}
    bottom = _parts(measure.bottom, read)
    return {key: _share(measure, top.get(key, {}), bottom[key]) for key in sorted(bottom, key=str)}


def _alone(measure: Measure, number: int | None) -> Rounded:
    if not measure.per:
        return Rounded(None)
    return HIDDEN if number is None else Rounded(float(measure.per * number))


def _share(measure: Measure, top: PartAmounts, bottom: PartAmounts) -> Rounded:
    over, under = rounded_sum(_n(top)), rounded_sum(_n(bottom))
    if over is None or under is None:
        return HIDDEN
    if not under:
        return Rounded(None)
    if measure.top.take == "total":
        return Rounded(float(round(measure.per * sum(_total(top)) / sum(_n(bottom)))))
    return Rounded(measure.per * over / under)


def _parts(part: Part, read: Read) -> dict[object, PartAmounts]:
    """Return what of a counter a measure takes, by key: groups that it takes are one number."""
    found: dict[object, PartAmounts] = {}
    for (counter, group), by_key in read.items():
        if counter == part.counter and (not part.groups or group in part.groups):
            for key, amounts in by_key.items():
                here = found.setdefault(key, {})
                for name, one in amounts.items():
                    before = here.get(name, Amount())
                    here[name] = Amount(before.n + one.n, before.total + one.total)
    return found


def _n(parts: PartAmounts) -> list[int]:
    return [one.n for one in parts.values()]


def _total(parts: PartAmounts) -> list[int]:
    return [one.total for one in parts.values()]
