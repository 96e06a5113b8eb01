"""Slots of one chunk into the database: compare with what is there, write only what changed.

Where one database has a better statement than the other, it hides in `prepared`, `write` and
`_seats_of`.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q

from booking.exams.reserved import Reserves
from booking.models import EPOCH, FROZEN, Slot
from booking.offers.lost.closed import NOTHING, Closed
from times.london import LONDON


class Rules(NamedTuple):
    """What of a trust's free times is not for everybody: what it keeps, and what is closed."""

    reserves: Reserves = Reserves()
    closed: Closed = NOTHING


NO_RULES = Rules()


class SlotRow(msgspec.Struct):
    """One place of one slot, as it should stand. Field names and order are the columns'."""

    trust_id: str
    external_id: str
    seat: int
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
    line_digest: int
    is_stamped: bool
    reserved_until: datetime


class FedSlot(NamedTuple):
    """A trust's slot, checked and matched to our schedule and site, and its line's number."""

    line: int
    external_id: str
    schedule_id: int
    site_id: int
    modality: str
    start: datetime
    end: datetime
    status: str
    fed_at: datetime
    capacity: int
    line_digest: int
    is_stamped: bool


class StoredSlot(NamedTuple):
    """What is stored of one place of a slot that a newer word is held against."""

    pk: int
    schedule_id: int
    site_id: int
    modality: str
    start: datetime
    end: datetime
    status: str
    fed_at: datetime
    line_digest: int
    is_stamped: bool
    is_booked: bool


COLUMNS = list(SlotRow.__struct_fields__)
_MOMENTS = tuple(map(COLUMNS.index, ("start", "end", "fed_at", "free_at", "reserved_until")))
TYPES = [
    "varchar", "varchar", "int", "bigint", "bigint", "varchar", "timestamptz", "timestamptz",
    "varchar", "bool", "varchar", "timestamptz", "timestamptz", "bigint", "bool",
    "timestamptz",
]  # fmt: skip
"""PostgreSQL's types of COLUMNS."""
_BOOKED = ExpressionWrapper(Q(status=Slot.Status.FREE, free_at=None), BooleanField())
CONTENT = ["schedule_id", "site_id", "modality", "start", "end"]
"""What makes a slot another slot: a booking does not survive a change in these."""

FED = ["daypart", "weekend", "fed_at", "line_digest", "is_stamped", "reserved_until"]
"""What else a newer word brings."""
STATE = ["status", "fed_at", "line_digest", "is_stamped"]

FREE_AT_AFTER_FEED = f"""
CASE WHEN excluded.status <> 'free' THEN NULL
     WHEN booking_slot.status = 'free' AND booking_slot.free_at IS NULL THEN NULL
     WHEN booking_slot.free_at > %s AND booking_slot.held_by_id IS NOT NULL
          AND booking_slot.start = excluded.start
          AND booking_slot.schedule_id = excluded.schedule_id THEN booking_slot.free_at
     WHEN booking_slot.free_at = '{FROZEN:%Y-%m-%d %H:%M:%S}' THEN booking_slot.free_at
     ELSE excluded.free_at END
"""
"""SQL: what a trust's newer word makes of `free_at`. Busy or withdrawn closes the slot; a slot
that we booked stays booked; a live hold (parameter: now) stays unless the time itself moved. What
was off sale, held by nobody, is on sale again: its trust names it; but not what a lead froze."""

