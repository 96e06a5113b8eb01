"""Counts a day from the live rows, and adds days up to months: all in the database.

Nothing of a patient goes through here: one INSERT of a SELECT a counter and day.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum

from booking.models import Appointment
from insights import waits
from insights.any_day import AnyDay, filled
from insights.days import bounds, first_of, next_month, out_all_day
from insights.inserting import Sql, insert, sql_of
from insights.measures import COUNTERS, Counter
from insights.measures.rows import FIELDS
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


class Queries:
    """What counts a day, by counter: written once for each kind of day, and asked for many."""

    def __init__(self) -> None:
        """Begin with none."""
        self._written: dict[tuple[str, Hours | None], Sql] = {}

    def of(self, counter: Counter, day: date) -> Sql:
        """Return what counts that day."""
        key = counter.code, out_all_day(day)
        if key not in self._written:
            self._written[key] = sql_of(counter.rows(AnyDay(key[1]).as_date()))
        sql, params = self._written[key]
        return sql, filled(params, day)


def count_day(
    day: date, counters: Sequence[Counter] = COUNTERS, queries: Queries | None = None
) -> None:
    """Count a day in England anew, in place of what was counted of it before.

    What comes from a log that is pruned is never made less.
    """
    queries = queries or Queries()
    with transaction.atomic():
        codes = [counter.code for counter in counters if not counter.is_pruned]
        DayFigure.objects.filter(counter__in=codes, day=day).delete()
        for counter in counters:
            if counter.is_pruned:
                count_pruned(counter, day)
                continue
            rows = queries.of(counter, day)
            insert(DayFigure, ("counter", "day"), (counter.code, day), FIELDS, rows)
        if any(not counter.is_stock for counter in counters):
            _note_where_counted(day)


def add_up(month: date, counters: Sequence[Counter] = COUNTERS) -> None:
    """Add the days of a month up anew; `month` is its first day."""
    with transaction.atomic():
        for counter in counters:
            days = DayFigure.objects.filter(
                counter=counter.code, day__gte=month, day__lt=next_month(month)
            )
            for table in MONTHS:
                table.objects.filter(counter=counter.code, month=month).delete()
                by = [name for name in FIELDS[:-2] if name in columns_of(table)]
                sums = days.order_by().values_list(*by).annotate(_n=Sum("n"), _total=Sum("total"))
                fixed = (counter.code, month)
                insert(table, ("counter", "month"), fixed, (*by, *FIELDS[-2:]), sql_of(sums))


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
        for day in of_month:
            count_day(day, flows, queries)
            after(day)
        add_up(month, flows)
    if stocks:
        waits.refresh(requests)
    since = min([*wanted[:1], *filter(None, [waits_since])], default=None)
    month = first_of(since) if since and stocks else next_month(today)
    while month <= today:
        count_stock(min(next_month(month) - timedelta(days=1), today), stocks, queries)
        month = next_month(month)


def count_stock(day: date, stocks: Sequence[Counter], queries: Queries | None = None) -> None:
    """Count what stood at the end of a day, in place of what was counted of its month before."""
    month = first_of(day)
    with transaction.atomic():
        DayFigure.objects.filter(
            counter__in=[one.code for one in stocks], day__gte=month, day__lt=next_month(day)
        ).delete()
        count_day(day, stocks, queries)
        add_up(month, stocks)


def _note_where_counted(day: date) -> None:
    """Remember which appointments stand in this day's figures."""
    begins, ends = bounds(day)
    there = Appointment.objects.filter(start__gte=begins, start__lt=ends)
    keys = there.order_by().values_list("pk")
    CountedDay.objects.filter(day=day).exclude(appointment__in=keys).delete()
    moved = "(appointment) DO UPDATE SET day = excluded.day"
    insert(CountedDay, ("day",), (day,), ("appointment",), sql_of(keys), conflict=moved)
