"""Rules of transactions that are checked, not only told: which lock or write belongs where.

What must hold together says `must_be_in_transaction`; what locks in an order of its own says
`must_not_be_in_transaction`. What was done in a transaction, and allows or forbids something
later in it, is kept with `remember`. Tests run inside a transaction of their own, which a rule
must not take for the caller's: Django marks it, and it does not count.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.transaction import Atomic

_rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)
GIVES_UP_AFTER = "300ms"
"""How long a rehearsal waits for a lock on PostgreSQL: less than the second after which somebody
who waits for it in turn would be looked at as a deadlock."""


class TransactionRuleBroken(RuntimeError):
    """A fault of ours: something ran inside or outside a transaction where it may not."""


@dataclass(frozen=True)
class _Step:
    """Something that was done in one transaction, as a callback of it that does nothing."""

    name: str
    transaction: Atomic | None

    def __call__(self) -> None:
        """Do nothing when the transaction commits."""


def in_transaction() -> bool:
    """Whether a transaction is open here, other than the one around a test."""
    return _outermost() is not None


def must_be_in_transaction(what: str) -> None:
    """Raise TransactionRuleBroken outside a transaction. `what` is who asks, for its message."""
    if not in_transaction():
        raise TransactionRuleBroken(f"{what} belongs inside a transaction.")


def must_not_be_in_transaction(what: str) -> None:
    """Raise TransactionRuleBroken inside a transaction. `what` is who asks, for its message."""
    if in_transaction():
        raise TransactionRuleBroken(f"{what} belongs in no transaction.")


def remember(name: str) -> None:
    """Keep in mind until the transaction ends that this was done in it.

    Kept among the transaction's callbacks, because Django drops them as the database drops
    locks: at the end, however it ends, and at the rollback of the savepoint they came after.
    """
    if not has_done(name):
        connection.on_commit(_Step(name, _outermost()))


def has_done(name: str) -> bool:
    """Whether this was done in the transaction that is open here."""
    step = _Step(name, _outermost())
    return any(step in callback for callback in connection.run_on_commit)


def _outermost() -> Atomic | None:
    """Return the block that began the transaction; None if there is none but a test's."""
    ours = (block for block in connection.atomic_blocks if not _is_of_a_test(block))
    return next(ours, None)


def _is_of_a_test(block: Atomic) -> bool:
    """Return Django's own mark, by which durable blocks, too, may stand inside a test's."""
    return bool(getattr(block, "_from_testcase"))  # noqa: B009 - the type has no such attribute


@contextmanager
def rehearsal() -> Iterator[None]:
    """Let the block write what it likes, and keep none of it: no row, no text, no wake-up.

    It gives out no commit numbers, so that nobody who books waits for one. Raises OperationalError
    on PostgreSQL rather than wait long for a lock.
    """
    must_not_be_in_transaction("A rehearsal")
    token = _rehearsing.set(True)
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [GIVES_UP_AFTER])
            yield
            transaction.set_rollback(True)
    finally:
        _rehearsing.reset(token)


def is_rehearsal() -> bool:
    """Whether what is written here is never kept."""
    return _rehearsing.get()
