"""Writes what a query gives into a table, all in the database."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

Sql = tuple[str, Sequence[Any]]
"""A query and its parameters."""


def sql_of(rows: QuerySet[Any, Any]) -> Sql:
    """Return what asks the database for these rows."""
    sql, params = rows.query.sql_with_params()
    return sql, params


def insert(
    table: type[Model],
    fixed: Sequence[str],
    values: Sequence[Any],
    names: Sequence[str],
    rows: Sql,
    *,
    conflict: str = "",
) -> None:
    """Insert what a query gives: its columns in the order of `names`, with fixed values before.

    `conflict` says in SQL what becomes of a row that is there already, by a unique constraint.
    """
    quote = connection.ops.quote_name
    column_of = {field.name: str(field.column) for field in table._meta.concrete_fields}
    sql, params = rows
    columns = ", ".join(quote(column_of[name]) for name in (*fixed, *names))
    marks = "".join("%s, " for _ in fixed)
    unless = f" WHERE true ON CONFLICT {conflict}" if conflict else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(table._meta.db_table)} ({columns})"
            f" SELECT {marks}counted.* FROM ({sql}) AS counted{unless}",
            [*values, *params],
        )
