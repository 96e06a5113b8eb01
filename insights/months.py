"""Months, each named by its first day: around, between, and in words."""

from collections.abc import Iterable, Iterator
from datetime import date

SHOWN = 24
"""Months that a page shows unless others are asked for."""


def month_of(day: date) -> date:
    """Return the month of a day."""
    return day.replace(day=1)


def before(month: date, months: int = 1) -> date:
    """Return the month that is so many months earlier."""
    years, number = divmod(month.year * 12 + month.month - 1 - months, 12)
    return date(years, number + 1, 1)


def last_whole(today: date) -> date:
    """Return the last month that is over: one that has only begun looks like a fall."""
    return before(month_of(today))


def months_between(months: Iterable[date]) -> Iterator[date]:
    """Yield every month from the first of these to the last."""
    some = list(months)
    month = min(some, default=date.max)
    while some and month <= max(some):
        yield month
        month = before(month, -1)


def say_month(month: date) -> str:
    """Return "October 2026"."""
    return f"{month:%B} {month.year}"


def code_of(month: date) -> str:
    """Return "2026-10", as addresses and files name it."""
    return f"{month.year:04d}-{month.month:02d}"
