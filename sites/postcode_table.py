"""Many postcodes into the database at once: 1.7 million rows are too many for the ORM."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from sites.models import Postcode

COLUMNS = "code, outward, sector, lat, lon"
Row = tuple[str, str, str, float, float]
"""Postcode, outward part, sector, latitude, longitude."""
_SETS = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", ")[1:])


def count(outwards: Iterable[str]) -> int:
    """Return how many postcodes with these outward parts are there."""
    return Postcode.objects.filter(outward__in=set(outwards)).count()


def put(rows: list[Row]) -> None:
    """Put rows in, in one transaction; one that is there is put right."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, rows)
        else:
            cursor.executemany(
                f"INSERT INTO sites_postcode ({COLUMNS}) VALUES (%s, %s, %s, %s, %s)"
                f" ON CONFLICT (code) DO UPDATE SET {_SETS}",
                rows,
            )


def _copy(cursor: Any, rows: list[Row]) -> None:
    """Stream the rows into a table of this transaction, then from there: COPY knows no conflict."""
    cursor.execute("CREATE TEMP TABLE postcode_news (LIKE sites_postcode)")
    with cursor.copy(f"COPY postcode_news ({COLUMNS}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)
    cursor.execute(
        f"INSERT INTO sites_postcode ({COLUMNS}) SELECT {COLUMNS} FROM postcode_news"
        f" ON CONFLICT (code) DO UPDATE SET {_SETS}"
    )
    cursor.execute("DROP TABLE postcode_news")
