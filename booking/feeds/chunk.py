"""A chunk of lines: what is known already is passed over, the rest goes in, a slice at a time."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from booking import changes, locks, reserve
from booking.feeds import parse, stops, upsert
from booking.feeds.named import Named
from booking.feeds.parse import Refused
from booking.feeds.report import Report
from booking.models import Appointment, FeedLocation, Schedule, Slot
from booking.models.appointment import LIVE
from sites.models import Site

Line = tuple[int, bytes, parse.Resource]
AHEAD = timedelta(minutes=10)
"""How far a sender's clock may be ahead of ours. A stamp further ahead would make every later
word on the slot stale, so it is refused and the sender sees it."""
SLICE = {"sqlite": 150, "postgresql": 500}
"""Lines a transaction. SQLite has one writer: this many keep a booking waiting about 4 ms."""
PAUSE = 0.005
"""Seconds between transactions, so that bookings get their turn at the lock and the disk. On
SQLite at least as long as the lock was held: who waits there only looks now and then, and on a
slow machine would find it taken again and again."""
ORDER: dict[Any, int] = {parse.Location: 0, parse.Schedule: 1, parse.Slot: 2}


def take(
    trust: str, lines: list[Line], report: Report, *, now: datetime, named: Named | None = None
) -> None:
    """Put every line in, or refuse it by its number; fill `report`, and what the body named.

    Locations go first, then Schedules, then Slots, whatever their order.
    """
    news = _news(trust, lines, report, named)
    news.sort(key=lambda line: ORDER[type(line[2])])
    size = SLICE[connection.vendor]
    for at in range(0, len(news), size):
        with transaction.atomic():
            locks.import_of(trust)
            began = time.monotonic()
            once = _Slice(trust, report.fresh(), now, named).take(news[at : at + size])
        held = time.monotonic() - began if connection.vendor == "sqlite" else 0.0
        report.add(once)
        if not connection.in_atomic_block:
            time.sleep(max(PAUSE, held))


def _news(trust: str, lines: list[Line], report: Report, named: Named | None) -> list[Line]:
    """Return the lines that are not, byte for byte, the last word that we have on a slot."""
    known = upsert.words(trust, [slot.id for _, _, slot in lines if isinstance(slot, parse.Slot)])
    news, doubtful = [], set()
    for line in lines:
        number, text, resource = line
        if isinstance(resource, parse.Slot) and resource.id not in doubtful:
            before = known.get(resource.id)
            if before and before[0] == upsert.word(text):
                report.count(number, "unchanged")
                if named is not None:
                    named.schedule(before[1])
                    named.slot(resource.id)
                continue
            doubtful.add(resource.id)
        news.append(line)
    return news


class _Stood(NamedTuple):
    """What a slot needs of its schedule: a row of a model costs four times as much to read."""

    pk: int
    site_id: int
    scanner_id: int | None
    modality: str


class _Slice:
    """Lines that go in together."""

    def __init__(self, trust: str, report: Report, now: datetime, named: Named | None) -> None:
        self.trust, self.report, self.now, self.named = trust, report, now, named
        self._touched: set[datetime] = set()  # starts of slots that were changed, old and new
        self._endangered: list[int] = []  # slots whose bookings cannot stand

    def take(self, lines: list[Line]) -> Report:
        for number, _, resource in lines:
            if isinstance(resource, parse.Location):
                self._try(number, resource, self._location)
            elif isinstance(resource, parse.Schedule):
                self._try(number, resource, self._schedule)
        self._slots(lines)
        # Last, once every slot is locked: a booking locks its slot first, then the counters.
        self._displace()
        changes.note_slots(self.trust, self._touched, now=self.now)
        return self.report

    def _try(self, number: int, resource: parse.Resource, put: Callable[[int, Any], None]) -> None:
        try:
            put(number, resource)
        except Refused as error:
            self._refuse(number, error, f"{type(resource).__name__}/{resource.id}")

    def _refuse(self, number: int, error: Refused, item: str) -> None:
        self.report.refuse(number, error, item)
        if self.named is not None:
            self.named.refused(error, item)

    def _fed_at(self, resource: parse.Resource) -> datetime:
        stamp = resource.meta.last_updated if resource.meta else None
        if stamp is None:
            return self.now
        if stamp > self.now + AHEAD:
            raise Refused(
                "value",
                f"meta.lastUpdated {stamp.isoformat()} is ahead of our clock, "
                f"which says {self.now.isoformat(timespec='seconds')}.",
            )
        return stamp

    def _location(self, number: int, location: parse.Location) -> None:
        system, value = location.site_identifier()
        by = {"ods_code": value} if system == parse.ODS_SITE else {"slug": value}
        site = Site.objects.filter(**by).first()
        if site is None:
            raise Refused("not-found", f"identifier {value}: we have no such site.")
        if site.trust_id != self.trust:
            raise Refused("forbidden", f"identifier {value} is another trust’s site.")
        stored = FeedLocation.objects.filter(trust_id=self.trust, external_id=location.id).first()
        self._put(number, FeedLocation, location, stored, site_id=site.pk)

    def _schedule(self, number: int, schedule: parse.Schedule) -> None:
        modality = schedule.modality()
        site_id, scanner_id = self._where(schedule, modality)
        stored = Schedule.objects.filter(trust_id=self.trust, external_id=schedule.id).first()
        if stored and stored.modality != modality:
            raise Refused(
                "conflict", f"it was {stored.modality} before. Send a new Schedule with its own id."
            )
        if stored and scanner_id and stored.scanner_id == scanner_id:
            site_id = stored.site_id  # its slots go with the scanner; this only says where it began
        where = {"site_id": site_id, "modality": modality, "scanner_id": scanner_id}
        pk = self._put(number, Schedule, schedule, stored, **where)
        if self.named is not None:
            self.named.schedule(pk)

    def _where(self, schedule: parse.Schedule, modality: str) -> tuple[int, int | None]:
        """Return the site of a schedule, and its scanner if that is a mobile one."""
        scanner = stops.scanner_of(self.trust, schedule.device_ids(), modality)
        if scanner:
            return stops.first_site(scanner, self.now), scanner.pk
        location_id = schedule.location_id()
        location = FeedLocation.objects.filter(trust_id=self.trust, external_id=location_id).first()
        if location is None:
            raise Refused("not-found", f"actor names Location/{location_id}: send it first.")
        return location.site_id, None

    def _put(
        self,
        number: int,
        model: type[FeedLocation] | type[Schedule],
        resource: parse.Resource,
        stored: FeedLocation | Schedule | None,
        **fields: object,
    ) -> int:
        fed_at = self._fed_at(resource)
        if stored is None:
            stored = model.objects.create(
                trust_id=self.trust, external_id=resource.id, fed_at=fed_at, **fields
            )
            self.report.count(number, "created")
        elif fed_at < stored.fed_at:
            self.report.count(number, "stale")
        elif all(getattr(stored, name) == value for name, value in fields.items()):
            self.report.count(number, "unchanged")
        else:
            model.objects.filter(pk=stored.pk).update(fed_at=fed_at, **fields)
            self.report.count(number, "updated")
            if isinstance(stored, Schedule) and fields["scanner_id"] is None:
                self._relocate(stored, fields["site_id"])
        return stored.pk

    def _relocate(self, schedule: Schedule, site_id: object) -> None:
        """Take a schedule's slots to its new place; who is booked at the old one is told."""
        coming = Slot.objects.filter(schedule=schedule, start__gt=self.now)
        coming.update(site_id=site_id, word=0)
        self._touched |= set(coming.values_list("start", flat=True))
        booked = Appointment.objects.filter(slot__in=coming, status__in=LIVE)
        self._endangered += booked.values_list("slot_id", flat=True)

    def _displace(self) -> None:
        if self._endangered:
            displaced = reserve.displace(self._endangered, now=self.now, actor=f"feed {self.trust}")
            self.report.displaced += len(displaced)

    def _slots(self, lines: list[Line]) -> None:
        newest = self._match(lines)
        stored = upsert.stored(self.trust, newest)
        news: list[upsert.Row] = []
        for fed in newest.values():
            places = upsert.rows_of(self.trust, fed, stored)
            what = _what(fed, places)
            self.report.count(fed.line, what)
            if what == "stale":
                continue  # nor may it add places that the newer word does not have
            for slot, row in places:
                if slot is None or upsert.is_news(slot, row):
                    news.append(row)
                    self._touched |= {row.start, slot.start if slot else row.start}
                    if slot and upsert.endangers(slot, row):
                        self._endangered.append(slot.pk)
        upsert.write(news, now=self.now)

    def _match(self, lines: list[Line]) -> dict[str, upsert.FedSlot]:
        """Return the newest word on each slot, by its id, matched to its schedule.

        Of two with one stamp the later line counts.
        """
        slots = [(n, text, one) for n, text, one in lines if isinstance(one, parse.Slot)]
        schedules = self._schedules({slot.schedule.reference[9:] for _, _, slot in slots})
        newest: dict[str, upsert.FedSlot] = {}
        for number, text, slot in slots:
            try:
                fed = self._fed_slot(number, text, slot, schedules)
            except Refused as error:
                self._refuse(number, error, f"Slot/{slot.id}")
                continue
            if self.named is not None:
                self.named.schedule(fed.schedule_id)
                self.named.slot(fed.external_id)
            before = newest.get(slot.id)
            if before is not None:
                older = before if before.fed_at <= fed.fed_at else fed
                self.report.count(older.line, "stale")
            if before is None or before.fed_at <= fed.fed_at:
                newest[slot.id] = fed
        return newest

    def _schedules(self, names: set[str]) -> dict[str, _Stood | None]:
        """Return the schedules of these names; None for another trust's."""
        own = Schedule.objects.filter(trust_id=self.trust, external_id__in=names)
        found: dict[str, _Stood | None] = {
            row[0]: _Stood(*row[1:])
            for row in own.values_list("external_id", "pk", "site_id", "scanner_id", "modality")
        }
        if missing := names - found.keys():
            others = Schedule.objects.filter(external_id__in=missing)
            found |= dict.fromkeys(others.values_list("external_id", flat=True))
        return found

    def _fed_slot(
        self,
        number: int,
        text: bytes,
        slot: parse.Slot,
        schedules: dict[str, _Stood | None],
    ) -> upsert.FedSlot:
        name = slot.schedule_id()
        schedule = schedules.get(name)
        if schedule is None:
            if name in schedules:
                raise Refused("forbidden", f"Schedule/{name} is another trust’s.")
            raise Refused("not-found", f"Schedule/{name}: send this Schedule first.")
        slot.check_times()
        return upsert.FedSlot(
            number,
            slot.id,
            schedule.pk,
            stops.site_of(schedule.site_id, schedule.scanner_id, slot.start),
            schedule.modality,
            slot.start,
            slot.end,
            slot.stored_status(),
            self._fed_at(slot),
            slot.capacity(),
            upsert.word(text),
        )


def _what(fed: upsert.FedSlot, places: list[tuple[Slot | None, upsert.Row]]) -> str:
    first = places[0][0]
    if first is None:
        return "created"
    if fed.fed_at < first.fed_at:
        return "stale"
    if all(slot and not upsert.differs(slot, row) for slot, row in places):
        return "unchanged"
    return "withdrawn" if fed.status == Slot.Status.WITHDRAWN else "updated"