_names = ", ".join(f'"{name}"' for name in COLUMNS)
_values = ", ".join(["%s"] * len(COLUMNS))
_record = ", ".join(f'"{name}" {kind}' for name, kind in zip(COLUMNS, TYPES, strict=True))
_sets = ", ".join(f'"{name}" = excluded."{name}"' for name in [*CONTENT, *FED])
_ON_CONFLICT = f"""
ON CONFLICT (trust_id, external_id, seat) DO UPDATE SET {_sets},
  free_at = {FREE_AT_AFTER_FEED},
  status = CASE WHEN booking_slot.status = 'free' AND booking_slot.free_at IS NULL
                 AND excluded.status = 'busy' THEN 'free' ELSE excluded.status END
WHERE booking_slot.fed_at <= excluded.fed_at
"""
"""A trust's word into the table. Its echo "busy" of a slot that we booked is agreement: the row
stays as it is. A word older than the stored one changes nothing."""
UPSERT = f"INSERT INTO booking_slot ({_names}) VALUES ({_values}) {_ON_CONFLICT}"
UPSERT_ALL = f"""
INSERT INTO booking_slot ({_names})
SELECT {_names} FROM json_to_recordset(%s::json) AS fed({_record}) {_ON_CONFLICT}
"""
"""PostgreSQL: all rows in one statement. As quick as COPY into a temporary table, and simpler."""
_SEATS_SQLITE = """
SELECT external_id, seat, id, line_digest, schedule_id FROM booking_slot
WHERE trust_id = %s AND external_id IN (SELECT value FROM json_each(%s))
"""
_SEATS_POSTGRESQL = """
SELECT stored.* FROM json_array_elements_text(%s::json) AS fed(name), LATERAL (
  SELECT external_id, seat, id, line_digest, schedule_id FROM booking_slot
  WHERE trust_id = %s AND external_id = fed.name OFFSET 0
) AS stored
"""


def line_digest(line: bytes) -> int:
    """Return a 64-bit digest of a line, as Slot.line_digest keeps it."""
    return int.from_bytes(blake2b(line, digest_size=8).digest(), "little", signed=True)


@lru_cache(maxsize=4096)
def _of_hour(hour: int) -> tuple[str, bool]:
    """Return part of day and weekend of an hour since 1970: England's clock moves by hours."""
    local = datetime.fromtimestamp(hour * 3600, LONDON)
    part = Slot.Daypart.MORNING if local.hour < 12 else Slot.Daypart.AFTERNOON
    return str(part if local.hour < 17 else Slot.Daypart.EVENING), local.weekday() >= 5


