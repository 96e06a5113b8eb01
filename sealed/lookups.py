"""How what is sealed is looked for: by its hash, and in clear as long as some of it may be so.

A clear number is shorter than a hash, so that the first 32 signs of the column give either; a
longer text is compared as a whole. The 32 stands in the statement as it does in the index, which a
parameter there would not find.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet, FieldError
from django.db.models import Lookup
from django.db.models.fields.json import JSONExact

from sealed.keys import HASH_SIGNS, hash_of

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup

Sql = tuple[str, list[Any]]


class _Found(_Lookup):
    """Whether a sealed column holds one of some values."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return the condition. Raises FieldError for what nobody is found by."""
        column, params = compiler.compile(self.lhs)
        if hasattr(self.rhs, "as_sql") and self.lookup_name == "exact":
            other, others = compiler.compile(self.rhs)
            same = f"{_hash_in(column, connection)} = {_hash_in(other, connection)}"
            return same, [*params, *others]
        values = [str(value) for value in self.values() if value is not None]
        if not values:
            raise EmptyResultSet
        return self._among((column, list(params)), list(dict.fromkeys(values)), connection)

    def values(self) -> Iterable[Any]:
        """Return the values that are looked for."""
        raise NotImplementedError

    def _among(self, asked: Sql, values: list[str], connection: Any) -> Sql:
        (column, params), field = asked, self.lhs.output_field
        if values == [""]:
            return f"{column} = %s", [*params, ""]
        if not field.is_found:
            raise FieldError(f"{field.name} is sealed, and nobody is found by it.")
        hashes = [hash_of(value) for value in values if value]
        hashed = _hash_in(column, connection)
        if field.is_short:
            sql, given = _in(hashed, params, [*hashes, *values])
            # Said as the partial index says it, so that SQLite takes it.
            return (f"({sql} AND {column} IS NOT NULL)" if field.null else sql), [
                *given,
                *(params if field.null else []),
            ]
        sealed, one = _in(hashed, params, hashes)
        clear, two = _in(column, params, values)
        return f"({sealed} OR {clear})", one + two


class SealedExact(_Found):
    """Whether a sealed column holds a value."""

    lookup_name = "exact"

    def values(self) -> Iterable[Any]:
        """Return the one value."""
        return [self.rhs]


class SealedIn(_Found):
    """Whether a sealed column holds one of some values."""

    lookup_name = "in"

    def values(self) -> Iterable[Any]:
        """Return the values. Raises FieldError for a query, which holds sealed ones."""
        if hasattr(self.rhs, "as_sql") or hasattr(self.rhs, "query"):
            raise FieldError("A sealed column is compared with values, not with a query.")
        values: Iterable[Any] = self.rhs
        return values


class EmptyJSON(JSONExact):
    """Whether sealed JSON is the empty one."""

    def get_prep_lookup(self) -> Any:
        """Return it. Raises FieldError for any other."""
        if self.rhs:
            raise FieldError("What is sealed is found by nothing that it holds.")
        return super().get_prep_lookup()


def number_condition(column: str, connection: Any) -> str:
    """Return the SQL that says that a column of short values holds one: with two %s.

    They are `number_values(value)`.
    """
    found = _in(_hash_in(column, connection), [], ["", ""])[0]
    return f"{found} AND {column} IS NOT NULL"


def number_values(value: str) -> tuple[str, str]:
    """Return what `number_condition` compares with: a value's hash, and itself."""
    return hash_of(value), value


def _hash_in(column: str, connection: Any) -> str:
    """Return the first signs of a column, just as Left() writes them for an index."""
    if connection.vendor == "sqlite":
        return f"SUBSTR({column}, 1, {HASH_SIGNS})"
    return f"LEFT({column}, {HASH_SIGNS})"


def _in(what: str, params: list[Any], values: list[str]) -> Sql:
    return f"{what} IN ({', '.join(['%s'] * len(values))})", [*params, *values]
