"""What slots stand on: a trust's Locations and Schedules, put in by their numbers."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from booking import changes, reserve
from booking.feeds import parse, stops
from booking.feeds.named import Named
from booking.feeds.parse import Refused
from booking.feeds.report import Report
from booking.models import Appointment, FeedLocation, Schedule, Slot
from booking.models.appointment import LIVE
from sites.models import Site


class Standing:
    """Locations and Schedules that go in together. Belongs in a transaction.

    A schedule that goes to another site takes its slots along; who is booked is displaced.
    """

    def __init__(self, trust: str, report: Report, now: datetime, named: Named | None) -> None:
        """`report` and `named` are filled as the lines go in."""
        self.trust, self.report, self.now, self.named = trust, report, now, named
        self._touched: set[datetime] = set()  # starts of slots that go along
        self._endangered: list[int] = []  # slots whose bookings cannot stand

    def take(self, lines: list[parse.Line]) -> None:
        """Put every line in, in this order, or refuse it by its number."""
        for number, _, resource in lines:
            is_location = isinstance(resource, parse.Location)
            self._try(number, resource, self._location if is_location else self._schedule)
        # Last, once every slot is locked: a booking locks its slot first, then the counters.
        if self._endangered:
            actor = f"feed {self.trust}"
            displaced = reserve.displace(self._endangered, now=self.now, actor=actor)
            self.report.displaced += len(displaced)
        changes.note_slots(self.trust, self._touched, now=self.now)

    def _try(self, number: int, resource: parse.Resource, put: Callable[[int, Any], None]) -> None:
        try:
            put(number, resource)
        except Refused as error:
            item = f"{type(resource).__name__}/{resource.id}"
            self.report.refuse(number, error, item)
            if self.named is not None:
                self.named.refused(error, item)

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
        fed_at = parse.stamp(resource, self.now)
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