def daypart(start: datetime) -> str:
    """Return the part of the day in England: morning to midday, evening from 5pm."""
    return _of_hour(int(start.timestamp()) // 3600)[0]


def is_weekend(start: datetime) -> bool:
    """Return whether it is Saturday or Sunday in England."""
    return _of_hour(int(start.timestamp()) // 3600)[1]


def stored_digests(trust: str, external_ids: list[str]) -> dict[str, tuple[int, int]]:
    """Return (word, schedule) of each of the trust's slots of these ids that is stored."""
    rows = _seats_of(trust, external_ids)
    return {
        name: (line_digest, schedule) for name, seat, _, line_digest, schedule in rows if seat == 0
    }


def _seats_of(trust: str, external_ids: list[str]) -> list[tuple[str, int, int, int, int]]:
    """Return (id, seat, primary key, word, schedule) of every stored place of these slots.

    One look into the index for each id, whatever the planner knows: on a table that was never
    analysed PostgreSQL would read all of the trust's rows for a list of ids.
    """
    if not external_ids:
        return []
    ids = json.dumps(external_ids)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_SEATS_POSTGRESQL, [ids, trust])
        else:
            cursor.execute(_SEATS_SQLITE, [trust, ids])
        seats: list[tuple[str, int, int, int, int]] = cursor.fetchall()
        return seats


def is_newer(stored: StoredSlot | None, row: SlotRow) -> bool:
    """Whether `row` has to be written: new, or not older than what is stored and not its echo."""
    if stored is None or row.fed_at > stored.fed_at:
        return True
    return row.fed_at == stored.fed_at and (
        content_differs(stored, row) or row.line_digest != stored.line_digest
    )


def stored_seats(
    trust: str, external_ids: Iterable[str], *, lock: bool
) -> dict[tuple[str, int], StoredSlot]:
    """Return the trust's stored seats of these ids, by (id, seat).

    With `lock` they are locked, in order of key, until the transaction ends.
    """
    keys = [pk for _, _, pk, _, _ in _seats_of(trust, list(external_ids))]
    if not keys:
        return {}
    slots = Slot.objects.filter(pk__in=keys).order_by("external_id", "seat")
    if lock:
        slots = slots.select_for_update(no_key=True)
    return {
        (row[0], row[1]): StoredSlot(*row[2:])
        for row in slots.values_list("external_id", "seat", "pk", *CONTENT, *STATE, _BOOKED)
    }


def content_differs(stored: StoredSlot, row: SlotRow) -> bool:
    """Whether `row` says anything that `stored` does not, but for the stamp."""
    echo = stored.is_booked and row.status == Slot.Status.BUSY
    same_status = stored.status == row.status or echo
    return not same_status or any(getattr(stored, name) != getattr(row, name) for name in CONTENT)


def breaks_booking(stored: StoredSlot, row: SlotRow) -> bool:
    """Whether a booking on `stored` could not stand if `row` were written."""
    lost = row.status in (Slot.Status.UNAVAILABLE, Slot.Status.WITHDRAWN)
    return lost or any(getattr(stored, name) != getattr(row, name) for name in CONTENT)


def takes_away(stored: StoredSlot, row: SlotRow, now: datetime) -> bool:
    """Whether `row` takes away a time to come that is booked here, or that is on offer.

    Busy takes nothing away: somebody has the time, whoever it is.
    """
    if stored.start <= now:
        return False
    if stored.is_booked:
        return breaks_booking(stored, row)
    lost = row.status in (Slot.Status.UNAVAILABLE, Slot.Status.WITHDRAWN)
    return lost and stored.status == Slot.Status.FREE


def prepared(rows: Iterable[SlotRow], *, now: datetime) -> list[tuple[Any, ...]]:
    """Return rows as `write` takes them, sorted by key: unsorted pushes at once would deadlock."""
    ordered = sorted(rows, key=lambda row: (row.external_id, row.seat))
    if connection.vendor == "postgresql":
        return [(msgspec.json.encode(ordered).decode(), now)] if ordered else []
    at = _text(now)
    return [_adapted(row, at) for row in ordered]


def write(rows: list[tuple[Any, ...]]) -> None:
    """Insert or update prepared rows."""
    with connection.cursor() as cursor:
        cursor.executemany(UPSERT_ALL if connection.vendor == "postgresql" else UPSERT, rows)


def _text(moment: datetime) -> str:
    """Return a moment as Django keeps it in SQLite: UTC, without an offset."""
    return str(moment.astimezone(UTC))[:-6]


def _adapted(row: SlotRow, at: str) -> tuple[Any, ...]:
    """Return a row as SQLite's driver takes it, with `at` (now) for the statement's own use."""
    values = list(msgspec.structs.astuple(row))
    for at_column in _MOMENTS:
        values[at_column] = values[at_column] and _text(values[at_column])
    return (*values, at)


def rows_for(
    trust: str,
    fed: FedSlot,
    stored: dict[tuple[str, int], StoredSlot],
    rules: Rules = NO_RULES,
) -> list[tuple[StoredSlot | None, SlotRow]]:
    """Return each place of a slot: as it is stored, if it is, and as it should stand.

    Where a trust has less room than before, seats that nobody booked are withdrawn first.
    """
    if (fed.external_id, 0) not in stored:
        return [(None, _row(trust, fed, number, True, rules)) for number in range(fed.capacity)]
    numbers: list[int] = []
    while len(numbers) < fed.capacity or (fed.external_id, len(numbers)) in stored:
        numbers.append(len(numbers))
    seats = [stored.get((fed.external_id, number)) for number in numbers]
    booked_first = sorted(numbers, key=lambda number: (not _is_booked(seats[number]), number))
    kept = set(booked_first[: fed.capacity])
    return [(seats[number], _row(trust, fed, number, number in kept, rules)) for number in numbers]


def _is_booked(stored: StoredSlot | None) -> bool:
    return stored is not None and stored.is_booked


def _row(trust: str, fed: FedSlot, seat: int, kept: bool, rules: Rules) -> SlotRow:
    status = fed.status if kept else "withdrawn"
    where = fed.schedule_id, fed.site_id, fed.modality, fed.start
    free_at = FROZEN if rules.closed.has(*where, fed.end) else EPOCH
    part, weekend = _of_hour(int(fed.start.timestamp()) // 3600)
    return SlotRow(
        trust,
        fed.external_id,
        seat,
        fed.schedule_id,
        fed.site_id,
        fed.modality,
        fed.start,
        fed.end,
        part,
        weekend,
        status,
        fed.fed_at,
        free_at if status == "free" else None,
        fed.line_digest,
        fed.is_stamped,
        rules.reserves.until(fed.schedule_id, fed.modality, fed.start),
    )
