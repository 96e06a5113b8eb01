"""England's days and months, as what is counted is put into them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Case, DateTimeField, IntegerField, Value, When
from django.db.models.expressions import Combinable

from insights.any_day import AnyDay
from insights.models.figures import Hours
from times.bank_holidays import is_bank_holiday
from times.london import LONDON

BEGINS, ENDS = time(8), time(18)
"""Before, and from then on, a weekday's time is out of ordinary hours (measures.md)."""
SATURDAY = 5


def at(day: date, clock: time = time(0)) -> datetime:
    """Return when England's clock says so on that day, UTC."""
    if isinstance(day, AnyDay):
        moment: datetime = day.filled(lambda one: at(one, clock), DateTimeField())
        return moment
    return datetime.combine(day, clock, LONDON).astimezone(UTC)


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins and the next one does, UTC: 23, 24 or 25 hours."""
    return at(day), at(day + timedelta(days=1))


def out_all_day(day: date) -> Hours | None:
    """Return which of Hours the whole day is in; None of a working day."""
    if is_bank_holiday(day):
        return Hours.HOLIDAY
    return Hours.WEEKEND if day.weekday() >= SATURDAY else None


def hours_of(start: str, day: date) -> Combinable:
    """Return which of Hours a row's time on that day is in; `start` is a field's name."""
    if out := day.out if isinstance(day, AnyDay) else out_all_day(day):
        return Value(out.value)
    ordinary = When(
        **{f"{start}__gte": at(day, BEGINS), f"{start}__lt": at(day, ENDS)},
        then=Value(Hours.ORDINARY.value),
    )
    return Case(ordinary, default=Value(Hours.EVENING.value), output_field=IntegerField())


def first_of(day: date) -> date:
    """Return the first day of its month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """Return the first day of the month after."""
    return (first_of(day) + timedelta(days=32)).replace(day=1)


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield each day, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
