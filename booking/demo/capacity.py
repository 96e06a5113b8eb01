"""Six weeks of invented capacity, as one trust's system would send it: FHIR NDJSON lines."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q

from booking.exchange.feeds.parse import CAPACITY, DICOM, ODS_SITE, OUR_SITE
from sites import places
from sites.models import Scanner, Site
from times.london import LONDON

DAYS = 42
MINUTES = {"CT": 20, "MR": 30, "DX": 15, "BMD": 20, "NM": 60, "US": 20}
SHARED = {"DX": 2}
"""X-ray rooms take two people at a time in the demo."""
FREE_SHARE, BUSY_SHARE = 0.16, 0.25
"""Of all times: still free, already booked by the trust itself. The rest is not sent."""


def lines(trust: str, today: date, days: int | None = None) -> Iterator[bytes]:
    """Yield a trust's Locations, Schedules and Slots of the next `days`, DAYS unless said.

    A scanner's day is always the same, whenever it is asked for, so that sending it again
    changes nothing.
    """
    own = Q(site__trust_id=trust) | Q(trust_id=trust)
    scanners = Scanner.objects.filter(own).select_related("site").order_by("pk")
    for site in {scanner.site for scanner in scanners if scanner.site}:
        yield _line(_location(site))
    for scanner in scanners:
        yield _line(_schedule(scanner))
    for scanner in scanners:
        for ahead in range(1, (days or DAYS) + 1):
            yield from _day(scanner, today + timedelta(days=ahead))


def _location(site: Site) -> dict[str, object]:
    identifier = (
        {"system": ODS_SITE, "value": site.ods_code}
        if site.ods_code
        else {"system": OUR_SITE, "value": site.slug}
    )
    return {
        "resourceType": "Location",
        "id": site.slug,
        "name": site.name,
        "identifier": [identifier],
    }


def _schedule_id(scanner: Scanner) -> str:
    if scanner.site is None:
        return scanner.code or ""
    return f"{scanner.site.slug}.{scanner.name}".lower().replace(" ", "-")[-64:]


def _schedule(scanner: Scanner) -> dict[str, object]:
    actor = f"Location/{scanner.site.slug}" if scanner.site else f"Device/{scanner.code}"
    return {
        "resourceType": "Schedule",
        "id": _schedule_id(scanner),
        "actor": [{"reference": actor}],
        "serviceType": [{"coding": [{"system": DICOM, "code": scanner.modality}]}],
    }


def _day(scanner: Scanner, day: date) -> Iterator[bytes]:
    chance = random.Random(f"{_schedule_id(scanner)} {day}")
    hours = _hours(scanner, day)
    if hours is None:
        return
    opens, closes = hours
    start = datetime.combine(day, time(opens), LONDON)
    step = timedelta(minutes=MINUTES[scanner.modality])
    stamp = datetime.combine(day - timedelta(days=DAYS + 30), time(3), UTC).isoformat()
    while start.astimezone(LONDON).hour < closes:
        luck = chance.random()
        if luck < FREE_SHARE + BUSY_SHARE:
            status = "free" if luck < FREE_SHARE else "busy"
            yield _line(_slot(scanner, start, step, status, stamp))
        start = (start.astimezone(UTC) + step).astimezone(LONDON)


def _hours(scanner: Scanner, day: date) -> tuple[int, int] | None:
    """Return from when until when a scanner works on a day (hours), None if it does not."""
    if scanner.site is None:
        visit = places.visit_on(scanner.pk, day)
        return (visit.opens.hour, visit.closes.hour) if visit else None
    weekend = day.weekday() >= 5
    if weekend and scanner.modality not in ("CT", "MR") and scanner.site.kind != "cdc":
        return None
    return (9, 17) if weekend else (8, 20)


def _slot(
    scanner: Scanner, start: datetime, step: timedelta, status: str, stamp: str
) -> dict[str, object]:
    slot: dict[str, object] = {
        "resourceType": "Slot",
        "id": f"{scanner.pk}-{start:%Y%m%d-%H%M}",
        "meta": {"lastUpdated": stamp},
        "schedule": {"reference": f"Schedule/{_schedule_id(scanner)}"},
        "status": status,
        "start": start.isoformat(),
        "end": (start.astimezone(UTC) + step).astimezone(LONDON).isoformat(),
    }
    if scanner.modality in SHARED:
        slot["extension"] = [{"url": CAPACITY, "valueInteger": SHARED[scanner.modality]}]
    return slot


def _line(resource: dict[str, object]) -> bytes:
    return json.dumps(resource, separators=(",", ":")).encode() + b"\n"
