"""What others read of our changes: a trust's appointments, and the published weeks of slots.

Both are numbered in commit order (booking/changes/commit_numbers.py), in the transaction of the
change.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from booking.changes import commit_numbers
from booking.models import Appointment, AppointmentChange, Slot
from times.london import LONDON


def week_of(start: datetime) -> date:
    """Return the Monday, in England, of the week that a time falls into."""
    day = start.astimezone(LONDON).date()
    return day - timedelta(days=day.weekday())


def week_counter(week: date, trust: str) -> str:
    """Return the name of the counter of one trust's slots in one week."""
    return f"slots:{week}:{trust}"


def trust_counter(trust: str) -> str:
    """Return the name of the counter of one trust's appointments."""
    return f"appointments:{trust}"


def record_changes(changed: Collection[tuple[Appointment, Slot]], *, now: datetime) -> None:
    """Number the changes of appointments, for the trusts of the slots that they touch and the
    trusts that referred the patients.

    An appointment that moved comes twice: with the slot that it left, then with its new one. The
    trust that referred hears of it where it is now.
    Belongs at the end of the transaction (see commit_numbers.next_numbers).
    """
    latest = {(slot.trust_id, made.pk): (made, slot) for made, slot in changed}
    latest |= {(made.referral.trust_id, made.pk): (made, made.slot) for made, _ in changed}
    by_trust = sorted(latest)
    trusts = [trust_counter(trust) for trust, _ in by_trust]
    weeks = {week_counter(week_of(slot.start), slot.trust_id) for _, slot in changed}
    # In the order of their names: those of the trusts come first, and of the weeks none matters.
    numbers = commit_numbers.next_numbers([*trusts, *weeks], now=now)[: len(trusts)]
    AppointmentChange.objects.bulk_create(
        [
            AppointmentChange(
                trust_id=key[0],
                appointment=latest[key][0],
                slot=latest[key][1],
                version=latest[key][0].version,
                number=number,
            )
            for key, number in zip(by_trust, numbers, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["trust", "appointment"],
        update_fields=["slot", "version", "number"],
    )


def record_slot_changes(trust: str, starts: Iterable[datetime], *, now: datetime) -> None:
    """Note that slots of `trust` at these times, old and new ones alike, were changed.

    Belongs at the end of the transaction that changed them.
    """
    commit_numbers.raise_all({week_counter(week, trust) for week in map(week_of, starts)}, now=now)
