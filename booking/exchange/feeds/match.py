"""Slot lines against what is stored: which rows they make, whom they endanger, what to refuse.

`read_snapshot` reads, `plan` decides and touches nothing: so it is done before the database is
locked, and again only if the snapshot is not what stands once it is.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Max

from booking.exams.reserved import reserves_of
from booking.exchange.feeds import parse, stop_sites, upsert
from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.upsert import FedSlot, SlotRow, StoredSlot
from booking.models import (
    EPOCH,
    OFF_SALE,
    Appointment,
    AppointmentPart,
    AuditAction,
    AuditEntry,
    Schedule,
    Slot,
)
from booking.models.appointment import LIVE
from booking.offers.lost.closed import closed_of
from received.moments import is_usual

_OWN_SQL = """
SELECT external_id, id, site_id, scanner_id, modality FROM booking_schedule
WHERE trust_id = %s AND external_id IN (SELECT value FROM {list})
AND (scanner_id IS NOT NULL OR EXISTS (
    SELECT 1 FROM sites_site t WHERE t.id = site_id AND t.trust_id = booking_schedule.trust_id))
"""
"""A Schedule at a site that was given to another trust is its old trust's no more."""
_OWN = {
    "sqlite": _OWN_SQL.format(list="json_each(%s)"),
    "postgresql": _OWN_SQL.format(list="json_array_elements_text(%s::json)"),
}
SlotLine = tuple[int, bytes, parse.Slot]
SlotKey = tuple[int, datetime, datetime]
"""Schedule, start and end: what a slot is, whatever its id."""
GONE = ("entered-in-error", "busy-unavailable")
"""Words that take a time away."""
TAKES = [AuditAction.BOOKED, AuditAction.MOVED]
"""Acts by which an appointment takes a slot."""


class ScheduleRef(NamedTuple):
    """What a slot needs of its schedule: a row of a model costs four times as much to read."""

    pk: int
    site_id: int
    scanner_id: int | None
    modality: str


class Snapshot(NamedTuple):
    """What is stored of what some lines name: schedules (None: another trust's), the stops of
    their mobile scanners, places, the times that new ids share with others, and since when the
    slots are booked here; and which times their trust keeps for suspected cancer, or are closed."""

    schedules: dict[str, ScheduleRef | None]
    stops: stop_sites.Stops
    places: dict[tuple[str, int], StoredSlot]
    occupied: frozenset[SlotKey]
    taken_at: dict[int, datetime]
    rules: upsert.Rules = upsert.NO_RULES


class Deferred(NamedTuple):
    """A line that takes times away, the seats that it takes, and all seats of its slot."""

    line: bytes
    lost: list[int]
    seats: list[int]


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
    deferred: list[Deferred] = field(default_factory=list)
    named: list[int] = field(default_factory=list)
    """Stored seats of which the lines say that they stand, or what else they are."""
    opened: list[SlotRow] = field(default_factory=list)
    """Seats that are on sale from now on: new ones, and those that their trust takes back."""
    doubled: list[int] = field(default_factory=list)
    """Booked slots that their trust had given away before."""
    matched: list[FedSlot] = field(default_factory=list)
    refused: list[tuple[int, LineRefused, str]] = field(default_factory=list)


def read_snapshot(trust: str, lines: list[SlotLine], *, now: datetime, lock: bool) -> Snapshot:
    """Return what is stored of what `lines` name; with `lock` (in a transaction) kept as it is."""
    schedules = _schedules(trust, {slot.schedule.name for _, _, slot in lines})
    scanners = {stood.scanner_id for stood in schedules.values() if stood and stood.scanner_id}
    places = upsert.stored_seats(trust, {slot.id for _, _, slot in lines}, lock=lock)
    booked = [place.pk for place in places.values() if place.is_booked]
    return Snapshot(
        schedules,
        stop_sites.read(scanners) if scanners else {},
        places,
        _occupied(lines, places, schedules),
        _taken_at(booked) if booked else {},
        upsert.Rules(reserves_of(trust), closed_of(trust, now=now)),
    )


def _occupied(
    lines: list[SlotLine],
    places: dict[tuple[str, int], StoredSlot],
    schedules: dict[str, ScheduleRef | None],
) -> frozenset[SlotKey]:
    """Return the times of new ids at which other slots stand, but those that the lines name.

    Of their own schedules, which are the trust's: one of a thousand machines has as many slots at
    nine o'clock.
    """
    news = [slot for _, _, slot in lines if _is_new(places.get((slot.id, 0)))]
    # Others are refused, and no database could look for them.
    starts = {slot.start for slot in news if is_usual(slot.start)}
    known = (schedules.get(slot.schedule.name) for slot in news)
    own = {schedule.pk for schedule in known if schedule}
    if not starts or not own:
        return frozenset()
    others = Slot.objects.filter(schedule__in=own, start__in=starts)
    others = others.exclude(external_id__in={s.id for _, _, s in lines if s.status not in GONE})
    standing = others.exclude(status=Slot.Status.WITHDRAWN)
    # Where a trust has forty ids for one time, it is read once.
    return frozenset(standing.values_list("schedule_id", "start", "end").distinct())


def _taken_at(slot_ids: list[int]) -> dict[int, datetime]:
    """Return since when each of these slots has the live appointment that it has."""
    live = Appointment.objects.filter(slot_id__in=slot_ids, status__in=LIVE)
    taken = dict(live.values_list("slot_id", "booked_at"))
    moved = AuditEntry.objects.filter(
        appointment__in=live.filter(version__gt=1), action__in=TAKES, detail__slot__in=slot_ids
    )
    latest = moved.values_list("appointment__slot_id").annotate(Max("at")).order_by()
    return _parts_taken_at(slot_ids) | taken | dict(latest)


