"""One load of a kind at a time: two of the same month would each put it in place of the other."""

from enum import IntEnum

from django.db import connection

LOADS = 7216
"""First half of the key of these advisory locks, so that they meet no others."""


class Load(IntEnum):
    """What is loaded: the second half of the key."""

    DM01 = 1
    AREAS = 2
    POSTCODES = 3


def wait_for_other_loads(what: Load) -> None:
    """Wait until no other transaction loads this; keep the next one out until this one ends.

    SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOADS, what])
