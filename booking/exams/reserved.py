"""Times that are kept for suspected cancer until some hours before: the one rule of them.

Which is worked out when a slot is written or a share is set, and stands on the slot
(`reserved_until`, EPOCH of a time that is kept for nobody), so that a search asks nothing more than
one column. Who holds or has such a time already keeps it, whenever a reserve begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from django.db.models import CharField, Q, QuerySet

from booking.exams.needed import Needed
from booking.models import EPOCH, ReservedShare, Schedule, Slot
from times.written import Written

HOURS = 48
"""How long before it starts a time is open to all, where a trust has set nothing else."""
_SHARES = Written(
    lambda trust: ReservedShare.objects.of_trust(trust).values_list("modality", "percent", "hours"),
    trust=CharField(),
)
_MARKED = Written(
    lambda trust: (
        Schedule.objects.of_trust(trust).filter(is_reserved=True).values_list("pk", flat=True)
    ),
    trust=CharField(),
)
"""A feed asks these twice for every hundred lines."""


@dataclass(frozen=True)
class Reserves:
    """What one trust keeps: (percent, hours) by modality, and the schedules that its feed marks."""

    shares: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    schedules: frozenset[int] = frozenset()

    def until(self, schedule_id: int, modality: str, start: datetime) -> datetime:
        """Return until when a time is kept for suspected cancer; EPOCH if it is not."""
        percent, hours = self.shares.get(modality, (0, HOURS))
        kept = schedule_id in self.schedules or lot(schedule_id, start) < percent
        return start - timedelta(hours=hours) if kept else EPOCH


def reserves_of(trust: str) -> Reserves:
    """Return what a trust keeps."""
    shares = {name: (percent, hours) for name, percent, hours in _SHARES(trust=trust)}
    return Reserves(shares, frozenset(_MARKED(trust=trust)))


def lot(schedule_id: int, start: datetime) -> int:
    """Return a number below 100 that is always the same for one time of a schedule.

    A share of 20 percent keeps the times below 20: a new id, another seat or a higher share takes
    none of those that were kept before.
    """
    name = f"{schedule_id}.{int(start.timestamp())}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big") % 100


def open_to(slots: QuerySet[Slot, Any], needed: Needed, *, now: datetime) -> QuerySet[Slot, Any]:
    """Return those of the slots that are not kept for somebody else now."""
    return slots.filter(is_open(needed, now=now))


def is_open(needed: Needed, *, now: datetime) -> Q:
    """Return what is true of slots that are not kept for somebody else now."""
    return Q() if needed.presses else Q(reserved_until__lte=now)


def is_kept_from(slot: Slot, needed: Needed, *, now: datetime) -> bool:
    """Return whether a slot is kept for somebody else now; `open_to` as a filter of a query."""
    return not needed.presses and slot.reserved_until > now
