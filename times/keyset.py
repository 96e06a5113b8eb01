"""Long lists, a page at a time: from what stood last on the page before, never by how far down.

A row that is closed between two pages so moves no other: none is skipped, none comes twice. What
an address carries of a list is keys, instants and names of places alone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar, cast
from uuid import UUID

from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.http import QueryDict

from times.together import Part, beside, count_of, read, rows_of

Row = TypeVar("Row")
Other = TypeVar("Other")
Value = int | datetime | date | UUID | str

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NUMBER = re.compile(r"\d{1,18}", re.ASCII)
LONGEST_SIZE = 5
"""Digits of how much of a list is shown."""


class ListAddressInvalid(BadRequest):
    """What an address says of where in a list to go on was not written by us."""


class Key(NamedTuple):
    """One term of a list's order: `name` as order_by takes it, and the type of its values.

    The last key of an order is unique; none is ever NULL, and none changes while a row stays.
    """

    name: str
    kind: type

    @property
    def field(self) -> str:
        """The name without its direction."""
        return self.name.removeprefix("-")

    @property
    def beyond(self) -> str:
        """The look-up of what comes after a value."""
        return f"{self.field}__{'lt' if self.name.startswith('-') else 'gt'}"


class Source(NamedTuple):
    """Rows and their order, of which a page shows a part."""

    rows: QuerySet[Any]
    order: Sequence[Key]


@dataclass(frozen=True)
class Page(Generic[Row]):
    """A part of a list: its rows, how many the list has, and how many stand before these.

    `next` is what the address of the part after this carries as `parameter`; empty at the end.
    """

    rows: list[Row]
    total: int
    before: int
    next: str
    parameter: str
    query: str

    @property
    def last(self) -> int:
        """The place in the list of the last row shown, from 1."""
        return self.before + len(self.rows)

    @property
    def size_of_next(self) -> int:
        """How many rows the next page has at most."""
        return min(len(self.rows), self.total - self.last)

    @property
    def next_address(self) -> str:
        """The query of the next page; other lists on the page stay where they are."""
        return _query(self.query, self.parameter, self.next)

    @property
    def first_address(self) -> str:
        """The query of the first page."""
        return _query(self.query, self.parameter, "")

    def map(self, make: Callable[[Row], Other]) -> "Page[Other]":
        """Return the same page of what `make` makes of each row."""
        made: Page[Other] = replace(cast("Page[Any]", self), rows=[make(row) for row in self.rows])
        return made


def page_of(
    rows: QuerySet[Any],
    order: Sequence[Key],
    given: QueryDict,
    *,
    size: int,
    parameter: str = "after",
) -> Page[Any]:
    """Return the page of `rows` that an address's parameters ask for, the first unless they do.

    Each list of one page has a `parameter` of its own. Raises ListAddressInvalid.
    """
    return read(page([Source(rows, order)], given, size=size, parameter=parameter))


def page_of_all(
    sources: Sequence[Source],
    given: QueryDict,
    *,
    size: int,
    parameter: str = "after",
) -> Page[Any]:
    """Return the page of several lists as one; their orders have the same kinds and directions.

    Raises ListAddressInvalid.
    """
    return read(page(sources, given, size=size, parameter=parameter))


def page(
    sources: Sequence[Source], given: QueryDict, *, size: int, parameter: str = "after"
) -> Part[Page[Any]]:
    """Read the page of several lists as page_of_all returns it. Raises ListAddressInvalid."""
    typed = given.get(parameter, "")
    after = _read(typed, sources[0].order) if typed else None
    rests = [rows.filter(_beyond(order, after)) if after else rows for rows, order in sources]
    totals, lefts, lines = yield from beside(
        beside(*(count_of(source.rows) for source in sources)),
        beside(*(count_of(rest) for rest in rests if after)),
        beside(*(_lines(rest, one.order, size) for rest, one in zip(rests, sources, strict=True))),
    )
    total, left = sum(totals), sum(lefts)
    found: list[tuple[Any, Any]] = [line for some in lines for line in some]
    if len(sources) > 1:
        found.sort(key=lambda each: each[0], reverse=sources[0].order[0].name.startswith("-"))
    shown = found[:size]
    return Page(
        rows=[row for _, row in shown],
        total=total,
        before=total - left if after else 0,
        next=_write(shown[-1][0]) if len(found) > size else "",
        parameter=parameter,
        query=given.urlencode(),
    )


def _lines(rows: QuerySet[Any], order: Sequence[Key], size: int) -> Part[list[tuple[Any, Any]]]:
    """Read the first rows of a list in its order, and one that shows that there are more."""
    names = [key.name for key in order]
    if rows.query.select_related:
        # First which rows, then what is joined to them: else the database joins it to all of a list
        # before it puts them in order.
        first = rows.order_by(*names).values("pk")[: size + 1]
        rows = rows.filter(pk__in=first)
    found = yield from rows_of(rows.order_by(*names)[: size + 1])
    return [(_values(row, order), row) for row in found]


def beyond(order: Sequence[Key], given: QueryDict, parameter: str = "after") -> Q | None:
    """Return what is true of the rows from where an address goes on; None if it begins.

    Raises ListAddressInvalid.
    """
    typed = given.get(parameter, "")
    return _beyond(order, _read(typed, order)) if typed else None


def place_of(row: Any, order: Sequence[Key]) -> str:
    """Return what an address carries of the place of a row in an order: what follows comes next."""
    return _write(_values(row, order))


def size_shown(given: Mapping[str, str], parameter: str, *, step: int) -> int:
    """Return how much of a list that grows is shown: a step, or what the address says.

    For lists that are ranked anew each time and shown from their start. Raises
    ListAddressInvalid.
    """
    typed = given.get(parameter, "")
    if not typed:
        return step
    if not NUMBER.fullmatch(typed) or len(typed) > LONGEST_SIZE or not int(typed):
        raise ListAddressInvalid(parameter)
    return int(typed)


def address_with(given: QueryDict, parameter: str, value: object) -> str:
    """Return an address's query with one parameter changed."""
    return _query(given.urlencode(), parameter, str(value))


