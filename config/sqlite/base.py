"""Django's SQLite, whose waiters look for the lock every millisecond instead of ever less often.

SQLite's own waiting (busy_timeout) sleeps 1, 2, 5, 10, 15 ms ..: beside an import, which takes
the lock two hundred times a second, a booking missed one gap after the other. Rails
waits in this way since 7.2.
"""

import sqlite3
import time
from typing import Any

from django.db.backends.sqlite3 import base

WAIT = 20.0
"""Seconds that a statement waits for the lock before it fails as locked."""
LOOK = 0.001
"""Seconds between two looks at the lock; a crowd that waits long looks less often."""
CROWDED = 0.05


class Cursor(base.SQLiteCursorWrapper):
    """A cursor that waits for the lock itself. A statement that fails as locked did nothing.

    Not so executemany, which belongs in a transaction: half of it would be done.
    """

    def execute(self, query: str, params: Any = None) -> Any:
        """Execute a statement once the lock can be had.

        Inside a transaction nothing is waited for: that one has the lock. Nor where this
        connection is still reading what another has changed since: no waiting mends that.
        """
        begun = time.monotonic()
        while True:
            try:
                return super().execute(query, params)
            except sqlite3.OperationalError as error:
                waited = time.monotonic() - begun
                if not _helps_to_wait(error) or waited > WAIT or self.connection.in_transaction:
                    raise
                time.sleep(LOOK if waited < CROWDED else 5 * LOOK)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with such cursors."""

    def init_connection_state(self) -> None:
        """Leave the waiting to the cursors."""
        super().init_connection_state()
        self.connection.execute("PRAGMA busy_timeout = 0")

    def create_cursor(self, name: str | None = None) -> Cursor:  # noqa: ARG002 - Django's own
        """Return a cursor that waits for the lock itself."""
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        return cursor


def _helps_to_wait(error: sqlite3.OperationalError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)  # the driver's own errors have none
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT
