"""Writes what a query gives into a table, all in the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, QuerySet

Sql = tuple[str, Sequence[Any]]
"""A query and its parameters."""


@contextmanager
def counting() -> Iterator[None]:
    """Count in one transaction, in which the database is set for what counts.

    PostgreSQL supposes a disk that turns: it would read every request there ever was, to find the
    few that wait. 1.1 is what its manual names for disks without a head to move. Both suppose many
    who ask at once: who waits at a month's end does not fit into PostgreSQL's 4 MB, and went
    through files; SQLite keeps 2 MB of pages. What it keeps for who has counted stays theirs.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL random_page_cost = 1.1; SET LOCAL work_mem = '64MB'")
            else:
                cursor.execute("PRAGMA cache_size = -131072")  # KiB
        yield


def look_over(table: type[Model]) -> None:
    """Let PostgreSQL take stock of a table that was written anew, so that it finds its rows fast.

    It does so by itself a while later; until then it reads each row that was deleted, too. Inside a
    transaction, where it cannot be asked, that is waited for.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM (ANALYZE) {connection.ops.quote_name(table._meta.db_table)}")


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
