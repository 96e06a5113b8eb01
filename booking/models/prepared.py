"""Statements that are written once and run often, with other values each time.

PostgreSQL plans a statement anew at each call, which may take longer than to answer it. So there it
is prepared, once a connection, and then run by its name; SQLite keeps what it has read by itself.
So a pooler between us and PostgreSQL must give us a session of our own.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import connection

_PLACE = re.compile("%[s%]")
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""The names that each connection to PostgreSQL knows."""


class Named(NamedTuple):
    """A value that each call gives, by its name."""

    name: str


class Statement:
    """SQL with a %s for each of `values`: a Named one, or one that is always the same."""

    def __init__(self, sql: str, values: Sequence[Any]) -> None:
        """Number the Named ones for PostgreSQL, which knows them by their number."""
        self._sql, self._values = sql, list(values)
        names = (value.name for value in values if isinstance(value, Named))
        self._names = list(dict.fromkeys(names))
        left = iter(values)
        self._numbered = _PLACE.sub(lambda found: self._number(found[0], left), sql)
        self._constants = [value for value in values if not isinstance(value, Named)]
        digest = hashlib.sha256(repr((self._numbered, self._constants)).encode()).hexdigest()
        self._name = f"prepared_{digest[:32]}"
        self._execute = f"EXECUTE {self._name} ({', '.join(['%s'] * len(self._names))})"

    def _number(self, place: str, left: Any) -> str:
        value = next(left) if place == "%s" else None
        return f"${self._names.index(value.name) + 1}" if isinstance(value, Named) else place

    def rows(self, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return what it answers with these values for the Named ones."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                self._prepare(cursor)
                cursor.execute(self._execute, [given[name] for name in self._names])
            else:
                values = (given[one.name] if isinstance(one, Named) else one
                          for one in self._values)  # fmt: skip
                cursor.execute(self._sql, list(values))
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def _prepare(self, cursor: Any) -> None:
        known = _prepared.setdefault(connection.connection, set())
        if self._name not in known:
            cursor.execute(f"PREPARE {self._name} AS {self._numbered}", self._constants)
            known.add(self._name)
