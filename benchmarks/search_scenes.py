"""Which slots are free: nearly all places full, and what is harder to search.

Each scene takes free slots of MR away in the throw-away database, and puts them back after.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction

from benchmarks.scene import NOW
from benchmarks.search_asked import BARE, EXAM, ORIGIN
from booking.exams import fit
from booking.search.bookable import midnight
from sites import places, travel

EMPTY = 20
"""So many of the nearest places have nothing."""
SCHEDULES, ONE_IN = 120, 100
"""Where times are sparse, one free slot in so many of each schedule stays: about two a place."""
SCENES = {
    "full": "",
    "twenty nearest empty": "site_id IN ({nearest})",
    "sparse": f"id / {SCHEDULES} % {ONE_IN} <> 0",
    "nothing free": "1 = 1",
    "next day only": "start >= '{soonest}' AND start < '{tomorrow}'",
}
"""Each with which of the free slots it takes away. The last leaves those of today that start too
soon for everybody, so that a search must pass them."""
PUT_BACK = (
    "UPDATE booking_slot SET free_at = (SELECT k.free_at FROM bench_kept k"
    " WHERE k.id = booking_slot.id) WHERE id IN (SELECT id FROM bench_kept)"
)


@contextmanager
def without(which: str) -> Iterator[None]:
    """Take the free slots away for which this is true; nothing changes if it is empty."""
    if not which:
        yield
        return
    where = f"modality = 'MR' AND free_at IS NOT NULL AND ({which.format(**_values())})"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE bench_kept AS SELECT id, free_at FROM booking_slot WHERE {where}"
        )
        cursor.execute("CREATE UNIQUE INDEX bench_kept_id ON bench_kept (id)")
        cursor.execute(f"UPDATE booking_slot SET free_at = NULL WHERE {where}")
    _tidy()
    try:
        yield
    finally:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PUT_BACK)
            cursor.execute("DROP TABLE bench_kept")
        _tidy()


def _values() -> dict[str, str]:
    ranked = travel.rank(ORIGIN, places.places_with("MR"))
    adapt = connection.ops.adapt_datetimefield_value
    return {
        "nearest": ", ".join(str(one.site_id) for one in ranked[:EMPTY]),
        "soonest": str(adapt(fit.earliest_start(EXAM, now=NOW))),
        "tomorrow": str(adapt(midnight(BARE.first_day + timedelta(days=1)))),
    }


def _tidy() -> None:
    """Do what PostgreSQL does by itself soon after: rows that are gone would be read until then."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE booking_slot")
