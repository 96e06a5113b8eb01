"""Whole-feed locks: so that an import and a move, which each lock several slots, never deadlock.

Both are asked for inside a transaction, last until its end, and come before everything that it
numbers (booking/changes/commit_numbers.py).
"""

from collections.abc import Iterable

from django.db import connection

from booking.changes import commit_numbers, transactions

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


def must_keep_imports_out(what: str, trusts: Iterable[str]) -> None:
    """Raise TransactionRuleBroken inside a transaction that has no lock of one of these trusts.

    Outside a transaction nothing is kept locked, so nothing needs it. `what` is who asks.
    """
    if not all(transactions.has_done(_step(trust)) for trust in set(trusts)):
        transactions.must_not_be_in_transaction(f"{what} without feed_locks.move_between")


def _lock(function: str, trust: str) -> None:
    transactions.must_be_in_transaction("A feed's lock")
    commit_numbers.must_come_before_numbers("A feed's lock")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {function}(%s, %s)",
                [IMPORTS, int.from_bytes(trust.encode()[:3], "big")],
            )
    transactions.remember(_step(trust))


def _step(trust: str) -> str:
    return f"feed lock {trust}"
