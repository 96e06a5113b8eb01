"""Many rows at once: COPY where the database has it, else one statement run for each row."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Model


def put(model: type[Model], columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> None:
    """Put rows into a table as they are: checked by the database alone."""
    quote = connection.ops.quote_name
    table, named = quote(model._meta.db_table), ", ".join(map(quote, columns))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(list(columns)))
            cursor.executemany(f"INSERT INTO {table} ({named}) VALUES ({marks})", rows)  # type: ignore[arg-type]
