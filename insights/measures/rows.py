"""How a counter's rows are made: one query, grouped by all that a figure is known by."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, IntegerField, QuerySet, Sum, Value
from django.db.models.expressions import Combinable, Func

from insights.any_day import value_of

FIELDS = (
    "group", "trust", "site", "modality", "urgency", "hours", "decile", "age", "needs",
    "n", "total",
)  # fmt: skip
"""Columns of a counter's rows, in their order: names of DayFigure's fields."""


NO_WORD, NO_NUMBER = Value(""), Value(0)
EACH = Count("pk")


@dataclass(frozen=True)
class Of:
    """What one thing that is counted is known by: an expression or a field's name for each."""

    trust: str | Combinable
    modality: str | Combinable
    group: Combinable = NO_WORD
    site: str | Combinable = NO_NUMBER
    urgency: str | Combinable = NO_WORD
    hours: Combinable = NO_NUMBER
    decile: Combinable = NO_NUMBER
    age: Combinable = NO_NUMBER
    needs: Combinable = NO_NUMBER


def figures(
    found: QuerySet[Any, Any],
    of: Of,
    total: str | Combinable | None = None,
    n: Combinable = EACH,
) -> QuerySet[Any, Any]:
    """Return how many were found and the sum of `total`, by all that each is known by.

    `n`: what is summed up as how many, where a row stands for several.
    """
    by = [getattr(of, name) for name in FIELDS[:-2]]
    grouped = found.order_by().values_list(*(F(one) if isinstance(one, str) else one for one in by))
    summed: Combinable = Sum(total, output_field=IntegerField()) if total else Value(0)
    made: QuerySet[Any, Any] = grouped.annotate(_n=n, _total=summed)
    return made


class DaysUntil(Func):
    """Whole days from a date of a row until one day, as both databases count them."""

    output_field = IntegerField()

    def __init__(self, since: str, day: date, **extra: Any) -> None:
        """Count from the field `since`."""
        super().__init__(value_of(day), since, **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Use Julian days: SQLite's dates are text."""
        how = "CAST(julianday(%(expressions)s) AS INTEGER)"
        joiner = ") - julianday("
        return self.as_sql(compiler, connection, template=how, arg_joiner=joiner, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Take one date from the other."""
        how = "(%(expressions)s)"
        return self.as_sql(compiler, connection, template=how, arg_joiner=" - ", **context)
