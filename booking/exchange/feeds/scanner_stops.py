"""Slots of mobile scanners: each is at the scanner's stop of its day, whatever happens to stops."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from itertools import chain

from django.utils import timezone

from booking.appointments import booking
from booking.changes import change_log, feed_locks
from booking.exchange.feeds.parse import LineRefused
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Appointment, Slot
from booking.models.appointment import LIVE
from sites import places
from sites.models import Scanner, Stop
from times.london import LONDON, say_date

Stops = dict[int, list[tuple[date, date, int]]]
"""By mobile scanner: first and last day of each stop, both included, and its site."""


def read(scanner_ids: Collection[int]) -> Stops:
    """Return the stops of mobile scanners as the database has them: places.table() may be old."""
    found: Stops = defaultdict(list)
    stops = Stop.objects.filter(scanner_id__in=scanner_ids)
    columns = stops.values_list("scanner_id", "first_day", "last_day", "site_id")
    for scanner_id, first, last, site_id in columns:
        found[scanner_id].append((first, last, site_id))
    return found


def site_of(scanner_id: int, start: datetime, stops: Stops) -> int:
    """Return the site of a mobile scanner's slot. Raises Refused if it stands nowhere that day."""
    day = start.astimezone(LONDON).date()
    sites = [site for first, last, site in stops.get(scanner_id, []) if first <= day <= last]
    if not sites:
        raise LineRefused("not-found", f"the scanner has no stop on {day}: add the stop first.")
    return sites[0]


def scanner_of(trust: str, codes: list[str], modality: str) -> Scanner | None:
    """Return the mobile scanner among the devices that a schedule names, None if there is none.

    Devices that we do not know, or know as fixed, say nothing: the schedule's Location does.
    Raises Refused if it is another trust's, or scans something else.
    """
    scanner = Scanner.objects.filter(code__in=codes, site=None).first() if codes else None
    if scanner is None:
        return None
    if scanner.trust_id != trust:
        raise LineRefused("forbidden", f"Device/{scanner.code} is another trust’s scanner.")
    if scanner.modality != modality:
        raise LineRefused("value", f"Device/{scanner.code} is {scanner.modality}, not {modality}.")
    return scanner


def first_site(scanner: Scanner, now: datetime) -> int:
    """Return where a mobile scanner stands now, or stands next. Raises Refused if nowhere."""
    stops = places.table().stops.get(scanner.pk, [])
    if not stops:
        raise LineRefused("not-found", f"Device/{scanner.code} has no stops: add them first.")
    today = now.astimezone(LONDON).date()
    return next((stop for stop in stops if stop.last_day >= today), stops[-1]).site_id


def follow(scanner_ids: Collection[int]) -> None:
    """Put every slot to come of mobile scanners where their stops now say.

    Who was booked where one no longer stands is displaced, and told. No import of the scanners'
    trusts runs meanwhile: it would put slots where a scanner stood before. Every slot is moved
    before the first appointment is: then this never waits for who waits for it. Belongs at the
    end of the transaction that moved the stops.
    """
    trusts = Scanner.objects.filter(pk__in=scanner_ids).values_list("trust_id", flat=True)
    for trust in sorted(trusts.distinct()):
        feed_locks.lock_feed_exclusively(trust)
    now, moves, touched = timezone.now(), defaultdict(list), defaultdict(set)
    slots = Slot.objects.filter(schedule__scanner__in=scanner_ids, start__gt=now)
    for pk, scanner_id, trust, site_id, start in slots.exclude(
        status=Slot.Status.WITHDRAWN
    ).values_list("pk", "schedule__scanner_id", "trust_id", "site_id", "start"):
        visit = places.visit_on(scanner_id, start.astimezone(LONDON).date())
        if visit is None or visit.site_id != site_id:
            moves[visit.site_id if visit else None].append(pk)
            touched[trust].add(start)
    for to, slot_ids in moves.items():
        if to is not None:
            Slot.objects.filter(pk__in=slot_ids).update(site_id=to)
    booking.withdraw_slots(
        moves.pop(None, []),
        also_displace=list(chain(*moves.values())),
        now=now,
        actor=Actor(ActorKind.STOPS),
    )
    for trust, starts in touched.items():
        change_log.record_slot_changes(trust, starts, now=now)


def why_keep(site_id: int) -> str:
    """Return why a site may not be closed: the last appointment to come there."""
    coming = Appointment.objects.filter(site_id=site_id, status__in=LIVE, start__gt=timezone.now())
    last = coming.order_by("-start").first()
    return f"somebody has an appointment there on {say_date(last.start)}" if last else ""
