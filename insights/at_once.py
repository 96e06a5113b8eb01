"""Does several things at once in the database, where it lets several write."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

One = TypeVar("One")
AT_ONCE = 3
"""Bookings go on beside it."""
FEW = 10
"""As many days as a night's run counts: not worth connections of their own."""


def each(act: Callable[[One], None], every: Sequence[One]) -> Iterator[One]:
    """Act on each, some at a time with a connection each; yield it when it is done, in their order.

    One at a time if they are few, on SQLite, where only one may write, and within a transaction, of
    which other connections see nothing. What fails is raised; what has not begun is left.
    """
    if len(every) <= FEW or connection.vendor == "sqlite" or connection.in_atomic_block:
        for one in every:
            act(one)
            yield one
        return

    def alone(one: One) -> None:
        try:
            act(one)
        finally:
            connection.close()  # this thread's own

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for one, _ in zip(every, pool.map(alone, every), strict=True):
            yield one
