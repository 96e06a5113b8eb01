"""Several queries as one statement: a page that needs twenty of them waits for one answer.

What reads is written as a part: a generator that yields the queries that it needs next and gets
their rows. Parts run beside each other: what they ask for at the same step is one statement, so a
page takes as many statements as its longest part has steps. All of one step is of one moment.
No row is remembered: each part asks anew. How a query is written may be (times/written.py).

A query's prefetches are not for this (they ask afterwards, by themselves): ask for those rows too,
and give them to their rows with `attach`.
"""

import json
from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import connections, models
from django.db.models import Count, Model, QuerySet, Value

from times.written import Asked, Filled, write

Row = TypeVar("Row")
Found = TypeVar("Found")
Step = Sequence[QuerySet[Any, Any] | Filled]
Part = Generator[Step, list[list[Any]], Found]
"""What reads something: it yields queries, is sent the rows of each, and returns what it found."""


def rows_of(query: QuerySet[Any, Row] | Filled) -> Part[list[Row]]:
    """Read the rows of one query, as a part: `rows = yield from rows_of(query)`."""
    (found,) = yield (query,)
    return found


def first_of(query: QuerySet[Any, Row]) -> Part[Row | None]:
    """Read the first row of a query that says its order, None if it has none."""
    found = yield from rows_of(query[:1])
    return found[0] if found else None


def count_of(query: QuerySet[Any, Any]) -> Part[int]:
    """Count the rows of a query that is neither distinct nor a part of a list."""
    counted = query.order_by().values(every=Value(1)).annotate(how_many=Count("pk"))
    found = yield from rows_of(counted.values_list("how_many", flat=True))
    return found[0] if found else 0


def nothing(found: Found) -> Part[Found]:
    """Return what is known without asking, as a part beside others."""
    yield from ()
    return found


def beside(*parts: Part[Any]) -> Part[list[Any]]:
    """Run parts in step with each other; return what each of them found."""
    found: list[Any] = [None] * len(parts)
    waiting: dict[int, Step | None] = {
        number: _go_on(part, None, found, number) for number, part in enumerate(parts)
    }
    while asking := {number: step for number, step in waiting.items() if step is not None}:
        answers = iter((yield [query for step in asking.values() for query in step]))
        waiting = {}
        for number, step in asking.items():
            rows = [next(answers) for _ in step]
            waiting[number] = _go_on(parts[number], rows, found, number)
    return found


def read(part: Part[Found]) -> Found:
    """Run a part to its end: one statement a step."""
    found: list[Any] = [None]
    step = _go_on(part, None, found, 0)
    while step is not None:
        step = _go_on(part, fetch(step), found, 0)
    return cast("Found", found[0])


def attach(rows: Iterable[Model], others: Iterable[Model], name: str, *, by: str) -> None:
    """Give rows the others that point to them, as prefetch_related does under this name.

    `by` is the field of the others that holds a row's key.
    """
    theirs: dict[Any, list[Model]] = {}
    for other in others:
        theirs.setdefault(getattr(other, by), []).append(other)
    for row in rows:
        own = getattr(row, name).all()
        own._result_cache = theirs.get(row.pk, [])  # noqa: SLF001 - as prefetch_related does
        own._prefetch_done = True  # noqa: SLF001
        cache = row.__dict__.setdefault("_prefetched_objects_cache", {})
        cache[name] = own


def fetch(queries: Step) -> list[list[Any]]:
    """Return the rows of each query, all by one statement.

    Raises TypeError for a column whose type cannot be read so.
    """
    if len(queries) == 1:
        return [list(queries[0])]
    asked = [_Asked(query, number) for number, query in enumerate(queries)]
    sql, params = _union([one for one in asked if one.sql])
    if sql:
        with connections[asked[0].asked.using].cursor() as cursor:
            cursor.execute(sql, params)
            for number, *line in cursor.fetchall():
                asked[number].lines.append(line)
    return [one.rows() for one in asked]


