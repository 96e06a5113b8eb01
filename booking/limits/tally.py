"""Counts what one sender does in a stretch of time, in the database: all processes share it.

A count is one conditional UPDATE while there is room, so that no two calls take the last of it.
`now` is passed in, aware, UTC.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.crypto import salted_hmac

from booking.models import Tally
from booking.models.prepared import Statement

KEPT_SECONDS = 2 * 3600
"""How long counts are kept: longer than the longest stretch."""
COUNT = Statement.named(
    "UPDATE booking_tally SET times = times + 1"
    " WHERE who_hash = %(who)s AND since = %(since)s AND times < %(most)s"
)
"""One more, if there is room: at nearly every request of a patient, so written once."""


@dataclass(frozen=True)
class Limit:
    """How often one sender may do something in a stretch of so many seconds; 0: no limit."""

    name: str
    times: int
    seconds: int = 60


def count(limit: Limit, who: str, *, now: datetime) -> int:
    """Count one more of `who`; return 0, or the seconds until there is room again.

    What finds no room is not counted: whoever goes on trying waits no longer for it.
    """
    if not limit.times:
        return 0
    second = int(now.timestamp())
    since = second - second % limit.seconds
    mine = {"who": _hash(limit, who), "since": since, "most": limit.times}
    this_time = Tally.objects.filter(pk=mine["who"], since=since)
    for _ in range(2):
        if COUNT.changed(mine):
            return 0
        # Not merely whether it has begun: another process may have begun it just now.
        if this_time.filter(times__gte=limit.times).exists():
            break
        _begin(_hash(limit, who), since)
    return since + limit.seconds - second


def take_back(limit: Limit, who: str, *, now: datetime) -> None:
    """Count one less: what was counted before it was known turned out to be right."""
    second = int(now.timestamp())
    mine = Tally.objects.filter(pk=_hash(limit, who), since=second - second % limit.seconds)
    mine.filter(times__gt=0).update(times=F("times") - 1)


def _begin(who_hash: str, since: int) -> None:
    """Begin a stretch with none counted, unless another process just did."""
    Tally.objects.filter(pk=who_hash).exclude(since=since).update(since=since, times=0)
    Tally.objects.filter(since__lt=since - KEPT_SECONDS).delete()
    Tally.objects.bulk_create([Tally(who_hash=who_hash, since=since)], ignore_conflicts=True)


def _hash(limit: Limit, who: str) -> str:
    return salted_hmac(
        "booking.limits.tally", f"{limit.name} {who}", algorithm="sha256"
    ).hexdigest()
