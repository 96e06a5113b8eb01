"""Counts a day from the live rows, and adds days up to months: all in the database.

Nothing of a patient goes through here: one INSERT of a SELECT a counter and day.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Sum

from booking.models import Appointment
from insights import waits
from insights.any_day import AnyDay, filled
from insights.at_once import each
from insights.days import bounds, first_of, next_month, out_all_day
from insights.inserting import Sql, counting, insert, sql_of
from insights.measures import COUNTERS, Counter
from insights.measures.rows import KNOWN_BY, SUMMED, named
from insights.models import (
    CountedDay,
    DayFigure,
    NeedMonth,
    PersonMonth,
    PlaceMonth,
    TrustMonth,
)
from insights.models.figures import Hours, MonthFigure
from insights.pruned import count_pruned
from insights.reading import columns_of

MONTHS: tuple[type[MonthFigure], ...] = (TrustMonth, PlaceMonth, PersonMonth, NeedMonth)
Rows = Callable[[date], QuerySet[Any, Any]]
"""What gives a day's rows: as in Counter."""


class Queries:
    """What counts a day, by its rows: written once for each kind of day, and asked for many."""

    def __init__(self) -> None:
        """Begin with none."""
        self._written: dict[tuple[Rows, Hours | None], Sql] = {}

    def of(self, rows: Rows, day: date) -> Sql:
        """Return what counts that day."""
        key = rows, out_all_day(day)
        if key not in self._written:
            self._written[key] = sql_of(rows(AnyDay(key[1]).as_date()))
        sql, params = self._written[key]
        return sql, filled(params, day)


def count_day(
    day: date, counters: Sequence[Counter] = COUNTERS, queries: Queries | None = None
) -> None:
    """Count a day in England anew, in place of what was counted of it before.

    What comes from a log that is pruned is never made less.
    """
    queries = queries or Queries()
    with counting():
        codes = [counter.code for counter in counters if not counter.is_pruned]
        DayFigure.objects.filter(counter__in=codes, day=day).delete()
        together: dict[Rows, list[Counter]] = {}
        for counter in counters:
            if counter.is_pruned:
                count_pruned(counter, day)
            else:
                together.setdefault(counter.rows, []).append(counter)
        for rows, of_them in together.items():
            _insert_sums(day, [(one.code, one.place) for one in of_them], queries.of(rows, day))
        if any(not counter.is_stock for counter in counters):
            _note_where_counted(day)


def _insert_sums(day: date, counters: Sequence[tuple[str, int]], rows: Sql) -> None:
    """Insert a day's figures of counters that take from the same rows, which are read once.

    Each counter has its code and its place among the sums of figures_together(), whose names the
    columns of `rows` have.
    """
    quote = connection.ops.quote_name
    known = ", ".join(quote(named(name)) for name in KNOWN_BY)
    selects: list[str] = []
    values: list[str | date] = []
    for code, place in counters:
        group, n, total = (quote(named(name, place)) for name in SUMMED)
        selects.append(
            f"SELECT %s, %s, {known}, {group}, SUM({n}), SUM({total}) FROM found"
            f" WHERE {n} > 0 GROUP BY {known}, {group}"
        )
        values += [code, day]
    sql, params = rows
    each = f"WITH found AS MATERIALIZED ({sql}) {' UNION ALL '.join(selects)}"
    names = ("counter", "day", *KNOWN_BY, *SUMMED)
    insert(DayFigure, (), (), names, (each, [*params, *values]))


def add_up(month: date, counters: Sequence[Counter] = COUNTERS) -> None:
    """Add the days of a month up anew; `month` is its first day."""
    with counting():
        for counter in counters:
            days = DayFigure.objects.filter(
                counter=counter.code, day__gte=month, day__lt=next_month(month)
            )
            for table in MONTHS:
                table.objects.filter(counter=counter.code, month=month).delete()
                by = [one for one in ("group", *KNOWN_BY) if one in columns_of(table)]
                sums = days.order_by().values_list(*by).annotate(_n=Sum("n"), _total=Sum("total"))
                fixed = (counter.code, month)
                insert(table, ("counter", "month"), fixed, (*by, "n", "total"), sql_of(sums))


def count(
    days: Iterable[date],
    counters: Sequence[Counter] = COUNTERS,
    *,
    today: date,
    waits_since: date | None = None,
    requests: QuerySet[Any, Any] | None = None,
    after: Callable[[date], None] = lambda _day: None,
) -> None:
    """Count days anew, add their months up, and what stood at the end of each month since then.

    What stands is counted on a month's last day, and of this month today; from the month of
    `waits_since` on, if that is earlier. `requests` gives the keys of those whose wait may have
    changed; None is all. `after` is told each day that is done.
    """
    flows = [one for one in counters if not one.is_stock]
    stocks = [one for one in counters if one.is_stock]
    queries = Queries()
    wanted = sorted({day for day in days if day <= today})
    for month, of_month in groupby(wanted, first_of):
        for day in each(lambda one: count_day(one, flows, queries), [*of_month]):
            after(day)
        add_up(month, flows)
    if stocks:
        waits.refresh(requests)
    since = min([*wanted[:1], *filter(None, [waits_since])], default=None)
    ends = _last_days(since, today) if since and stocks else []
    for _ in each(lambda one: count_stock(one, stocks, queries), ends):
        pass


def _last_days(since: date, today: date) -> list[date]:
    """Return the last day of each month from that of `since` on; today is this month's."""
    found, month = [], first_of(since)
    while month <= today:
        found.append(min(next_month(month) - timedelta(days=1), today))
        month = next_month(month)
    return found


def count_stock(day: date, stocks: Sequence[Counter], queries: Queries | None = None) -> None:
    """Count what stood at the end of a day, in place of what was counted of its month before."""
    month = first_of(day)
    with counting():
        DayFigure.objects.filter(
            counter__in=[one.code for one in stocks], day__gte=month, day__lt=next_month(day)
        ).delete()
        count_day(day, stocks, queries)
        add_up(month, stocks)


def _note_where_counted(day: date) -> None:
    """Remember which appointments stand in this day's figures.

    In the order of their keys, and of other days none but what is there now: two days that are
    counted at once never wait for each other in a circle.
    """
    begins, ends = bounds(day)
    there = Appointment.objects.filter(start__gte=begins, start__lt=ends)
    keys = there.order_by("pk").values_list("pk")
    gone = ~Exists(Appointment.objects.filter(pk=OuterRef("appointment")))
    CountedDay.objects.filter(gone, day=day).delete()
    moved = (
        "(appointment) DO UPDATE SET day = excluded.day"
        " WHERE insights_countedday.day <> excluded.day"
    )
    insert(CountedDay, ("day",), (day,), ("appointment",), sql_of(keys), conflict=moved)
