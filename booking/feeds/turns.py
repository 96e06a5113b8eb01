"""An import's turns at the database, with time between them for everybody else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from booking import locks

PAUSE = 0.003
"""Seconds between two turns at least, so that bookings get theirs at the lock and the disk: who
waits for SQLite's lock looks every millisecond (config/sqlite3). What is worked out in between
counts."""
TIDY = 20
"""Turns between two copyings of SQLite's write-ahead log into the database. Commits do it when
the log has grown (settings: wal_autocheckpoint), so that a booking would pay for an import."""
COPIES = 4


class Turns:
    """The transactions of one import: short ones, that nobody who books has to wait for."""

    def __init__(self, trust: str) -> None:
        """The first turn is at once."""
        self._trust = trust
        self._taken = 0
        self._next = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the next turn, then be the only import of this trust, in one transaction.

        Inside a transaction already, it is a part of that one, and nothing waits.
        """
        alone = not connection.in_atomic_block
        if alone:
            time.sleep(max(0.0, self._next - time.monotonic()))
        with transaction.atomic():
            locks.import_of(self._trust)
            yield
        self._taken += 1
        self._next = time.monotonic() + PAUSE
        if alone and connection.vendor == "sqlite" and self._taken % TIDY == 0:
            _copy_log()


def _copy_log() -> None:
    """Copy SQLite's write-ahead log into the database while others go on writing.

    The log starts anew only if nothing was written during a copy, so it is copied again: the
    first has most of the work, the second waits for the disk, the third takes under 1 ms.
    """
    before = None
    with connection.cursor() as cursor:
        for _ in range(COPIES):
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
            _, pages, _ = cursor.fetchone()
            if pages == before:
                break
            before = pages
