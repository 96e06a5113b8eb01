"""What an authoritative body seen, and so what it is silent about."""

from array import array
from datetime import datetime

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from booking.exchange.feeds import losses
from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.models import LostSlot, Slot

BATCH = {"sqlite": 100, "postgresql": 500}
"""Slots put into a loss in a turn."""


class AuthoritativeBody:
    """The schedules and slots that a body seen, in 8 bytes a slot.

    `unsure` says why the body cannot be trusted to be whole; empty if it can. A line that was
    refused but says which slot it is about leaves that slot as it is.
    """

    def __init__(self) -> None:
        """Nothing is seen yet."""
        self.schedules: set[int] = set()
        self.incomplete_reason = ""
        self._slots = array("q")

    def schedule(self, pk: int) -> None:
        """Note a schedule of ours that the body speaks for."""
        self.schedules.add(pk)

    def slot(self, external_id: str) -> None:
        """Note a slot, by a 64-bit hash: two ids that share one would only keep a slot."""
        self._slots.append(hash(external_id))

    def refused(self, error: LineRefused, item: str = "") -> None:
        """Note a line that was not used: its slot is not missing, only unreadable."""
        kind, _, name = (error.item or item).partition("/")
        if error.code in ("structure", "too-long") or not name:
            self.incomplete_reason = "a line could not be read, so the body may not be whole."
        elif kind == "Slot":
            self.slot(name)

    def lose_missing(self, trust: str, transactions: WriteTransactions, *, now: datetime) -> None:
        """Put what the named schedules have to come and the body does not name into a loss.

        A batch a turn. What was fed after `now` came in meanwhile, and stays.
        """
        seen = np.unique(np.frombuffer(self._slots, dtype=np.int64))
        size = BATCH[connection.vendor]
        for schedule in sorted(self.schedules):
            missing = _missing(schedule, seen, now)
            for at in range(0, len(missing), size):
                with transactions.transaction():
                    starts = _lose(trust, missing[at : at + size], now)
                    transactions.changed(starts, [])


def _missing(schedule: int, seen: NDArray[np.int64], now: datetime) -> list[int]:
    stored = (
        Slot.objects.filter(schedule_id=schedule, start__gt=now, fed_at__lte=now)
        .exclude(status=Slot.Status.WITHDRAWN)
        .order_by("external_id", "seat")
        .values_list("pk", "external_id")
    )
    found: list[int] = []
    rows = stored.iterator(chunk_size=2000)
    while batch := [row for _, row in zip(range(2000), rows, strict=False)]:
        hashes = np.fromiter((hash(name) for _, name in batch), np.int64, len(batch))
        absent = ~np.isin(hashes, seen)
        found += [pk for (pk, _), gone in zip(batch, absent, strict=True) if gone]
    return found


def _lose(trust: str, pks: list[int], now: datetime) -> list[datetime]:
    still = Slot.objects.filter(pk__in=pks, fed_at__lte=now).order_by("external_id", "seat")
    locked = list(still.select_for_update(no_key=True).values_list("pk", flat=True))
    return losses.add(trust, locked, LostSlot.Why.MISSING, now=now)
