"""Stops asking a server that does not answer, so that nobody waits for it again and again."""

from threading import Lock
from time import monotonic

FAILURES = 3
"""In a row, until nobody asks any more."""
REST = 30.0
"""Seconds without asking; then one caller tries."""


class Breaker:
    """Counts failures in a row. One a server; safe among threads."""

    def __init__(self) -> None:
        """Start closed: everybody may ask."""
        self._lock = Lock()
        self._failures = 0
        self._closed_until = 0.0

    def may_ask(self) -> bool:
        """Whether to ask now. After a rest only one caller may, until it has an answer."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            if monotonic() < self._closed_until:
                return False
            self._closed_until = monotonic() + REST
            return True

    def failed(self) -> None:
        """Note that the server did not answer, or answered nonsense."""
        with self._lock:
            self._failures += 1
            self._closed_until = monotonic() + REST

    def answered(self) -> None:
        """Note that the server is well."""
        with self._lock:
            self._failures = 0
