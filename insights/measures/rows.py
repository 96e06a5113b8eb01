"""How a counter's rows are made: one query, grouped by all that a figure is known by."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.expressions import Combinable, Func
from django.db.models.functions import Coalesce

from insights.any_day import value_of

KNOWN_BY = ("trust", "site", "modality", "urgency", "hours", "decile", "age", "needs")
SUMMED = ("group", "n", "total")
FIELDS = (*KNOWN_BY, *SUMMED)
"""Columns of a counter's rows, in their order: names of DayFigure's fields."""


NO_WORD, NO_NUMBER = Value(""), Value(0)


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


@dataclass(frozen=True)
class Sums:
    """What one counter takes of what was found: those that are `of` it, by `group`.

    `total` is summed up beside them. `n`: what is summed up as how many, where a row stands for
    several.
    """

    group: Combinable = NO_WORD
    total: str | Combinable | None = None
    of: Q | None = None
    n: Combinable | None = None

    def n_and_total(self) -> tuple[Combinable, Combinable]:
        """Return what says how many, and the sum of what each has."""
        n = self.n or Count("pk", filter=self.of)
        if self.total is None:
            return n, Value(0)
        added = Sum(self.total, filter=self.of, output_field=IntegerField())
        return n, Coalesce(added, Value(0))


def figures(
    found: QuerySet[Any, Any],
    of: Of,
    total: str | Combinable | None = None,
    n: Combinable | None = None,
) -> QuerySet[Any, Any]:
    """Return how many were found and the sum of `total`, by all that each is known by.

    `n`: what is summed up as how many, where a row stands for several.
    """
    return figures_together(found, of, Sums(of.group, total, n=n))


def figures_together(found: QuerySet[Any, Any], of: Of, *sums: Sums) -> QuerySet[Any, Any]:
    """Return what several counters take of the same rows, which are so read once.

    The columns are KNOWN_BY, the groups of all counters, then `n` and `total` of each; named() says
    how they are called.
    """
    known = {named(name): getattr(of, name) for name in KNOWN_BY}
    known |= {named("group", place): one.group for place, one in enumerate(sums)}
    expressions = {name: F(by) if isinstance(by, str) else by for name, by in known.items()}
    grouped = found.order_by().annotate(**expressions).values_list(*known)
    summed: dict[str, Combinable] = {}
    for place, one in enumerate(sums):
        n, total = one.n_and_total()
        summed |= {named("n", place): n, named("total", place): total}
    made: QuerySet[Any, Any] = grouped.annotate(**summed)
    return made


def named(name: str, place: int | None = None) -> str:
    """Return how a column of figures_together() is called; `place` is whose of its sums it is."""
    return f"_{name}" if place is None else f"_{name}{place}"


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
