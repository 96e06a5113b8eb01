"""What slots stand on: a trust's Locations and Schedules, each by itself.

A body that names hundreds says of nearly all what is stored: those are passed over without a turn.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q

from booking.appointments import reserving
from booking.appointments.places_changed import let_go_of_holds
from booking.exchange import fhir_systems
from booking.exchange.feeds import abilities_changed, losses, parse, stop_sites
from booking.exchange.feeds.authoritative import AuthoritativeBody
from booking.exchange.feeds.line_subject import subject_of
from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.models import FeedLocation, LostSlot, Schedule, Slot
from sites.models import Site

Parent = parse.Location | parse.Schedule
Line = tuple[int, bytes, Parent]


class _Target(NamedTuple):
    """A row as its trust wants it, beside the one that is stored, if it is."""

    stored: FeedLocation | Schedule | None
    fields: dict[str, Any]
    fed_at: datetime

    @property
    def what(self) -> str:
        """What comes of it."""
        if self.stored is None:
            return "created"
        if self.fed_at < self.stored.fed_at:
            return "stale"
        same = all(getattr(self.stored, name) == value for name, value in self.fields.items())
        return "unchanged" if same else "updated"


def changed_lines(
    trust: str,
    lines: Sequence[Line],
    report: Report,
    *,
    now: datetime,
    seen: AuthoritativeBody | None,
) -> list[Line]:
    """Return the lines that have to be put in or refused; count the others."""
    found, doubtful = [], set()
    for line in lines:
        number, _, resource = line
        try:
            target = _target(trust, resource, now)
        except LineRefused:
            target = None
        if target and target.what in ("unchanged", "stale") and resource.id not in doubtful:
            report.count(number, target.what)
            _name(target.stored, seen)
        else:
            doubtful.add(resource.id)
            found.append(line)
    return found


def apply(
    trust: str,
    lines: Sequence[Line],
    report: Report,
    transactions: WriteTransactions,
    *,
    now: datetime,
    seen: AuthoritativeBody | None,
) -> None:
    """Put every line in, in this order, or refuse it by its number. Belongs in a turn.

    A schedule that goes to another site takes its slots along; who is booked is displaced.
    """
    for number, text, resource in lines:
        try:
            target = _target(trust, resource, now)
        except LineRefused as error:
            item = f"{type(resource).__name__}/{resource.id}"
            report.refuse(number, error, item)
            if seen is not None:
                # It may be a Slot with a slip in its resourceType.
                error.schedule = subject_of(text)[1]
                seen.refused(number, error, item)
            continue
        report.count(number, target.what)
        _name(_write(trust, resource, target, transactions, now), seen)


def _target(trust: str, resource: Parent, now: datetime) -> _Target:
    """Return a Location or Schedule matched to our site. Raises Refused."""
    stored: FeedLocation | Schedule | None
    key = {"trust_id": trust, "external_id": resource.id}
    if isinstance(resource, parse.Location):
        fields: dict[str, Any] = {"site_id": _site(trust, resource).pk}
        stored = FeedLocation.objects.filter(**key).first()
    else:
        fields = _where(trust, resource, now)
        stored = Schedule.objects.filter(**key).first()
        if stored and stored.modality != fields["modality"]:
            raise LineRefused(
                "conflict", f"it was {stored.modality} before. Send a new Schedule with its own id."
            )
        if stored and fields["scanner_id"] and stored.scanner_id == fields["scanner_id"]:
            # Its slots go with the scanner; this only says where it began.
            fields["site_id"] = stored.site_id
    return _Target(stored, fields, parse.stamp(resource, now))


def _site(trust: str, location: parse.Location) -> Site:
    system, value = location.site_identifier()
    by = {"ods_code": value} if system == fhir_systems.ODS_SITE else {"slug": value}
    site = Site.objects.filter(**by).first()
    if site is None:
        raise LineRefused("not-found", f"identifier {value}: we have no such site.")
    if site.trust_id != trust:
        raise LineRefused("forbidden", f"identifier {value} is another trust’s site.")
    return site


def _where(trust: str, schedule: parse.Schedule, now: datetime) -> dict[str, Any]:
    """Return the modality of a schedule, its site, and its scanner if that is a mobile one."""
    modality, location = schedule.modality(), None
    scanner = stop_sites.scanner_of(trust, schedule.device_ids(), modality)
    if scanner:
        site_id = stop_sites.first_site(scanner, now)
    else:
        name = schedule.location_id()
        location = FeedLocation.objects.of_trust(trust).filter(external_id=name).first()
        if location is None:
            raise LineRefused("not-found", f"actor names Location/{name}: send it first.")
        site_id = location.site_id
    return {
        "modality": modality,
        "site_id": site_id,
        "location_id": location and location.pk,
        "scanner_id": scanner and scanner.pk,
        "is_reserved": schedule.is_reserved(),
    }


def _write(
    trust: str, resource: Parent, target: _Target, transactions: WriteTransactions, now: datetime
) -> FeedLocation | Schedule:
    stored, fields = target.stored, {**target.fields, "fed_at": target.fed_at}
    if stored is None:
        model = FeedLocation if isinstance(resource, parse.Location) else Schedule
        return model.objects.create(trust_id=trust, external_id=resource.id, **fields)
    if target.what == "updated":
        with abilities_changed.watched(_at_other_scanner(stored, fields), now=now):
            type(stored).objects.filter(pk=stored.pk).update(**fields)
        if isinstance(stored, Schedule) and stored.is_reserved != fields["is_reserved"]:
            _, starts = reserving.work_out(trust, stored.modality, now=now)
            transactions.changed(starts, [])
        if isinstance(stored, FeedLocation):
            _relocate_schedules(stored, fields["site_id"], transactions, now)
        elif fields["scanner_id"] is None and fields["site_id"] != stored.site_id:
            _relocate(stored, fields["site_id"], transactions, now)
    return stored


def _at_other_scanner(stored: FeedLocation | Schedule, fields: dict[str, Any]) -> int | None:
    """Return the key of a schedule that another scanner is named for."""
    is_other = isinstance(stored, Schedule) and stored.scanner_id != fields["scanner_id"]
    return stored.pk if is_other else None


def _relocate_schedules(
    location: FeedLocation, site_id: int, transactions: WriteTransactions, now: datetime
) -> None:
    """Take the schedules at a Location that names another site now along, with their slots.

    One of which we do not know its Location was at this one if the trust has no other there.
    """
    own = FeedLocation.objects.of_trust(location.trust_id)
    is_only_one = not own.filter(site=location.site_id).exclude(pk=location.pk).exists()
    there = Q(location=location.pk)
    if is_only_one:
        there |= Q(location=None, scanner=None, site=location.site_id)
    at_it = Schedule.objects.of_trust(location.trust_id).filter(there)
    for schedule in at_it.exclude(site=site_id).order_by("pk"):
        Schedule.objects.filter(pk=schedule.pk).update(site_id=site_id, location=location.pk)
        _relocate(schedule, site_id, transactions, now)


def _relocate(
    schedule: Schedule, site_id: int, transactions: WriteTransactions, now: datetime
) -> None:
    """Take a schedule's slots to its new place, but those that are booked: they are a loss.

    Who was choosing one of them saw the old place, and has to choose again.
    """
    coming = Slot.objects.filter(schedule=schedule, start__gt=now)
    let_go_of_holds(now=now, schedule=schedule)
    of_us = Q(status=Slot.Status.FREE, free_at=None)
    back = coming.filter(site_id=site_id).values_list("pk", flat=True)
    losses.drop_moved(list(back), now=now)
    booked = list(coming.filter(of_us).exclude(site_id=site_id).values_list("pk", flat=True))
    losses.add(schedule.trust_id, booked, LostSlot.Why.PLACE, now=now)
    coming.exclude(pk__in=booked).update(site_id=site_id, line_digest=0)
    transactions.changed(coming.values_list("start", flat=True), [])


def _name(stored: FeedLocation | Schedule | None, seen: AuthoritativeBody | None) -> None:
    """Note that the body speaks for a schedule."""
    if seen is not None and isinstance(stored, Schedule):
        seen.schedule(stored.pk)
