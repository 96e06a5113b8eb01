"""Slots of one chunk into the database: compare with what is there, write only what changed."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime

from django.db import connection

from booking import reserve
from booking.models import EPOCH, Slot
from notifications.wording.dates import LONDON


@dataclass(frozen=True)
class Row:
    """One place of one slot, as it should stand. Field names and order are the columns'."""

    trust_id: str
    external_id: str
    place: int
    schedule_id: int
    site_id: int
    modality: str
    start: datetime
    end: datetime
    daypart: str
    weekend: bool
    status: str
    fed_at: datetime
    free_at: datetime | None

    @property
    def key(self) -> tuple[str, int]:
        """What makes it the same place as one that is stored, within its trust."""
        return self.external_id, self.place


@dataclass(frozen=True)
class FedSlot:
    """A trust's slot, checked and matched to our schedule and site."""

    external_id: str
    schedule_id: int
    site_id: int
    modality: str
    start: datetime
    end: datetime
    status: str
    fed_at: datetime
    capacity: int


COLUMNS = list(Row.__dataclass_fields__)
CONTENT = ["schedule_id", "site_id", "modality", "start", "end"]
"""What makes a slot another slot: a booking does not survive a change in these."""

_names = ", ".join(f'"{name}"' for name in COLUMNS)
_places = ", ".join(["%s"] * len(COLUMNS))
_sets = ", ".join(
    f'"{name}" = excluded."{name}"' for name in [*CONTENT, "daypart", "weekend", "fed_at"]
)
UPSERT = f"""
INSERT INTO booking_slot ({_names}) VALUES ({_places})
ON CONFLICT (trust_id, external_id, place) DO UPDATE SET {_sets},
  free_at = {reserve.FREE_AT_AFTER_FEED},
  status = CASE WHEN booking_slot.status = 'free' AND booking_slot.free_at IS NULL
                 AND excluded.status = 'busy' THEN 'free' ELSE excluded.status END
WHERE booking_slot.fed_at <= excluded.fed_at
"""  # noqa: S608 - column names only
"""A trust's word into the table. Its echo "busy" of a slot that we booked is agreement: the row
stays as it is. A word older than the stored one changes nothing."""


def daypart(start: datetime) -> str:
    """Return the part of the day in England: morning to midday, evening from 5pm."""
    hour = start.astimezone(LONDON).hour
    if hour < 12:
        return Slot.Daypart.MORNING
    return Slot.Daypart.AFTERNOON if hour < 17 else Slot.Daypart.EVENING


def is_weekend(start: datetime) -> bool:
    """Return whether it is Saturday or Sunday in England."""
    return start.astimezone(LONDON).weekday() >= 5


def is_news(slot: Slot | None, row: Row) -> bool:
    """Whether `row` has to be written: new, or not older than what is stored and not its echo."""
    if slot is None or row.fed_at > slot.fed_at:
        return True
    return row.fed_at == slot.fed_at and differs(slot, row)


def stored(trust: str, external_ids: Iterable[str]) -> dict[tuple[str, int], Slot]:
    """Return the trust's stored slots of these ids, by (id, place)."""
    slots = Slot.objects.filter(trust_id=trust, external_id__in=list(external_ids))
    return {(slot.external_id, slot.place): slot for slot in slots}


def differs(slot: Slot, row: Row) -> bool:
    """Whether `row` says anything that `slot` does not, but for the stamp."""
    echo = _is_booked(slot) and row.status == Slot.Status.BUSY
    same_status = slot.status == row.status or echo
    return not same_status or any(getattr(slot, name) != getattr(row, name) for name in CONTENT)


def endangers(slot: Slot, row: Row) -> bool:
    """Whether a booking on `slot` could not stand if `row` were written."""
    lost = row.status in (Slot.Status.UNAVAILABLE, Slot.Status.WITHDRAWN)
    return lost or any(getattr(slot, name) != getattr(row, name) for name in CONTENT)


def write(rows: Iterable[Row], *, now: datetime) -> None:
    """Insert or update rows, sorted by key: unsorted pushes at once would deadlock."""
    adapt = connection.ops.adapt_datetimefield_value
    parameters = [
        [*(adapt(v) if isinstance(v, datetime) else v for v in astuple(row)), adapt(now)]
        for row in sorted(rows, key=lambda row: row.key)
    ]
    if parameters:
        with connection.cursor() as cursor:
            cursor.executemany(UPSERT, parameters)


def rows_of(
    trust: str, fed: FedSlot, stored: dict[tuple[str, int], Slot]
) -> list[tuple[Slot | None, Row]]:
    """Return each place of a slot: as it is stored, if it is, and as it should stand.

    Where a trust has less room than before, places that nobody booked are withdrawn first.
    """
    places: list[int] = []
    while len(places) < fed.capacity or (fed.external_id, len(places)) in stored:
        places.append(len(places))
    slots = [stored.get((fed.external_id, place)) for place in places]
    booked_first = sorted(places, key=lambda place: (not _is_booked(slots[place]), place))
    kept = set(booked_first[: fed.capacity])
    return [(slots[place], _row(trust, fed, place, place in kept)) for place in places]


def _is_booked(slot: Slot | None) -> bool:
    return slot is not None and slot.status == Slot.Status.FREE and slot.free_at is None


def _row(trust: str, fed: FedSlot, place: int, kept: bool) -> Row:
    status = fed.status if kept else Slot.Status.WITHDRAWN
    return Row(
        trust,
        fed.external_id,
        place,
        fed.schedule_id,
        fed.site_id,
        fed.modality,
        fed.start,
        fed.end,
        daypart(fed.start),
        is_weekend(fed.start),
        status,
        fed.fed_at,
        EPOCH if status == Slot.Status.FREE else None,
    )
