"""Counts a day from the live rows, and adds days up to months: all in the database.

Nothing of a patient goes through here: one INSERT of a SELECT a counter and day.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, QuerySet, Sum

from booking.models import Appointment
from insights.days import bounds, first_of, next_month
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
from insights.models.figures import MonthFigure
from insights.reading import columns_of

MONTHS: tuple[type[MonthFigure], ...] = (TrustMonth, PlaceMonth, PersonMonth, NeedMonth)


def count_day(day: date, counters: Sequence[Counter] = COUNTERS) -> None:
    """Count a day in England anew, in place of what was counted of it before."""
    with transaction.atomic():
        codes = [counter.code for counter in counters]
        DayFigure.objects.filter(counter__in=codes, day=day).delete()
        for counter in counters:
            _insert(DayFigure, ("counter", "day"), (counter.code, day), FIELDS, counter.rows(day))
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
                _insert(
                    table, ("counter", "month"), (counter.code, month), (*by, *FIELDS[-2:]), sums
                )


def count(
    days: Iterable[date],
    counters: Sequence[Counter] = COUNTERS,
    *,
    today: date,
    waits_since: date | None = None,
    after: Callable[[date], None] = lambda _day: None,
) -> None:
    """Count days anew, add their months up, and what stood at the end of each month since then.

    What stands is counted on a month's last day, and of this month today; from the month of
    `waits_since` on, if that is earlier. `after` is told each day that is done.
    """
    flows = [one for one in counters if not one.is_stock]
    stocks = [one for one in counters if one.is_stock]
    wanted = sorted({day for day in days if day <= today})
    for month, of_month in groupby(wanted, first_of):
        for day in of_month:
            count_day(day, flows)
            after(day)
        add_up(month, flows)
    since = min([*wanted[:1], *filter(None, [waits_since])], default=None)
    month = first_of(since) if since and stocks else next_month(today)
    while month <= today:
        count_stock(min(next_month(month) - timedelta(days=1), today), stocks)
        month = next_month(month)


def count_stock(day: date, stocks: Sequence[Counter]) -> None:
    """Count what stood at the end of a day, in place of what was counted of its month before."""
    month = first_of(day)
    with transaction.atomic():
        DayFigure.objects.filter(
            counter__in=[one.code for one in stocks], day__gte=month, day__lt=next_month(day)
        ).delete()
        count_day(day, stocks)
        add_up(month, stocks)


def _note_where_counted(day: date) -> None:
    """Remember which appointments stand in this day's figures."""
    begins, ends = bounds(day)
    there = Appointment.objects.filter(start__gte=begins, start__lt=ends)
    CountedDay.objects.filter(day=day).delete()
    CountedDay.objects.filter(appointment__in=there.values("pk")).delete()
    _insert(CountedDay, ("day",), (day,), ("appointment",), there.order_by().values_list("pk"))


def _insert(
    table: type[Model],
    fixed: Sequence[str],
    values: Sequence[Any],
    names: Sequence[str],
    rows: QuerySet[Any, Any],
) -> None:
    """Insert what a query gives, its columns in the order of `names`, with fixed values before."""
    quote = connection.ops.quote_name
    column_of = {field.name: str(field.column) for field in table._meta.concrete_fields}
    sql, params = rows.query.sql_with_params()
    columns = ", ".join(quote(column_of[name]) for name in (*fixed, *names))
    marks = ", ".join("%s" for _ in fixed)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(table._meta.db_table)} ({columns})"
            f" SELECT {marks}, counted.* FROM ({sql}) AS counted",
            [*values, *params],
        )