def _beyond(order: Sequence[Key], after: Sequence[Value]) -> Q:
    """Return what stands after these values in the order."""
    found, same = Q(), Q()
    for key, value in zip(order, after, strict=True):
        found |= same & Q(**{key.beyond: value})
        same &= Q(**{key.field: value})
    # Said once more of the first key alone, so that an index on it is used.
    return Q(**{f"{order[0].beyond}e": after[0]}) & found


def _values(row: Any, order: Sequence[Key]) -> tuple[Value, ...]:
    return tuple(getattr(row, key.field) for key in order)


def _write(values: Sequence[Value]) -> str:
    return "-".join(_say(value) for value in values)


def _say(value: Value) -> str:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, str):
        return value.encode().hex()
    if isinstance(value, datetime):
        return str((value - EPOCH) // MICROSECOND)
    if isinstance(value, date):
        return str(value.toordinal())
    return str(value)


def _read(typed: str, order: Sequence[Key]) -> list[Value]:
    parts = typed.split("-")
    if len(parts) != len(order):
        raise ListAddressInvalid(order[0].field)
    try:
        return [_hear(part, key.kind) for part, key in zip(parts, order, strict=True)]
    except (ValueError, OverflowError):
        raise ListAddressInvalid(order[0].field) from None


def _hear(part: str, kind: type) -> Value:
    if kind is UUID:
        return UUID(hex=part)
    if kind is str:
        words = bytes.fromhex(part).decode()
        if "\0" in words:  # which no database looks for
            raise ValueError(part)
        return words
    if not NUMBER.fullmatch(part):
        raise ValueError(kind)
    if kind is datetime:
        return EPOCH + int(part) * MICROSECOND
    if kind is date:
        return date.fromordinal(int(part))
    return int(part)


def _query(query: str, parameter: str, value: str) -> str:
    given = QueryDict(query, mutable=True)
    given.pop(parameter, None)
    if value:
        given[parameter] = value
    return f"?{given.urlencode()}"
