"""What many tests begin with: made once a process, its rows written again for each other test.

A scene that is made through the product's own doors takes a tenth of a second; its rows, one.
"""

import copy
import copyreg
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.test import Client

from tests import databases

Made = TypeVar("Made")
Kind = TypeVar("Kind", bound=type[Client])
_Write = Callable[[Any], Any]
"""Writes one table's rows again, by a cursor."""


class _Kept(NamedTuple):
    """What making a scene gave, and what writes its rows again."""

    made: Any
    writes: list[_Write]


_KEPT: dict[Hashable, _Kept] = {}


def made_once(scene: Hashable, make: Callable[[], Made]) -> Made:
    """Return what `make` gives, a copy of the caller's own, over the rows that it writes.

    `make` itself runs for the first who asks for this scene in this process. It must need nothing
    but the database, which must be empty then and whenever the scene is asked for: rows that are
    there already are refused by the database.
    """
    if scene not in _KEPT:
        made = make()
        _KEPT[scene] = _Kept(copy.deepcopy(made), _writes())
        return made
    kept = _KEPT[scene]
    with connection.cursor() as cursor:
        for write in kept.writes:
            write(cursor)
    again: Made = copy.deepcopy(kept.made)
    return again


def _writes() -> list[_Write]:
    """Return what writes each table that has rows of a test."""
    keep = {"sqlite": _inserting, "postgresql": _copying}[connection.vendor]
    with connection.cursor() as cursor:
        return [keep(cursor, table) for table in databases.filled(cursor)]


def _inserting(cursor: Any, table: str) -> _Write:
    quoted, columns = _names(cursor, table)
    cursor.execute(f"SELECT {', '.join(map('quote({})'.format, columns))} FROM {quoted}")
    rows = ", ".join(f"({', '.join(row)})" for row in cursor.fetchall())
    insert = f"INSERT INTO {quoted} ({', '.join(columns)}) VALUES {rows}"
    return lambda cursor: cursor.execute(insert)


def _copying(cursor: Any, table: str) -> _Write:
    """Copy the rows as text: as a statement, PostgreSQL would read each value as an expression."""
    quoted, columns = _names(cursor, table)
    place = f"{quoted} ({', '.join(columns)})"
    with cursor.copy(f"COPY {place} TO STDOUT") as out:
        rows = b"".join(bytes(part) for part in out)

    def write(cursor: Any) -> None:
        with cursor.copy(f"COPY {place} FROM STDIN") as into:
            into.write(rows)

    return write


def _names(cursor: Any, table: str) -> tuple[str, list[str]]:
    """Return a table's name and its columns', quoted."""
    quoted = connection.ops.quote_name(table)
    cursor.execute(f"SELECT * FROM {quoted} LIMIT 0")
    return quoted, [connection.ops.quote_name(name) for name, *_ in cursor.description]


def _parts(browser: Any) -> tuple[Any, ...]:
    """Tell `copy` what a test's browser is: its cookies and whose it is, not Django's machinery."""
    kept = ("cookies", "staff")
    return type(browser), (), {name: vars(browser)[name] for name in kept if name in vars(browser)}


def can_be_copied(kind: Kind) -> Kind:
    """Let a scene hold browsers of this class."""
    copyreg.pickle(kind, _parts)
    return kind


can_be_copied(Client)
