"""A day that is not said yet: what counts a day is written once, and asked for many days.

A counter's query takes a hundred times longer to write than to send; a rebuild asks it of each day
of years. It asks AnyDay for what comes of a day (insights/days.py), and gets a place to fill.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from django.db import connection
from django.db.models import DateField, Field, Value
from django.db.models.expressions import Expression

from insights.models.figures import Hours


class Filled(Expression):
    """A place in a query for what comes of the day that it will be asked for."""

    def __init__(self, comes_of: Callable[[date], date], field: "Field[Any, Any]") -> None:
        """`comes_of` gives the value: a date, or a moment if `field` is one of moments."""
        super().__init__(output_field=field)
        self.comes_of = comes_of

    def as_sql(self, *_: Any) -> Any:
        """Leave this as the parameter: filled() puts the value there."""
        return "%s", [self]

    def value(self, day: date) -> Any:
        """Return the value as the database takes it."""
        return self.output_field.get_db_prep_value(self.comes_of(day), connection)


@dataclass(frozen=True)
class AnyDay:
    """Any day that is `out` of ordinary hours as a whole, or not; `after` days later than it."""

    out: Hours | None
    after: int = 0

    def __add__(self, later: timedelta) -> "AnyDay":
        return AnyDay(self.out, self.after + later.days)

    def as_date(self) -> date:
        """Return it as counters take a day; whatever is not asked of days.py fails."""
        return cast(date, self)

    def filled(
        self, comes_of: Callable[[date], date], field: "Field[Any, Any] | None" = None
    ) -> Any:
        """Return the place in a query for what comes of this day."""
        later = timedelta(days=self.after)
        return Filled(lambda day: comes_of(day + later), field or DateField())


def value_of(day: date) -> Any:
    """Return a day as an expression of a query."""
    if isinstance(day, AnyDay):
        return day.filled(lambda one: one)
    return Value(day, DateField())


def filled(params: Sequence[Any], day: date) -> list[Any]:
    """Return the parameters of a query with the values of that day in their places."""
    return [one.value(day) if isinstance(one, Filled) else one for one in params]
