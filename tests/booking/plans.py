"""How the database would answer a statement."""

from django.db import connection


def plan(sql):
    """Return the plan of a statement, where PostgreSQL neither reads a table whole nor sorts if
    it need not: with a few rows it otherwise would."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        else:
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            cursor.execute(f"EXPLAIN {sql}")
        return str(cursor.fetchall())
