"""Slots of mobile scanners: each is at the scanner's stop of its day, whatever happens to stops."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from django.utils import timezone

from booking.exchange.feeds.parse import LineRefused
from booking.models import Appointment
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


def why_keep(site_id: int) -> str:
    """Return why a site may not be closed: the last appointment to come there."""
    coming = Appointment.objects.filter(site_id=site_id, status__in=LIVE, start__gt=timezone.now())
    last = coming.order_by("-start").first()
    return f"somebody has an appointment there on {say_date(last.start)}" if last else ""
