"""Numbers in commit order: what cursors and ETags stand on, where a clock would skip.

A clock or a sequence gives out numbers before the transactions that use them end, so a reader
can see number 6 while 5 is still being written, and never look below 6 again. Here the row of
the counter is locked until the transaction ends: 6 cannot be given before 5 is in.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection

from booking.changes import transactions
from booking.models import Counter

NUMBERED = "numbered"
"""What a transaction that has raised a counter remembers of it."""
RAISE = """
INSERT INTO booking_counter (name, value) VALUES {rows}
ON CONFLICT (name) DO UPDATE SET value = CASE
  WHEN excluded.value > booking_counter.value THEN excluded.value
  ELSE booking_counter.value + 1 END
RETURNING name, value
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def number_of(moment: datetime) -> int:
    """Return a moment in whole microseconds since 1970."""
    return (moment - _EPOCH) // _TICK


def moment_of(number: int) -> datetime:
    """Return the moment (UTC) of a number. Raises OverflowError beyond the year 9999."""
    return _EPOCH + number * _TICK


def next_numbers(names: Iterable[str], *, now: datetime) -> list[int]:
    """Raise counters, in the order of their names; return the new values in that order.

    A name that comes twice is raised twice; else it is one statement. Belongs at the end of a
    transaction, after its last lock on anything else: two transactions then cannot wait for one
    another.
    """
    in_order = sorted(names)
    if transactions.is_rehearsal():
        return [number_of(now) + ahead for ahead in range(len(in_order))]
    values: dict[str, list[int]] = {name: [] for name in in_order}
    times = {name: in_order.count(name) for name in values}
    for turn in range(max(times.values(), default=0)):
        again = [name for name in values if times[name] > turn]
        for name, value in _raise(again, now):
            values[name].append(value)
    return [value for name in values for value in values[name]]


def raise_all(names: Collection[str], *, now: datetime) -> None:
    """Raise counters, each once, in one statement: for whom their values do not matter."""
    if names and not transactions.is_rehearsal():
        _raise(sorted(set(names)), now)


def must_come_before_numbers(what: str) -> None:
    """Raise TransactionRuleBroken once this transaction has raised a counter.

    Who waits here could wait for somebody who waits for the counter. `what` is who asks.
    """
    if transactions.has_done(NUMBERED):
        raise transactions.TransactionRuleBroken(f"{what} must come before the commit numbers.")


def read(names: Iterable[str]) -> dict[str, int]:
    """Return the values of those of these counters that were ever raised."""
    return dict(Counter.objects.filter(name__in=list(names)).values_list("name", "value"))


def _raise(names: Sequence[str], now: datetime) -> list[tuple[str, int]]:
    """Raise counters, each once, in one statement that locks them in the order given."""
    transactions.must_be_in_transaction("A commit number")
    transactions.remember(NUMBERED)
    rows = ", ".join(["(%s, %s)"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            RAISE.format(rows=rows), [value for name in names for value in (name, number_of(now))]
        )
        found: list[tuple[str, int]] = cursor.fetchall()
    return found
