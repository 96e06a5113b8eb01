"""Slot lines against what is stored: which rows they make, whom they endanger, what to refuse.

`read_snapshot` reads, `plan` decides and touches nothing: so it is done before the database is
locked, and again only if the snapshot is not what stands once it is.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from booking.exchange.feeds import parse, scanner_stops, upsert
from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.upsert import FedSlot, SlotRow, StoredSlot
from booking.models import Schedule, Slot

_OWN_SQL = """
SELECT external_id, id, site_id, scanner_id, modality FROM booking_schedule
WHERE trust_id = %s AND external_id IN (SELECT value FROM {list})
"""
_OWN = {
    "sqlite": _OWN_SQL.format(list="json_each(%s)"),
    "postgresql": _OWN_SQL.format(list="json_array_elements_text(%s::json)"),
}
SlotLine = tuple[int, bytes, parse.Slot]


class ScheduleRef(NamedTuple):
    """What a slot needs of its schedule: a row of a model costs four times as much to read."""

    pk: int
    site_id: int
    scanner_id: int | None
    modality: str


class Snapshot(NamedTuple):
    """What is stored of what some lines name: schedules (None: another trust's), the stops of
    their mobile scanners, and places."""

    schedules: dict[str, ScheduleRef | None]
    stops: scanner_stops.Stops
    places: dict[tuple[str, int], StoredSlot]


@dataclass
class Plan:
    """What lines come to, given a snapshot: counts and refusals, and what is to be written."""

    snapshot: Snapshot
    report: Report
    rows: list[SlotRow] = field(default_factory=list)
    touched: set[datetime] = field(default_factory=set)
    """Starts of the slots that change, old and new."""
    endangered: list[int] = field(default_factory=list)
    """Slots whose bookings cannot stand."""
    matched: list[FedSlot] = field(default_factory=list)
    refused: list[tuple[int, LineRefused, str]] = field(default_factory=list)


def read_snapshot(trust: str, lines: list[SlotLine], *, lock: bool) -> Snapshot:
    """Return what is stored of what `lines` name; with `lock` (in a transaction) kept as it is."""
    schedules = _schedules(trust, {slot.schedule.name for _, _, slot in lines})
    scanners = {stood.scanner_id for stood in schedules.values() if stood and stood.scanner_id}
    return Snapshot(
        schedules,
        scanner_stops.read(scanners) if scanners else {},
        upsert.stored_seats(trust, {slot.id for _, _, slot in lines}, lock=lock),
    )


def plan(
    trust: str, lines: list[SlotLine], snapshot: Snapshot, report: Report, now: datetime
) -> Plan:
    """Return what is to be done about `lines`; `report` is filled with what becomes of each."""
    plan = Plan(snapshot, report)
    for fed in _newest(lines, plan, now).values():
        places = upsert.rows_for(trust, fed, snapshot.places)
        what = _what(fed, places)
        report.count(fed.line, what)
        if what == "stale":
            continue  # nor may it add places that the newer word does not have
        for place, row in places:
            if place is None or upsert.is_newer(place, row):
                plan.rows.append(row)
                plan.touched |= {row.start, place.start if place else row.start}
                if place and upsert.breaks_booking(place, row):
                    plan.endangered.append(place.pk)
    return plan


def _newest(lines: list[SlotLine], plan: Plan, now: datetime) -> dict[str, FedSlot]:
    """Return the newest word on each slot, by its id, matched to its schedule.

    Of two with one stamp the later line counts.
    """
    newest: dict[str, FedSlot] = {}
    for number, text, slot in lines:
        try:
            fed = _matched(number, text, slot, plan.snapshot, now)
        except LineRefused as error:
            item = f"Slot/{slot.id}"
            plan.report.refuse(number, error, item)
            error.schedule = slot.names_schedule()
            plan.refused.append((number, error, item))
            continue
        plan.matched.append(fed)
        before = newest.get(slot.id)
        if before is not None:
            older = before if before.fed_at <= fed.fed_at else fed
            plan.report.count(older.line, "stale")
        if before is None or before.fed_at <= fed.fed_at:
            newest[slot.id] = fed
    return newest


def _matched(
    number: int,
    text: bytes,
    slot: parse.Slot,
    snapshot: Snapshot,
    now: datetime,
) -> FedSlot:
    name = slot.schedule_id()
    schedule = snapshot.schedules.get(name)
    if schedule is None:
        if name in snapshot.schedules:
            raise LineRefused("forbidden", f"Schedule/{name} is another trust’s.")
        raise LineRefused("not-found", f"Schedule/{name}: send this Schedule first.")
    slot.check_times()
    scanner_id, site_id = schedule.scanner_id, schedule.site_id
    return FedSlot(
        number,
        slot.id,
        schedule.pk,
        scanner_stops.site_of(scanner_id, slot.start, snapshot.stops) if scanner_id else site_id,
        schedule.modality,
        slot.start,
        slot.end,
        slot.stored_status(),
        parse.stamp(slot, now),
        slot.capacity(),
        upsert.line_digest(text),
    )


def _schedules(trust: str, names: set[str]) -> dict[str, ScheduleRef | None]:
    """Return the schedules of these names; None for another trust's."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN[connection.vendor], [trust, json.dumps(sorted(names))])
        found: dict[str, ScheduleRef | None] = {
            row[0]: ScheduleRef(*row[1:]) for row in cursor.fetchall()
        }
    if missing := names - found.keys():
        others = Schedule.objects.filter(external_id__in=missing)
        found |= dict.fromkeys(others.values_list("external_id", flat=True))
    return found


def _what(fed: FedSlot, places: list[tuple[StoredSlot | None, SlotRow]]) -> str:
    first = places[0][0]
    if first is None:
        return "created"
    if fed.fed_at < first.fed_at:
        return "stale"
    if all(place and not upsert.content_differs(place, row) for place, row in places):
        return "unchanged"
    return "withdrawn" if fed.status == Slot.Status.WITHDRAWN else "updated"
