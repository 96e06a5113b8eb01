"""Whole-feed locks: so that an import and a move, which each lock several slots, never deadlock."""

from collections.abc import Iterable

from django.db import connection

IMPORTS = 7201
"""First half of the key of these advisory locks, so that they meet no others."""


def lock_feed_exclusively(trust: str) -> None:
    """Wait until nobody else imports for this trust or moves a booking there; then keep them out.

    Until the transaction ends. SQLite has one writer anyway.
    """
    _lock("pg_advisory_xact_lock", trust)


def lock_feeds_shared(trusts: Iterable[str]) -> None:
    """Wait until no import of these trusts runs, and keep the next one out; moves go on.

    Until the transaction ends. Call it before any slot is locked.
    """
    for trust in sorted(set(trusts)):
        _lock("pg_advisory_xact_lock_shared", trust)


def _lock(function: str, trust: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {function}(%s, %s)",
                [IMPORTS, int.from_bytes(trust.encode()[:3], "big")],
            )
