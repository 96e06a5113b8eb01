"""What SQLite knows of how full its tables are, by which it chooses an index.

PostgreSQL learns it by itself. SQLite does not: without it, it looks through all the live
appointments of the network for the one of a slot.
"""

from django.db import connection

ROWS = 1000
"""Rows of each index that are looked at: enough to tell few from many, and done in
milliseconds however many there are."""


def learn() -> None:
    """Count on SQLite how many rows belong to one value of each index; elsewhere nothing.

    Connections that are open learn it when they are opened anew (settings: within a minute).
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit = {ROWS}")
        cursor.execute("ANALYZE")
