"""An import's turns at the database, with time between them for everybody else."""

import itertools
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from booking.appointments import booking
from booking.changes import change_log, feed_locks, transactions
from booking.identifiers.actors import Actor, ActorKind

PAUSE = 0.003
"""Seconds between two turns at least, so that bookings get theirs at the lock and the disk: who
waits for SQLite's lock looks every millisecond (config/sqlite). What is worked out in between
counts."""
TIDY = 20
"""Turns of this process from one copying of SQLite's write-ahead log into the database to the
next. Commits do it when the log has grown (settings: wal_autocheckpoint), so that a booking would
pay for an import."""
COPIES = 4
"""Times that the log is copied at most, until nothing was written meanwhile."""

_taken = itertools.count(1)


class WriteTransactions:
    """The transactions of one import: short ones, that nobody who books has to wait for."""

    def __init__(self, trust: str, now: datetime) -> None:
        """The first turn is at once. `displaced` counts the appointments that were."""
        self._trust, self._now = trust, now
        self._next = 0.0
        self._touched: set[datetime] = set()
        self._endangered: list[int] = []
        self.displaced = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Wait for the next turn, then be the only import of this trust, in one transaction.

        Inside a transaction already, it is a part of that one, and nothing waits; `finish`
        belongs at the end of it.
        """
        alone = not transactions.in_transaction()
        if alone:
            time.sleep(max(0.0, self._next - time.monotonic()))
        with transaction.atomic():
            feed_locks.lock_feed_exclusively(self._trust)
            yield
            if alone:
                self.finish()
        self._next = time.monotonic() + PAUSE
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            _copy_log_now_and_then()

    def changed(self, touched: Iterable[datetime], endangered: Iterable[int]) -> None:
        """Note starts of slots that changed, old and new, and slots whose bookings cannot stand."""
        self._touched.update(touched)
        self._endangered.extend(endangered)

    def finish(self) -> None:
        """Displace who cannot stay, and number the weeks that changed.

        Last in a transaction, once every slot is locked: a booking locks its slot first, then
        the counters.
        """
        if self._endangered:
            actor = Actor(ActorKind.FEED, self._trust)
            displaced = booking.cancel_by_trust(self._endangered, now=self._now, actor=actor)
            self.displaced += len(displaced)
        change_log.record_slot_changes(self._trust, self._touched, now=self._now)
        self._touched, self._endangered = set(), []


def _copy_log_now_and_then() -> None:
    if next(_taken) % TIDY == 0:
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
