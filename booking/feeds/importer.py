"""A trust's lines into the database: parse, match, diff, upsert, a chunk a transaction.

What a chunk brought is in once the chunk is done, whatever happens to the rest of the body; the
same lines can be sent again. One bad line never loses the good ones.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from booking import changes, locks, reserve
from booking.feeds import parse, upsert
from booking.feeds.parse import Refused
from booking.models import Feed, FeedLocation, Schedule, Slot
from sites.models import Site

CHUNK = 1000
"""Lines a transaction (performance.md): larger ones keep bookings waiting."""
PAUSE = 0.005
"""Seconds between chunks on SQLite, which has one writer: bookings get their turn."""
MAX_ISSUES = 1000
"""Refusals that a reply spells out; all are counted."""


@dataclass(frozen=True)
class Refusal:
    """A line that was not used: its number, a FHIR issue type, what it is about, what is wrong."""

    line: int
    code: str
    item: str
    what: str


@dataclass
class Report:
    """What became of every line. Counts are of resources; `refusals` lists the first ones."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    withdrawn: int = 0
    refused: int = 0
    displaced: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def used(self) -> int:
        """How many lines were understood, whether or not they changed anything."""
        return self.created + self.updated + self.unchanged + self.stale + self.withdrawn

    @property
    def changed(self) -> int:
        """How many lines changed what is stored."""
        return self.created + self.updated + self.withdrawn

    def refuse(self, line: int, error: Refused, item: str = "") -> None:
        """Count a refused line, and keep why while there is room."""
        self.refused += 1
        if len(self.refusals) < MAX_ISSUES:
            self.refusals.append(Refusal(line, error.code, error.item or item, str(error)))


def import_lines(trust: str, lines: Iterable[tuple[int, bytes | None]], *, now: datetime) -> Report:
    """Upsert the Locations, Schedules and Slots on `lines` (number, bytes) as trust's own.

    None for a line means that it was too long to read. Raises what reading `lines` raises;
    the chunks before are in by then, and the feed's record says so.
    """
    report = Report()
    numbered = iter(lines)
    try:
        while chunk := list(islice(_parsed(numbered, report), CHUNK)):
            with transaction.atomic():
                locks.import_of(trust)
                _Chunk(trust, report, now).take(chunk)
            if connection.vendor == "sqlite" and len(chunk) == CHUNK:
                time.sleep(PAUSE)
    finally:
        _record(trust, report, now)
    return report


def _parsed(
    lines: Iterator[tuple[int, bytes | None]], report: Report
) -> Iterator[tuple[int, parse.Resource]]:
    for number, line in lines:
        try:
            if line is None:
                raise Refused("too-long", "the line is over 64 KB.")
            yield number, parse.parse(line)
        except Refused as error:
            report.refuse(number, error)


def _record(trust: str, report: Report, now: datetime) -> None:
    Feed.objects.get_or_create(trust_id=trust)
    fields: dict[str, object] = {"refused_lines": F("refused_lines") + report.refused}
    if report.used:
        fields["last_contact_at"] = now
    if report.changed:
        fields["last_change_at"] = now
    Feed.objects.filter(trust_id=trust).update(**fields)


