"""One thing of the database that a process keeps in memory, and shares among its threads.

Whoever asks gets what is at hand. Whether it is so still is asked of the database by one row, its
mark, never by reading it anew: by a thread of its own where one runs (sites/watch.py), else by who
asks first after SEEN seconds. If it is not, one thread reads it while the others use what was; a
reading that fails changes nothing, and is said in the log once until one goes well again. What a
transaction changed is seen by itself alone until it is committed, and by nobody if it is not.
"""

import logging
import math
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from django.db import connection

SEEN = 4.0
"""Seconds until a change by another process is looked for, where no thread has looked meanwhile."""

NEVER = -math.inf

log = logging.getLogger(__name__)


class Marked(Protocol):
    """What can be kept: things of one mark have the same content."""

    @property
    def mark(self) -> Any:
        """What tells this content from any other."""


Kept = TypeVar("Kept", bound=Marked)


class _Change:
    """A change in a transaction that is open, as one of its callbacks: it goes with the savepoint
    that it came after, and comes true with the commit."""

    def __init__(self, keeper: "Keeper[Any]") -> None:
        self.keeper = keeper
        self.times = 1

    def __call__(self) -> None:
        self.keeper.committed(self)


Changes = tuple[tuple[_Change, int], ...]


class _Own(threading.local):
    """What the transaction that is open in this thread sees, after which changes of its own."""

    def __init__(self) -> None:
        self.changes: Changes = ()
        self.kept: Any = None


class Keeper(Generic[Kept]):
    """What is kept, by two functions: one reads the mark, the other all of it, given the last."""

    def __init__(self, read_mark: Callable[[], Any], read: Callable[[Kept | None], Kept]) -> None:
        """Keep nothing yet."""
        self._read_mark, self._read = read_mark, read
        self._kept: Kept | None = None
        self._looked_at = NEVER
        self._failed = False
        self._lock = threading.Lock()
        self._own = _Own()

    def get(self) -> Kept:
        """Return what is kept; read it if nothing is, or who asks changed it here.

        Raises what reading raises only where nothing is kept.
        """
        if own := self._of_transaction():
            return own
        kept = self._kept
        if kept is not None and monotonic() - self._looked_at < SEEN:
            return kept
        if not self._lock.acquire(blocking=kept is None):
            return kept or self.get()
        try:
            return self._looked()
        finally:
            self._lock.release()

    def look(self) -> Kept:
        """Return what is as the database has it now: its mark is asked for."""
        if own := self._of_transaction():
            if own.mark != self._read_mark():
                own = self._own.kept = self._read(own)
            return own
        with self._lock:
            self._looked_at = NEVER
            return self._looked()

    def at_hand(self) -> Kept | None:
        """Return what is kept, without asking the database; None if nothing is."""
        own: Kept | None = self._own.kept if self._changes() == self._own.changes else None
        return own or self._kept

    def change(self) -> None:
        """Say that this thread has changed something, or may have."""
        if not connection.in_atomic_block:
            self._looked_at = NEVER
            return
        last = connection.run_on_commit[-1] if connection.run_on_commit else (set(), None, False)
        if isinstance(last[1], _Change) and last[0] == set(connection.savepoint_ids):
            last[1].times += 1
        else:
            connection.on_commit(_Change(self))

    def committed(self, change: _Change) -> None:
        """Let the others have what the transaction saw, if it looked after its last change."""
        own = self._own
        if own.changes and own.changes[-1] == (change, change.times):
            self._kept, self._looked_at = own.kept, monotonic()
            self._own.changes, self._own.kept = (), None
        else:
            self._looked_at = NEVER

    def forget(self) -> None:
        """Keep nothing."""
        self._kept, self._own = None, _Own()

    def _changes(self) -> Changes:
        """Return what the transaction that is open here has changed."""
        callbacks: Any = connection.run_on_commit  # its type does not know of the third part
        return tuple(
            (callback, callback.times)
            for _, callback, _ in callbacks
            if isinstance(callback, _Change) and callback.keeper is self
        )

    def _of_transaction(self) -> Kept | None:
        """Return what the transaction sees that is open here, None if it changed nothing."""
        own, changes = self._own, self._changes() if connection.run_on_commit else ()
        if changes != own.changes:
            own.kept = self._read(self._kept) if changes else None
            own.changes = changes
        found: Kept | None = own.kept
        return found

    def _looked(self) -> Kept:
        """Return what is kept, read anew if it has changed; belongs under the lock."""
        kept = self._kept
        if kept is not None and monotonic() - self._looked_at < SEEN:
            return kept  # somebody else has read it meanwhile
        try:
            if kept is None or kept.mark != self._read_mark():
                self._kept = kept = self._read(kept)
            self._say(failed=False)
        except Exception:  # whatever it is, the others go on with what they have
            self._say(failed=True)
            if kept is None:
                raise
        self._looked_at = monotonic()
        return kept

    def _say(self, *, failed: bool) -> None:
        """Write one line when it begins to fail, and one when it goes well again."""
        if failed and not self._failed:
            log.exception("What is kept in memory could not be read: the last one stays, if any")
        elif self._failed and not failed:
            log.warning("What is kept in memory is read again")
        self._failed = failed
