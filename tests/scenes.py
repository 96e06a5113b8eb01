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
_LITERAL = {"sqlite": "quote({})", "postgresql": "quote_nullable({}::text)"}
"""How each database writes a value of a column as SQL."""


class _Kept(NamedTuple):
    """What making a scene gave, and the statements that write its rows again."""

    made: Any
    inserts: list[str]


_KEPT: dict[Hashable, _Kept] = {}


def made_once(scene: Hashable, make: Callable[[], Made]) -> Made:
    """Return what `make` gives, a copy of the caller's own, over the rows that it writes.

    `make` itself runs for the first who asks for this scene in this process. It must need nothing
    but the database, which must be empty then and whenever the scene is asked for: rows that are
    there already are refused by the database.
    """
    if scene not in _KEPT:
        made = make()
        _KEPT[scene] = _Kept(copy.deepcopy(made), _inserts())
        return made
    kept = _KEPT[scene]
    with connection.cursor() as cursor:
        for insert in kept.inserts:
            cursor.execute(insert)
    again: Made = copy.deepcopy(kept.made)
    return again


def _inserts() -> list[str]:
    """Return one statement for each table that has rows of a test."""
    with connection.cursor() as cursor:
        return [_insert(cursor, table) for table in databases.filled(cursor)]


def _insert(cursor: Any, table: str) -> str:
    quoted = connection.ops.quote_name(table)
    cursor.execute(f"SELECT * FROM {quoted} LIMIT 0")
    columns = [connection.ops.quote_name(name) for name, *_ in cursor.description]
    literals = ", ".join(map(_LITERAL[connection.vendor].format, columns))
    cursor.execute(f"SELECT {literals} FROM {quoted}")
    rows = ", ".join(f"({', '.join(row)})" for row in cursor.fetchall())
    return f"INSERT INTO {quoted} ({', '.join(columns)}) VALUES {rows}"


def _parts(browser: Any) -> tuple[Any, ...]:
    """Tell `copy` what a test's browser is: its cookies and whose it is, not Django's machinery."""
    kept = ("cookies", "staff")
    return type(browser), (), {name: vars(browser)[name] for name in kept if name in vars(browser)}


def can_be_copied(kind: Kind) -> Kind:
    """Let a scene hold browsers of this class."""
    copyreg.pickle(kind, _parts)
    return kind


can_be_copied(Client)
