"""Statements that are written once and run often, with other values each time.

PostgreSQL plans a statement anew at each call, which may take longer than to answer it. So there it
is prepared, once a connection, and then run by its name; SQLite keeps what it has read by itself.
Behind a pooler that gives each transaction another session (DATABASE_POOLER) nothing is prepared:
the next one would not know it.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import connection

_PLACE = re.compile("%[s%]")
_NAMED_PLACE = re.compile(r"%\((\w+)\)s")
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""The names that each connection to PostgreSQL knows."""


class Named(NamedTuple):
    """A value that each call gives, by its name."""

    name: str


class Statement:
    """SQL with a %s for each of `values`: a Named one, or one that is always the same."""

    def __init__(self, sql: str, values: Sequence[Any]) -> None:
        """Name the places for SQLite; number the Named ones for PostgreSQL."""
        names, constants = [], {}
        for number, value in enumerate(values):
            names.append(value.name if isinstance(value, Named) else f"constant{number}")
            if not isinstance(value, Named):
                constants[names[-1]] = value
        self._constants = constants
        self._names = [name for name in dict.fromkeys(names) if name not in constants]
        places = {name: f"%({name})s" for name in names}
        numbers = {name: f"${number}" for number, name in enumerate(self._names, start=1)}
        self._sql = _with_places(sql, [places[name] for name in names])
        self._numbered = _with_places(sql, [(places | numbers)[name] for name in names])
        digest = hashlib.sha256(repr((self._numbered, constants)).encode()).hexdigest()
        self._name = f"prepared_{digest[:32]}"
        self._execute = f"EXECUTE {self._name} ({', '.join(['%s'] * len(self._names))})"

    @classmethod
    def named(cls, sql: str) -> "Statement":
        """Return SQL whose places have names: %(slot)s."""
        return cls(_NAMED_PLACE.sub("%s", sql), [Named(name) for name in _NAMED_PLACE.findall(sql)])

    def rows(self, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return what it answers with these values for the Named ones."""
        with connection.cursor() as cursor:
            self._run(cursor, given)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def changed(self, given: Mapping[str, Any]) -> int:
        """Return how many rows it changes with these values for the Named ones."""
        with connection.cursor() as cursor:
            self._run(cursor, given)
            rows: int = cursor.rowcount
        return rows

    def _run(self, cursor: Any, given: Mapping[str, Any]) -> None:
        if connection.vendor == "postgresql" and _keeps_its_session():
            self._prepare(cursor)
            cursor.execute(self._execute, [given[name] for name in self._names])
        else:
            cursor.execute(self._sql, {**self._constants, **given})

    def _prepare(self, cursor: Any) -> None:
        known = _prepared.setdefault(connection.connection, set())
        if self._name not in known:
            cursor.execute(f"PREPARE {self._name} AS {self._numbered}", self._constants)
            known.add(self._name)


def _keeps_its_session() -> bool:
    return not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")


def _with_places(sql: str, places: Iterable[str]) -> str:
    left = iter(places)
    return _PLACE.sub(lambda at: next(left) if at[0] == "%s" else at[0], sql)
