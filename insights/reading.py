"""What was counted, as pages ask for it. Reads the sums by month alone, never live tables."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum

from insights import replica
from insights.dm01.providers import codes_of, successors, trust_now
from insights.measures.base import Measure, Part
from insights.measures.waiting import DM01_TOTALS, NOT_IN_DM01
from insights.models import NeedMonth, PersonMonth, PlaceMonth, TrustMonth
from insights.models.figures import MonthFigure, Needs
from sites.models import Site


@dataclass(frozen=True)
class Filters:
    """Which figures somebody asks for: None is all. Months are their first days, both included.

    `needs` is one bit of Needs, which whoever is counted must have. `kind` is a kind of place.
    `trust` is one of now: what it comes after (Successor) is counted with it.
    """

    trust: str | None = None
    modality: str | None = None
    site: int | None = None
    kind: str | None = None
    urgency: str | None = None
    hours: int | None = None
    decile: int | None = None
    age: int | None = None
    needs: int | None = None
    first: date | None = None
    last: date | None = None

    def asked(self) -> dict[str, Any]:
        """Return what is asked for, by field, without the months."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {k: v for k, v in named.items() if v is not None and k not in ("first", "last")}


@dataclass(frozen=True)
class Amount:
    """How many, and the sum of what each of them has."""

    n: int = 0
    total: int = 0


Amounts = dict[tuple[str, str], dict[Any, Amount]]
"""By counter and group, then by month or by what was asked."""


def amounts(
    counters: Sequence[str],
    by: str,
    filters: Filters,
    *,
    of_dm01: bool = False,
    old: dict[str, str] | None = None,
) -> Amounts:
    """Return what was counted by one field ("month", "trust", "site", ...), in one query.

    X-ray and radionuclide are in no total of who waits, as in DM01: only where they are asked for.
    `of_dm01`: they are in no total at all. Trusts are those of now; `old` says of a code what came
    after it, read here, once more, unless it is given.
    """
    table = table_of({*filters.asked(), by} - {"month"})
    column = {"month": "month", "kind": "site"}.get(by, by)
    rows = _filtered(table, filters, old).filter(counter__in=counters)
    if by != "modality" and filters.modality is None:
        totals = counters if of_dm01 else DM01_TOTALS
        rows = rows.exclude(counter__in=totals, modality__in=NOT_IN_DM01)
    grouped = rows.values_list("counter", "group", column).annotate(a=Sum("n"), b=Sum("total"))
    called = _names_of(by, old)
    found: dict[tuple[str, str], dict[Any, Amount]] = defaultdict(dict)
    for counter, group, key, n, total in replica.rows(grouped.order_by()):
        here = called(key)
        before = found[counter, group].get(here, Amount())
        found[counter, group][here] = Amount(before.n + n, before.total + total)
    return found


def amounts_in_parts(
    counters: Sequence[str], by: str, parts: Sequence[str], filters: Filters
) -> dict[tuple[str, str], dict[object, dict[tuple[object, ...], Amount]]]:
    """Return what amounts() returns, each in its parts by these fields too, in one query.

    `by` is a field of a table, not "kind". rounded_sum() of insights/small_numbers.py adds them up.
    A trust and what it comes after are one part.
    """
    table = table_of({*filters.asked(), by, *parts} - {"month"})
    old = successors()
    rows = _filtered(table, filters, old).filter(counter__in=counters)
    grouped = rows.values_list("counter", "group", by, *parts)
    called = [_names_of(name, old) for name in (by, *parts)]
    found: dict[tuple[str, str], dict[object, dict[tuple[object, ...], Amount]]] = defaultdict(dict)
    for counter, group, *keys, n, total in replica.rows(
        grouped.order_by().annotate(a=Sum("n"), b=Sum("total"))
    ):
        key, *part = (name(one) for name, one in zip(called, keys, strict=True))
        here = found[counter, group].setdefault(key, {})
        before = here.get(tuple(part), Amount())
        here[tuple(part)] = Amount(before.n + n, before.total + total)
    return found


def _names_of(by: str, old: dict[str, str] | None) -> Callable[[Any], Any]:
    """Return what a column's value is called now: a trust's successor, a place's kind."""
    if by == "trust":
        table = successors() if old is None else old
        return lambda key: trust_now(key, table)
    if by == "kind":
        kinds = dict(Site.objects.values_list("pk", "kind"))
        return lambda key: kinds.get(key, "")
    return lambda key: key


def table_of(names: Iterable[str]) -> type[MonthFigure]:
    """Return the smallest table that has all of these. Raises ValueError if none has."""
    asked = {"site" if name == "kind" else name for name in names}
    for table in (TrustMonth, PlaceMonth, PersonMonth, NeedMonth):
        if asked <= columns_of(table):
            return table
    raise ValueError(f"no table has {sorted(asked)} together")


def columns_of(table: type[MonthFigure]) -> set[str]:
    """Return the names of a table's fields."""
    return {field.name for field in table._meta.get_fields()}


def series(measure: Measure, filters: Filters) -> dict[date, float | None]:
    """Return a measure's value a month; None where there is nothing to divide by."""
    return values(measure, "month", filters)


def values(measure: Measure, by: str, filters: Filters) -> dict[Any, float | None]:
    """Return a measure's value by one field, in the order of its keys."""
    found = amounts(counters_of([measure]), by, filters)
    return values_in(measure, found)


def counters_of(measures: Iterable[Measure]) -> list[str]:
    """Return the counters that these measures are made of."""
    parts = [part for one in measures for part in (one.top, one.bottom) if part]
    return sorted({part.counter for part in parts})


def values_in(measure: Measure, found: Amounts) -> dict[Any, float | None]:
    """Return a measure's values of what was read; None where there is nothing to divide by."""
    top = _of(measure.top, found)
    if measure.bottom is None:
        return {key: float(measure.per * top[key]) for key in sorted(top, key=str)}
    bottom = _of(measure.bottom, found)
    return {
        key: measure.per * top.get(key, 0) / bottom[key] if bottom[key] else None
        for key in sorted(bottom, key=str)
    }


def _of(part: Part, found: Amounts) -> dict[Any, int]:
    sums: dict[Any, int] = defaultdict(int)
    for (counter, group), by_key in found.items():
        if counter == part.counter and (not part.groups or group in part.groups):
            for key, amount in by_key.items():
                sums[key] += getattr(amount, part.take)
    return sums


def _filtered(
    table: type[MonthFigure], filters: Filters, old: dict[str, str] | None
) -> QuerySet[Any]:
    rows: QuerySet[Any] = table.objects.all()
    asked = filters.asked()
    if trust := asked.pop("trust", None):
        rows = rows.filter(trust__in=codes_of([trust], old))
    if kind := asked.pop("kind", None):
        rows = rows.filter(
            site__in=list(Site.objects.filter(kind=kind).values_list("pk", flat=True))
        )
    if bit := asked.pop("needs", 0):
        rows = rows.filter(needs__in=[bits for bits in range(ALL_BITS + 1) if bits & int(bit)])
    if filters.first:
        rows = rows.filter(month__gte=filters.first)
    if filters.last:
        rows = rows.filter(month__lte=filters.last)
    return rows.filter(**asked)


ALL_BITS = sum(Needs)
