"""An import's turns at the database, with time between them for everybody else."""

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from booking.appointments import displacing, double_bookings, places_changed
from booking.appointments.choices import on_slots
from booking.changes import change_log, feed_locks, transactions
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Appointment
from booking.models.appointment import LIVE

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

    def __init__(self, trust: str, now: datetime, actor: Actor | None = None) -> None:
        """The first turn is at once. `displaced` counts the appointments that were.

        `actor` is who displaces them: the trust's feed, unless it says.
        """
        self._trust, self.now = trust, now
        self._actor = actor or Actor(ActorKind.FEED, trust)
        self._next = 0.0
        self._touched: set[datetime] = set()
        self._endangered: list[int] = []
        self._doubled: list[int] = []
        self._renamed: list[int] = []
        self._elsewhere: dict[int, int] = {}
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

    def doubled(self, slot_ids: Iterable[int]) -> None:
        """Note booked slots that their trust had given to somebody else before."""
        self._doubled.extend(slot_ids)

    def renamed(self, slot_ids: Iterable[int]) -> None:
        """Note slots whose trust has a new id for them: it is told under that one."""
        self._renamed.extend(slot_ids)

    def moved_along(self, elsewhere: Mapping[int, int], start: datetime) -> None:
        """Note the site to which a slot went with its scanner: who is booked keeps it."""
        self._touched.add(start)
        self._elsewhere.update(elsewhere)

    def finish(self) -> None:
        """Displace who cannot stay, and number the weeks that changed.

        Last in a transaction, once every slot is locked: a booking locks its slot first, then
        the counters.
        """
        now, actor = self.now, self._actor
        for appointment in _live_on(self._doubled):
            double_bookings.ask_who_has_it(appointment, now=now, actor=actor)
        renamed = [(one, one.slot) for one in _live_on(self._renamed)]
        if self._endangered:
            displaced = displacing.cancel_by_trust(self._endangered, now=now, actor=actor)
            self.displaced += len(displaced)
        along = places_changed.move_along(self._elsewhere, now)
        renamed += [(one, one.slot) for one in along]
        change_log.record_changes(renamed, now=now)
        change_log.record_slot_changes(self._trust, self._touched, now=now)
        self._touched, self._endangered, self._doubled, self._renamed = set(), [], [], []
        self._elsewhere = {}


def _live_on(slot_ids: list[int]) -> list[Appointment]:
    if not slot_ids:
        return []
    live = Appointment.objects.filter(on_slots(slot_ids), status__in=LIVE).order_by("pk")
    return list(live.select_related("referral", "slot"))


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
