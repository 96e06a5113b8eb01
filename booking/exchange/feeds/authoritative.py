"""What an authoritative body said, and so what it is silent about."""

from array import array
from datetime import datetime

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from booking.exchange.feeds import losses
from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.models import LostSlot, Schedule, Slot

BATCH = {"sqlite": 100, "postgresql": 500}
"""Slots put into a loss in a turn."""
TOLD = 5
"""Schedules that a reply tells one by one."""
MAX_DOUBTFUL = 10_000
"""Schedules with refused lines that are kept apart: with more the body is not trusted at all."""
UNREAD = ("structure", "too-long", "incomplete")
"""Issue types of what was not read: it could be about anything."""
NO_SLOT = {
    "Location", "Organization", "HealthcareService", "Practitioner", "PractitionerRole",
    "Endpoint", "Device", "Patient", "Appointment", "Provenance",
}  # fmt: skip
"""Resources that systems send beside slots and that name none. Any other kind that is not
understood could be a Slot with a slip in its name, or say that the rest is missing."""


class AuthoritativeBody:
    """The schedules and slots that a body named, in 24 bytes a slot.

    Silence about a slot means that it is gone only where everything was read and understood that
    could have named it. `incomplete_reason` says why the body cannot be trusted to be whole, empty
    if it can. A Schedule of which a line was refused, or one of whose slots the body names at two
    times (one of them may be another slot), is kept as it is.
    """

    def __init__(self) -> None:
        """Nothing is named yet."""
        self.schedules: set[int] = set()
        self._kept: set[int] = set()
        self.incomplete_reason = ""
        self._doubtful: dict[str, tuple[int, bool]] = {}
        self._ids, self._times, self._homes = array("q"), array("q"), array("q")

    def schedule(self, pk: int) -> None:
        """Note a schedule of ours that the body speaks for."""
        self.schedules.add(pk)

    def slot(self, external_id: str, schedule: int, start: datetime, end: datetime) -> None:
        """Note a slot, by a 64-bit hash: two ids that share one would only keep a slot."""
        self.schedules.add(schedule)
        self._note(external_id, hash((schedule, start, end)), schedule)

    def refused(self, number: int, error: LineRefused, item: str = "") -> None:
        """Note a line that was not used: what it is about is not missing, only not understood."""
        kind, _, name = (error.item or item).partition("/")
        if name:
            self._note(name, 0, 0)
        if error.code in UNREAD:
            self._distrust("a line could not be read, so the body may not be whole.")
        elif error.schedule or (kind == "Schedule" and name):
            schedule = error.schedule or name
            first, is_known = self._doubtful.get(schedule, (number, True))
            self._doubtful[schedule] = first, is_known and bool(name)
            if len(self._doubtful) > MAX_DOUBTFUL:
                self._distrust("too many of its lines were refused.")
        elif kind not in NO_SLOT:
            self._distrust(f"line {number} was refused, and could be about any Schedule.")

    def finish(self, trust: str) -> str:
        """Settle which Schedules stay as they are, once all was read; return why, empty if none.

        A refused line of a Schedule that we do not have keeps only its own slot, if it says which.
        """
        stored = Schedule.objects.of_trust(trust)
        pks = dict(stored.filter(external_id__in=self._doubtful).values_list("external_id", "pk"))
        for name, (number, is_known) in self._doubtful.items():
            if name not in pks and not is_known:
                self._distrust(f"line {number} was refused, and names no slot that we could keep.")
        if self.incomplete_reason:
            return f"Nothing was withdrawn: {self.incomplete_reason}"
        twice = self._named_twice()
        self._kept = {*pks.values(), *twice}
        names = [f"Schedule/{name} (line {self._doubtful[name][0]} was refused)" for name in pks]
        names += [
            f"Schedule/{name} (one id at two times)"
            for name in stored.filter(pk__in=twice).values_list("external_id", flat=True)
        ]
        if len(names) > TOLD:
            names[TOLD:] = [f"{len(names) - TOLD} more"]
        said = "so what it does not name may be there all the same."
        return f"Nothing was withdrawn of {', '.join(names)}: {said}" if names else ""

    def _distrust(self, why: str) -> None:
        self.incomplete_reason = self.incomplete_reason or why

    def _note(self, external_id: str, times: int, schedule: int) -> None:
        self._ids.append(hash(external_id))
        self._times.append(times)
        self._homes.append(schedule)

    def _named_twice(self) -> set[int]:
        """Return the schedules of slots that the body names at more than one time."""
        homes = np.frombuffer(self._homes, dtype=np.int64)
        used = homes != 0
        ids = np.frombuffer(self._ids, dtype=np.int64)[used]
        times = np.frombuffer(self._times, dtype=np.int64)[used]
        order = np.lexsort((times, ids))
        ids, times, homes = ids[order], times[order], homes[used][order]
        other = (ids[1:] == ids[:-1]) & (times[1:] != times[:-1])
        return {*homes[1:][other].tolist(), *homes[:-1][other].tolist()}

    def lose_missing(self, trust: str, transactions: WriteTransactions, *, now: datetime) -> None:
        """Put what the named schedules have to come and the body does not name into a loss.

        Belongs after `finish`. A batch a turn. What was fed after `now` came in meanwhile, and
        stays.
        """
        seen = np.unique(np.frombuffer(self._ids, dtype=np.int64))
        size = BATCH[connection.vendor]
        for schedule in sorted(self.schedules - self._kept):
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
