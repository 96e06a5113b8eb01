"""How many passwords this process hashes: each takes half a second of a processor.

Whoever floods the sign-in page would otherwise take the processors from patients' pages. Strangers
have a share of each minute, and one hash at a time; a device that somebody signed in with before
has a place of its own, so that strangers cannot take it. `now` is passed in, aware, UTC.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from django.conf import settings

STRANGERS_AT_ONCE, AT_ONCE = 1, 2
SOON = 5
"""Seconds after which to try again while another hash runs."""


class HashingFull(Exception):
    """No hash now; `seconds` until another try may find room."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} seconds")
        self.seconds = seconds


class Hashes:
    """What one process has hashed in this minute, and hashes now."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running = self._minute = self._strangers = 0

    @contextmanager
    def one(self, *, is_known: bool, now: datetime) -> Iterator[None]:
        """Hold a place for one hash. Raises HashingFull, before anything is hashed."""
        self._begin(is_known, int(now.timestamp()))
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1

    def forget(self) -> None:
        """Begin anew: for tests, whose clocks stand still."""
        with self._lock:
            self._minute = self._strangers = 0

    def _begin(self, is_known: bool, second: int) -> None:
        with self._lock:
            if self._running >= (AT_ONCE if is_known else STRANGERS_AT_ONCE):
                raise HashingFull(SOON)
            if not is_known:
                if self._minute != second // 60:
                    self._minute, self._strangers = second // 60, 0
                if self._strangers >= settings.SIGN_INS_A_MINUTE:
                    raise HashingFull(60 - second % 60)
                self._strangers += 1
            self._running += 1


hashes = Hashes()
"""This process's own."""