def _go_on(
    part: Part[Any], answers: list[list[Any]] | None, found: list[Any], number: int
) -> Step | None:
    """Return what a part asks for next; at its end None, and what it found is written down."""
    try:
        return part.send(answers) if answers is not None else next(part)
    except StopIteration as end:
        found[number] = end.value
        return None


class _Asked:
    """One query of several: its SQL, empty if it can have no rows, and the lines that came."""

    def __init__(self, query: QuerySet[Any, Any] | Filled, number: int) -> None:
        self.number = number
        self.asked: Asked = query.asked() if isinstance(query, Filled) else write(query)
        self.lines: list[list[Any]] = []
        self.sql, self.params = self.asked.sql, self.asked.params
        self.columns = [(alias, _kind(field)) for alias, field in self.asked.columns]

    def rows(self) -> list[Any]:
        """Return the rows as the query itself would have."""
        return self.asked.rows([self._line(line) for line in self.lines]) if self.sql else []

    def _line(self, values: list[Any]) -> list[Any]:
        """Return one line as the driver of the database would have."""
        if not _is_postgresql(self):
            return values[: len(self.columns)]
        said = json.loads(values[0], parse_float=str).values()
        return [
            None if value is None else READ[kind](value)
            for value, (_, kind) in zip(said, self.columns, strict=True)
        ]


def _union(asked: Sequence[_Asked]) -> tuple[str, list[Any]]:
    """Return one statement: of each line which query's it is, and its columns.

    Columns of one place must be of one type for PostgreSQL: there a line is JSON. SQLite takes
    any; but it says the types of the first query's columns for all, so that one has none.
    """
    if not asked:
        return "", []
    params = [value for one in asked for value in one.params]
    if _is_postgresql(asked[0]):
        selects = [
            f"SELECT {one.number}, to_json(line)::text FROM"
            f" (SELECT {_json_columns(one)} FROM ({one.sql}) asked) line"
            for one in asked
        ]
        return " UNION ALL ".join(selects), params
    width = max(len(one.columns) for one in asked)
    selects = [f"SELECT NULL{', NULL' * width} WHERE 0"]
    for one in asked:
        quote = one.asked.connection.ops.quote_name
        columns = ", ".join(quote(alias) for alias, _ in one.columns)
        empty = ", NULL" * (width - len(one.columns))
        selects.append(f"SELECT {one.number}, {columns}{empty} FROM ({one.sql})")
    return " UNION ALL ".join(selects), params


def _json_columns(one: _Asked) -> str:
    quote = one.asked.connection.ops.quote_name
    as_text = {"JSONField": "::text", "DecimalField": "::text"}
    return ", ".join(
        f"{quote(alias)}{as_text.get(kind, '')} AS {quote(alias)}" for alias, kind in one.columns
    )


def _is_postgresql(one: _Asked) -> bool:
    return bool(one.asked.connection.vendor == "postgresql")


def _kind(field: "models.Field[Any, Any]") -> str:
    """Return the kind of a column; a key's is that of what it points to. Raises TypeError."""
    while field.remote_field is not None and isinstance(field, models.ForeignKey):
        field = field.target_field
    kind = field.get_internal_type()
    if kind not in READ:
        raise TypeError(f"a {kind} cannot be read beside others")
    return kind


def _as_it_is(value: Any) -> Any:
    return value


WHOLE = (
    "AutoField", "BigAutoField", "SmallAutoField", "IntegerField", "BigIntegerField",
    "SmallIntegerField", "PositiveIntegerField", "PositiveBigIntegerField",
    "PositiveSmallIntegerField",
)  # fmt: skip
WORDS = ("CharField", "TextField", "SlugField", "EmailField", "URLField", "FileField")
READ: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys((*WHOLE, *WORDS, "BooleanField", "JSONField"), _as_it_is),
    "FloatField": float,
    "DecimalField": Decimal,
    "DateField": date.fromisoformat,
    "TimeField": time.fromisoformat,
    "DateTimeField": datetime.fromisoformat,
    "UUIDField": UUID,
}
"""How each kind of column is read from PostgreSQL's JSON; other kinds are refused."""
