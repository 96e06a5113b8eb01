"""Slot lines against what is stored: which rows they make, whom they endanger, what to refuse.

`look` reads, `decide` decides and touches nothing: so it is done before the database is locked,
and again only if what was seen is not what stands once it is.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from booking.exchange.feeds import parse, scanner_stops, upsert
from booking.exchange.feeds.parse import Refused
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.upsert import FedSlot, Place, Row
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


class Stood(NamedTuple):
    """What a slot needs of its schedule: a row of a model costs four times as much to read."""

    pk: int
    site_id: int
    scanner_id: int | None
    modality: str


class Seen(NamedTuple):
    """What is stored of what some lines name: schedules (None: another trust's), the stops of
    their mobile scanners, and places."""

    schedules: dict[str, Stood | None]
    stops: scanner_stops.Stops
    places: dict[tuple[str, int], Place]


@dataclass
class Decision:
    """What lines come to, given what was seen: counts and refusals, and what is to be written."""

    seen: Seen
    report: Report
    rows: list[Row] = field(default_factory=list)
    touched: set[datetime] = field(default_factory=set)
    """Starts of the slots that change, old and new."""
    endangered: list[int] = field(default_factory=list)
    """Slots whose bookings cannot stand."""
    matched: list[FedSlot] = field(default_factory=list)
    refused: list[tuple[Refused, str]] = field(default_factory=list)


def look(trust: str, lines: list[SlotLine], *, lock: bool) -> Seen:
    """Return what is stored of what `lines` name; with `lock` (in a transaction) kept as it is."""
    schedules = _schedules(trust, {slot.schedule.name for _, _, slot in lines})
    scanners = {stood.scanner_id for stood in schedules.values() if stood and stood.scanner_id}
    return Seen(
        schedules,
        scanner_stops.read(scanners) if scanners else {},
        upsert.stored(trust, {slot.id for _, _, slot in lines}, lock=lock),
    )


def decide(
    trust: str, lines: list[SlotLine], seen: Seen, report: Report, now: datetime
) -> Decision:
    """Return what is to be done about `lines`; `report` is filled with what becomes of each."""
    made = Decision(seen, report)
    for fed in _newest(lines, made, now).values():
        places = upsert.rows_of(trust, fed, seen.places)
        what = _what(fed, places)
        report.count(fed.line, what)
        if what == "stale":
            continue  # nor may it add places that the newer word does not have
        for place, row in places:
            if place is None or upsert.is_news(place, row):
                made.rows.append(row)
                made.touched |= {row.start, place.start if place else row.start}
                if place and upsert.endangers(place, row):
                    made.endangered.append(place.pk)
    return made


def _newest(lines: list[SlotLine], made: Decision, now: datetime) -> dict[str, FedSlot]:
    """Return the newest word on each slot, by its id, matched to its schedule.

    Of two with one stamp the later line counts.
    """
    newest: dict[str, FedSlot] = {}
    for number, text, slot in lines:
        try:
            fed = _matched(number, text, slot, made.seen, now)
        except Refused as error:
            item = f"Slot/{slot.id}"
            made.report.refuse(number, error, item)
            made.refused.append((error, item))
            continue
        made.matched.append(fed)
        before = newest.get(slot.id)
        if before is not None:
            older = before if before.fed_at <= fed.fed_at else fed
            made.report.count(older.line, "stale")
        if before is None or before.fed_at <= fed.fed_at:
            newest[slot.id] = fed
    return newest


def _matched(
    number: int,
    text: bytes,
    slot: parse.Slot,
    seen: Seen,
    now: datetime,
) -> FedSlot:
    name = slot.schedule_id()
    schedule = seen.schedules.get(name)
    if schedule is None:
        if name in seen.schedules:
            raise Refused("forbidden", f"Schedule/{name} is another trust’s.")
        raise Refused("not-found", f"Schedule/{name}: send this Schedule first.")
    slot.check_times()
    scanner_id, site_id = schedule.scanner_id, schedule.site_id
    return FedSlot(
        number,
        slot.id,
        schedule.pk,
        scanner_stops.site_of(scanner_id, slot.start, seen.stops) if scanner_id else site_id,
        schedule.modality,
        slot.start,
        slot.end,
        slot.stored_status(),
        parse.stamp(slot, now),
        slot.capacity(),
        upsert.word(text),
    )


def _schedules(trust: str, names: set[str]) -> dict[str, Stood | None]:
    """Return the schedules of these names; None for another trust's."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN[connection.vendor], [trust, json.dumps(sorted(names))])
        found: dict[str, Stood | None] = {row[0]: Stood(*row[1:]) for row in cursor.fetchall()}
    if missing := names - found.keys():
        others = Schedule.objects.filter(external_id__in=missing)
        found |= dict.fromkeys(others.values_list("external_id", flat=True))
    return found


def _what(fed: FedSlot, places: list[tuple[Place | None, Row]]) -> str:
    first = places[0][0]
    if first is None:
        return "created"
    if fed.fed_at < first.fed_at:
        return "stale"
    if all(place and not upsert.differs(place, row) for place, row in places):
        return "unchanged"
    return "withdrawn" if fed.status == Slot.Status.WITHDRAWN else "updated"