def _parts_taken_at(slot_ids: list[int]) -> dict[int, datetime]:
    """Return the same of slots that are a further part of an appointment.

    Of one that moved it is when it moved last, though it may have had the slot before.
    """
    parts = AppointmentPart.objects.filter(slot_id__in=slot_ids, live=True)
    of = {part.slot_id: part.appointment for part in parts.select_related("appointment")}
    moves = AuditEntry.objects.filter(appointment__in={*of.values()}, action__in=TAKES)
    latest = dict(moves.values_list("appointment_id").annotate(Max("at")).order_by()) if of else {}
    return {pk: latest.get(made.pk, made.booked_at) for pk, made in of.items()}


def plan(
    trust: str,
    lines: list[SlotLine],
    snapshot: Snapshot,
    report: Report,
    now: datetime,
    *,
    take: bool = False,
) -> Plan:
    """Return what is to be done about `lines`; `report` is filled with what becomes of each.

    A line that takes times away is deferred: what becomes of it is decided once the whole body
    is known (booking/exchange/feeds/losses.py). With `take` it has been decided.
    """
    plan = Plan(snapshot, report)
    texts = {number: text for number, text, _ in lines}
    for fed in [_in_doubt(fed, plan) for fed in _newest(lines, plan, now).values()]:
        places = upsert.rows_for(trust, fed, snapshot.places, snapshot.rules)
        what = _what(fed, places)
        if what == "stale":
            report.count(fed.line, what)
            continue  # nor may it add places that the newer word does not have
        newer = [(place, row) for place, row in places if not place or upsert.is_newer(place, row)]
        lost = [place.pk for place, row in newer if place and upsert.takes_away(place, row, now)]
        seats = [place.pk for place, _ in places if place]
        if lost and not take:
            plan.deferred.append(Deferred(texts[fed.line], lost, seats))
            report.deferred[fed.external_id] = fed.line
            continue
        report.count(fed.line, what)
        report.deferred.pop(fed.external_id, None)
        plan.named += seats
        _write(fed, what, newer, plan)
    return plan


def _write(
    fed: FedSlot, what: str, newer: list[tuple[StoredSlot | None, SlotRow]], plan: Plan
) -> None:
    is_other = (fed.schedule_id, fed.start, fed.end) in plan.snapshot.occupied
    if is_other and any(_is_new(place) and row.seat == 0 for place, row in newer):
        # It may be a known slot under a new id: nobody may take it before that is known.
        plan.report.new_ids[fed.external_id] = what
        for _, row in newer:
            row.line_digest = 0
            if row.free_at == EPOCH:
                row.free_at = OFF_SALE
    for place, row in newer:
        plan.rows.append(row)
        # The line of a time that a loss took off sale is forgotten (losses.take_off_sale).
        was_on_sale = place and place.status == Slot.Status.FREE and place.line_digest
        if row.free_at == EPOCH and not was_on_sale:
            plan.opened.append(row)
        plan.touched |= {row.start, place.start if place else row.start}
        if place and upsert.breaks_booking(place, row):
            plan.endangered.append(place.pk)
        elif place and _is_doubled(place, row, plan.snapshot):
            plan.doubled.append(place.pk)
            plan.report.doubled += 1


def _is_new(place: StoredSlot | None) -> bool:
    """Whether an id is new: never heard of, or of a time that was withdrawn."""
    return place is None or place.status == Slot.Status.WITHDRAWN


def _is_doubled(place: StoredSlot, row: SlotRow, snapshot: Snapshot) -> bool:
    """Whether a slot was busy at its trust before we booked it: that echoes no booking of ours."""
    if not place.is_booked or row.status != Slot.Status.BUSY:
        return False
    return row.fed_at < snapshot.taken_at.get(place.pk, row.fed_at)


def _in_doubt(fed: FedSlot, plan: Plan) -> FedSlot:
    """Return a closing word as if it were the newest, if clocks alone may have made it older.

    The word that we have may be of a clock that was fast, or of no clock at all. Of a booked
    time a person asks.
    """
    first = plan.snapshot.places.get((fed.external_id, 0))
    if first is None or fed.fed_at >= first.fed_at or fed.status == Slot.Status.FREE:
        return fed
    if first.is_stamped and first.fed_at - fed.fed_at > parse.AHEAD:
        return fed
    if first.status != Slot.Status.FREE:
        return fed
    seats = [place for key, place in plan.snapshot.places.items() if key[0] == fed.external_id]
    booked = [place.pk for place in seats if place.is_booked]
    if booked:
        plan.doubled += booked
        plan.report.doubled += len(booked)
        return fed
    plan.report.doubtful += 1
    return fed._replace(fed_at=first.fed_at, is_stamped=first.is_stamped)


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
        plan.report.name(fed.fed_at)
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
            raise LineRefused("forbidden", f"Schedule/{name} is another trust’s, or at its site.")
        raise LineRefused("not-found", f"Schedule/{name}: send this Schedule first.")
    slot.check_times()
    scanner_id, site_id = schedule.scanner_id, schedule.site_id
    return FedSlot(
        number,
        slot.id,
        schedule.pk,
        stop_sites.site_of(scanner_id, slot.start, snapshot.stops) if scanner_id else site_id,
        schedule.modality,
        slot.start,
        slot.end,
        slot.stored_status(),
        parse.stamp(slot, now),
        slot.capacity(),
        upsert.line_digest(text),
        bool(slot.meta and slot.meta.last_updated),
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
