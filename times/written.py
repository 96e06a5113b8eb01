"""A query that is written once and asked with other values each time.

To write a query takes Django longer than a database to answer it. What every request asks, with
nothing different but values, says them by name and is given places for them:

    by_pk = Written(lambda pk: Staff.objects.filter(pk=pk), pk=BigIntegerField())
    rows = list(by_pk(pk=7))

Or beside others, in one statement: times/together.py.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import Field, QuerySet
from django.db.models.expressions import Expression


class Place(Expression):
    """A place in a query for a value that is known when it is asked."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        """`field` says how the database takes the value."""
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, *_: Any) -> Any:
        """Leave this as the parameter: whoever asks puts the value there."""
        return "%s", [self]


@dataclass(frozen=True)
class Asked:
    """A query as SQL, "" if it can have no rows; `columns` are aliases and their fields.

    It may be asked by any thread, many at a time.
    """

    query: QuerySet[Any, Any]
    compiler: Any
    sql: str = ""
    params: Sequence[Any] = ()
    columns: "Sequence[tuple[str, Field[Any, Any]]]" = ()

    @property
    def using(self) -> str:
        """Which database it is asked of."""
        return self.query.db

    @property
    def connection(self) -> Any:
        """This thread's connection to it."""
        return connections[self.using]

    def rows(self, lines: Sequence[Sequence[Any]]) -> list[Any]:
        """Return what the query would have made of these lines of its columns."""
        if not lines:  # as of most of what a page asks
            return []
        compiler = copy.copy(self.compiler)
        compiler.connection = self.connection
        compiler.execute_sql = lambda *_, **__: [lines]
        query = self.query.all()
        query.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]
        return list(query)


@dataclass(frozen=True)
class Filled:
    """A written query with values for its places; its rows, read anew each time one goes through
    them."""

    written: "Written"
    values: dict[str, Any]

    def asked(self) -> Asked:
        """Return it as SQL, with the values among its parameters."""
        made = self.written.once()
        return replace(made, params=[
            one.output_field.get_db_prep_value(self.values[one.name], made.connection)
            if isinstance(one, Place) else one
            for one in made.params
        ])  # fmt: skip

    def __iter__(self) -> Iterator[Any]:
        """Ask it by itself."""
        asked = self.asked()
        if not asked.sql:
            return iter(())
        with asked.connection.cursor() as cursor:
            cursor.execute(asked.sql, asked.params)
            return iter(asked.rows(cursor.fetchall()))


class Written:
    """Queries of one form. Nothing in it may differ from one time to the next but its places."""

    def __init__(
        self, make: Callable[..., QuerySet[Any, Any]], **fields: "Field[Any, Any]"
    ) -> None:
        """`make` gets a place for each of `fields`, by name, when it is first asked."""
        self.make, self.fields = make, fields
        self.known: dict[str, Asked] = {}

    def __call__(self, **values: Any) -> Filled:
        """Return the query with values for all places. Raises TypeError if one lacks, or is new."""
        if values.keys() != self.fields.keys():
            raise TypeError(f"this query has places for {sorted(self.fields)}")
        return Filled(self, values)

    def once(self) -> Asked:
        """Return the query as SQL with its places; it is written at the first call."""
        vendor = connection.vendor
        if vendor not in self.known:
            places = {name: Place(name, field) for name, field in self.fields.items()}
            self.known[vendor] = write(self.make(**places))
        return self.known[vendor]


def write(query: QuerySet[Any, Any]) -> Asked:
    """Return a query as SQL."""
    query = query.all()
    compiler = query.query.get_compiler(using=query.db)
    try:
        sql, params = compiler.as_sql(with_col_aliases=True)
    except EmptyResultSet:
        return Asked(query, compiler)
    chosen = compiler.select[: compiler.col_count]
    columns = [(alias, term.output_field) for term, _, alias in chosen]
    return Asked(query, compiler, sql, params, columns)