class _Chunk:
    """One chunk's lines: Locations first, then Schedules, then Slots, whatever their order."""

    def __init__(self, trust: str, report: Report, now: datetime) -> None:
        self.trust, self.report, self.now = trust, report, now

    def take(self, chunk: list[tuple[int, parse.Resource]]) -> None:
        """Put every line of the chunk in, or refuse it by its number."""
        for number, resource in chunk:
            if isinstance(resource, parse.Location):
                self._try(number, resource, self._location)
        for number, resource in chunk:
            if isinstance(resource, parse.Schedule):
                self._try(number, resource, self._schedule)
        self._slots([(n, r) for n, r in chunk if isinstance(r, parse.Slot)])

    def _try(self, number: int, resource: parse.Resource, put: Callable[[Any], None]) -> None:
        try:
            put(resource)
        except Refused as error:
            self.report.refuse(number, error, f"{type(resource).__name__}/{resource.id}")

    def _fed_at(self, resource: parse.Resource) -> datetime:
        stamp = resource.meta.last_updated if resource.meta else None
        return stamp or self.now

    def _location(self, location: parse.Location) -> None:
        system, value = location.site_identifier()
        by = {"ods_code": value} if system == parse.ODS_SITE else {"slug": value}
        site = Site.objects.filter(**by).first()
        if site is None:
            raise Refused("not-found", f"identifier {value}: we have no such site.")
        if site.trust_id != self.trust:
            raise Refused("forbidden", f"identifier {value} is another trust’s site.")
        stored = FeedLocation.objects.filter(trust_id=self.trust, external_id=location.id).first()
        self._put(FeedLocation, location, stored, site_id=site.pk)

    def _schedule(self, schedule: parse.Schedule) -> None:
        modality, location_id = schedule.modality(), schedule.location_id()
        location = FeedLocation.objects.filter(trust_id=self.trust, external_id=location_id).first()
        if location is None:
            raise Refused("not-found", f"actor names Location/{location_id}: send it first.")
        stored = Schedule.objects.filter(trust_id=self.trust, external_id=schedule.id).first()
        if stored and stored.modality != modality:
            raise Refused(
                "conflict", f"it was {stored.modality} before. Send a new Schedule with its own id."
            )
        self._put(Schedule, schedule, stored, site_id=location.site_id, modality=modality)

    def _put(
        self,
        model: type[FeedLocation] | type[Schedule],
        resource: parse.Resource,
        stored: FeedLocation | Schedule | None,
        **fields: object,
    ) -> None:
        fed_at = self._fed_at(resource)
        if stored is None:
            model.objects.create(
                trust_id=self.trust, external_id=resource.id, fed_at=fed_at, **fields
            )
            self.report.created += 1
        elif fed_at < stored.fed_at:
            self.report.stale += 1
        elif all(getattr(stored, name) == value for name, value in fields.items()):
            self.report.unchanged += 1
        else:
            model.objects.filter(pk=stored.pk).update(fed_at=fed_at, **fields)
            self.report.updated += 1

    def _slots(self, lines: list[tuple[int, parse.Slot]]) -> None:
        newest = self._match(lines)
        stored = upsert.stored(self.trust, newest)
        news: list[upsert.Row] = []
        endangered: list[int] = []
        touched: set[datetime] = set()
        for fed in newest.values():
            places = upsert.rows_of(self.trust, fed, stored)
            self._count(fed, places)
            for slot, row in places:
                if upsert.is_news(slot, row):
                    news.append(row)
                    touched |= {row.start, slot.start if slot else row.start}
                    if slot and upsert.endangers(slot, row):
                        endangered.append(slot.pk)
        upsert.write(news, now=self.now)
        if endangered:
            displaced = reserve.displace(endangered, now=self.now, actor=f"feed {self.trust}")
            self.report.displaced += len(displaced)
        changes.note_slots(self.trust, touched, now=self.now)

    def _match(self, lines: list[tuple[int, parse.Slot]]) -> dict[str, upsert.FedSlot]:
        """Return the newest word on each slot, by its id, matched to its schedule."""
        names = {slot.schedule.reference.removeprefix("Schedule/") for _, slot in lines}
        schedules = {
            schedule.external_id: schedule
            for schedule in Schedule.objects.filter(trust_id=self.trust, external_id__in=names)
        }
        newest: dict[str, upsert.FedSlot] = {}
        for number, slot in lines:
            try:
                fed = self._fed_slot(slot, schedules)
            except Refused as error:
                self.report.refuse(number, error, f"Slot/{slot.id}")
                continue
            before = newest.get(slot.id)
            if before is not None:
                self.report.stale += 1
            if before is None or before.fed_at <= fed.fed_at:
                newest[slot.id] = fed
        return newest

    def _fed_slot(self, slot: parse.Slot, schedules: dict[str, Schedule]) -> upsert.FedSlot:
        schedule = schedules.get(slot.schedule_id())
        if schedule is None:
            raise Refused("not-found", f"{slot.schedule.reference}: send this Schedule first.")
        slot.check_times()
        return upsert.FedSlot(
            slot.id,
            schedule.pk,
            schedule.site_id,
            schedule.modality,
            slot.start,
            slot.end,
            slot.stored_status(),
            self._fed_at(slot),
            slot.capacity(),
        )

    def _count(self, fed: upsert.FedSlot, places: list[tuple[Slot | None, upsert.Row]]) -> None:
        first = places[0][0]
        if first is None:
            self.report.created += 1
        elif fed.fed_at < first.fed_at:
            self.report.stale += 1
        elif all(slot and not upsert.differs(slot, row) for slot, row in places):
            self.report.unchanged += 1
        elif fed.status == Slot.Status.WITHDRAWN:
            self.report.withdrawn += 1
        else:
            self.report.updated += 1
