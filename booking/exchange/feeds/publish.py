"""What we publish of everybody's slots: weeks of them, each with a cheap mark of its state.

The mark of a week is made of its counters, which every booking and every import raises in its
own transaction, and of who is held just now; never of the content. It is read before the
content is, so content can be newer than its mark but never older.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import msgspec
from django.conf import settings
from django.db.models import F

from booking.changes import commit_numbers
from booking.changes.change_log import week_counter, week_of
from booking.exams import overlaps
from booking.exchange import fhir_resources
from booking.exchange.feeds.slot_lines import lines_of
from booking.models import EPOCH, Feed, ReservedShare, Schedule, Slot
from sites import places
from times.london import LONDON

WEEKS_AHEAD = 52
"""Weeks after this one that are published, if any slot lies that far ahead."""
FORMAT = 4
"""Raised when a slot's line changes its shape, so that nobody keeps the old one."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Week:
    """One week of slots as it stood: `first` and `last` are instants, `last` not included.

    `trusts` are those whose feed is fresh enough to be believed, `held` the slots that somebody
    was choosing, `reserved` those that are kept for suspected cancer. Held is published as
    busy, and never by whom, and so is what is reserved. All of it as it was `at` a moment.
    """

    first: datetime
    last: datetime
    trusts: tuple[str, ...]
    held: frozenset[int]
    reserved: frozenset[int]
    mark: str
    at: datetime


def weeks(now: datetime) -> list[date]:
    """Return the Mondays of this week and of each later one, up to the last with a slot."""
    this = week_of(now)
    end = _midnight(this + timedelta(weeks=WEEKS_AHEAD + 1))
    lasts = [
        Slot.objects.of_trust(trust).filter(start__lt=end).order_by("-start").values("start")[:1]
        for trust in _trusts()
    ]
    last = max((week_of(row["start"]) for rows in lasts for row in rows), default=this)
    return [this + timedelta(weeks=ahead) for ahead in range((last - this).days // 7 + 1)] or [this]


def is_week(day: date, *, now: datetime) -> bool:
    """Whether a day is the Monday of a week that may be published."""
    ahead = (day - week_of(now)).days
    return ahead % 7 == 0 and 0 <= ahead <= WEEKS_AHEAD * 7


def complete_at(published: list[date], *, now: datetime) -> datetime:
    """Return when the last change was made of any slot of these weeks."""
    values = commit_numbers.read(_counters(published)).values()
    return commit_numbers.moment_of(max(values)) if values else _midnight(week_of(now))


def look_at(week: date, *, now: datetime) -> Week:
    """Return a week's state and mark: a few queries, whatever the week holds."""
    today = now.astimezone(LONDON).date()
    first = _midnight(max(week, today))
    last = _midnight(week + timedelta(weeks=1))
    believed = tuple(sorted(f.trust_id for f in Feed.objects.all() if not f.is_unknown(now)))
    numbers = sorted(commit_numbers.read(_counters([week])).items())
    held = frozenset(
        Slot.objects.filter(
            held_by__isnull=False, free_at__gt=now, start__gte=first, start__lt=last
        ).values_list("pk", flat=True)
    )
    reserved = _reserved(believed, first, last, now)
    said = [
        FORMAT, settings.PUBLIC_BASE_URL, settings.HELP_PHONE,
        first.isoformat(), believed, numbers, sorted(held), sorted(reserved),
    ]  # fmt: skip
    return Week(first, last, believed, held, reserved, mark_of(_encode(said)), now)


def slot_lines(week: Week) -> Iterator[bytes]:
    """Yield the week's slots as NDJSON, many lines at a time: a trust's after another's, each in
    order of start.
    """
    for trust in week.trusts:
        taken = week.held | week.reserved | _blocked(trust, week)
        yield from lines_of(trust, week.first, week.last, taken)


def location_lines() -> bytes:
    """Return every place as NDJSON."""
    return b"".join(
        _encode(fhir_resources.location(place)) + b"\n" for place in places.table().places
    )


def schedule_lines(now: datetime) -> bytes:
    """Return every schedule as NDJSON: a mobile scanner's once for each site of its slots."""
    rows = {row.pk: row for row in Schedule.objects.order_by("pk")}
    pairs = [(row, row.site_id) for row in rows.values()]
    today = _midnight(now.astimezone(LONDON).date())
    elsewhere = (
        Slot.objects.filter(schedule__scanner__isnull=False, start__gte=today)
        .exclude(site_id=F("schedule__site_id"))
        .order_by("schedule_id", "site_id")
        .values_list("schedule_id", "site_id")
        .distinct()
    )
    pairs += [(rows[pk], site) for pk, site in elsewhere if pk in rows]
    return b"".join(_encode(fhir_resources.schedule(row, site)) + b"\n" for row, site in pairs)


def mark_of(said: bytes) -> str:
    """Return a weak ETag that stands for `said`."""
    return f'W/"{hashlib.sha256(said).hexdigest()[:32]}"'


def _blocked(trust: str, week: Week) -> set[int]:
    """Return the free slots that cannot be had: somebody has, or holds, a rival."""
    # Not by the slot's own trust: a planner that weighs that, too, reads all that the trust has.
    overlapping = Schedule.objects.of_trust(trust).filter(overlaps=True)
    free = Slot.objects.filter(
        schedule__in=overlapping, start__gte=week.first, start__lt=week.last, free_at__lte=week.at
    )
    found = set(free.values_list("pk", flat=True))
    if found:
        found -= set(overlaps.without_blocked(free, now=week.at).values_list("pk", flat=True))
    return found


def _reserved(
    trusts: Collection[str], first: datetime, last: datetime, now: datetime
) -> frozenset[int]:
    """Return the slots of a week that are kept for suspected cancer now: free to nobody else."""
    keep = {*ReservedShare.objects.filter(percent__gt=0).values_list("trust_id", flat=True)}
    keep |= {*Schedule.objects.filter(is_reserved=True).values_list("trust_id", flat=True)}
    whose = keep & set(trusts)
    if not whose:
        return frozenset()
    kept = Slot.objects.of_trusts(whose).filter(
        start__gte=first, start__lt=last, reserved_until__gt=now
    )
    # Said twice for the index, which has those alone that were ever kept.
    return frozenset(kept.filter(reserved_until__gt=EPOCH).values_list("pk", flat=True))


def _trusts() -> list[str]:
    return sorted({place.trust for place in places.table().places})


def _counters(published: list[date]) -> list[str]:
    return [week_counter(week, trust) for week in published for trust in _trusts()]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)
