"""Keeps the figures as the rows are: today, yesterday, and every day that was corrected since.

Each run looks at what changed since the last one, however long ago the day is that it is about.
"""

import time
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.db.models.functions import TruncDate

from booking.models import (
    Alert,
    Appointment,
    AuditAction,
    AuditEntry,
    FrozenSlot,
    LostSlot,
    Offer,
    Referral,
)
from insights import freshness, invented, resuming
from insights.building import count
from insights.days import days_between
from insights.models import CountedDay, Counting, Travelled
from notifications.models import Message
from times.london import LONDON, day_in_england

NAME = "figures"
OVERLAP = timedelta(minutes=10)
"""What was committed so long after its own moment is still seen by the next run."""
BUSY_FOR = timedelta(hours=1)
"""Somebody who counts and says nothing for so long has died."""
CORRECTIONS = [
    AuditAction.URGENCY_CHANGED,
    AuditAction.EXAM_CHANGED,
    AuditAction.ADDED_TO,
    AuditAction.ENDED,
    AuditAction.REOPENED,
]
"""Acts on a request that change what its appointments are known by, or since when it waited."""
BACKDATED = [one for one in CORRECTIONS if one is not AuditAction.ENDED]
"""Those that change how it was counted at the ends of months past; an end is of its own day."""
LOST = [AuditAction.DISPLACED, AuditAction.REFUSED]
NIGHTLY = timedelta(days=7)
"""So far back days are counted again each night, for what leaves no trace: a feed's old times."""


class AlreadyCounting(Exception):
    """Somebody else counts just now."""


def keep(now: datetime) -> list[date]:
    """Count what changed since the last run; return the days. Raises AlreadyCounting.

    Where the figures are invented nothing is counted: real ones never mix with them in silence.
    """
    if invented.stands():
        return []
    claim(now)
    try:
        freshness.look(now)
        seen = Counting.objects.get(name=NAME).seen
        days = changed_days(seen - OVERLAP, now) if seen else last_days(now)
        requests = _requests(seen - OVERLAP) if seen else None
        count(
            days,
            today=day_in_england(now),
            waits_since=_waits_since(seen - OVERLAP) if seen else None,
            requests=requests,
            after=_renewing(now),
        )
        Counting.objects.filter(name=NAME).update(seen=now)
    finally:
        release()
    return days


def rebuild(
    first: date,
    last: date,
    now: datetime,
    after: Callable[[date], None] = lambda _day: None,
    *,
    replace_invented: bool = False,
    since: date | None = None,
) -> None:
    """Count every day from `first` to `last` anew. Raises AlreadyCounting.

    Invented figures go first if they may be replaced, else it raises FiguresAreInvented.

    `after` is told each day that is done. What changes meanwhile is seen by the next run. With
    `since` it goes on there, where one of the same days was stopped (insights/resuming.py).
    """
    claim(now)
    renew = _renewing(now)

    def done(day: date) -> None:
        renew(day)
        resuming.done(day)
        after(day)

    try:
        invented.make_way_for_real(replace=replace_invented)
        if since is None:
            resuming.begin(first, last)
        Counting.objects.filter(name=NAME, seen=None).update(seen=now)
        today = min(last, day_in_england(now))
        days = days_between(since or first, last)
        count(days, today=today, waits_since=first, after=done)
        resuming.over()
    finally:
        release()


def claim(now: datetime) -> None:
    """Make the counting one's own, from somebody who died too. Raises AlreadyCounting."""
    Counting.objects.get_or_create(name=NAME)
    free = Counting.objects.filter(Q(busy_until=None) | Q(busy_until__lt=now), name=NAME)
    if not free.update(busy_until=now + BUSY_FOR):
        raise AlreadyCounting


def _renewing(now: datetime) -> Callable[[date], None]:
    """Return what says, day by day, that who claimed at `now` is still alive."""
    begun = time.monotonic()

    def renew(_day: date) -> None:
        alive = now + timedelta(seconds=time.monotonic() - begun)
        Counting.objects.filter(name=NAME).update(busy_until=alive + BUSY_FOR)

    return renew


def release() -> None:
    """Let the next one count."""
    Counting.objects.filter(name=NAME).update(busy_until=None)


def last_days(now: datetime) -> list[date]:
    """Return yesterday and today."""
    today = day_in_england(now)
    return [today - timedelta(days=1), today]


def changed_days(since: datetime, now: datetime) -> list[date]:
    """Return the days, up to today, of which anything may have changed since then; and the last."""
    begins, today = day_in_england(since), day_in_england(now)
    found = {*last_days(now), *days_between(begins, today)}
    if begins < today:
        found.update(days_between(begins - NIGHTLY, today))
    for days in _changed(since):
        found.update(days)
    return sorted(day for day in found if day <= today)


def _waits_since(since: datetime) -> date | None:
    """Return since when those waited who came in, or were counted otherwise, since then."""
    changed = AuditEntry.objects.filter(at__gte=since, action__in=BACKDATED)
    came = Referral.objects.filter(created_at__gte=since).values("pk")
    found = Referral.objects.filter(pk__in=came.union(changed.values("referral")))
    first: date | None = found.aggregate(first=Min("clock_start"))["first"]
    return first


def _requests(since: datetime) -> QuerySet[Any, Any]:
    """Return the keys of the requests that came, ended or were scanned since then, and such."""
    came = Referral.objects.filter(created_at__gte=since).values("pk")
    touched = Appointment.objects.filter(changed_at__gte=since).values("referral")
    return came.union(touched, _corrected(since).values("referral"))


def _corrected(since: datetime) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(at__gte=since, action__in=CORRECTIONS, referral__isnull=False)


def _changed(since: datetime) -> Iterable[Iterable[date]]:
    """Yield the days of what was touched: where it stands now, and where it was counted."""
    requests = _corrected(since).values("referral")
    of_requests = Appointment.objects.filter(referral__in=requests)
    changed = Appointment.objects.filter(changed_at__gte=since)
    touched = Appointment.objects.filter(
        pk__in=changed.values("pk").union(of_requests.values("pk"))
    )
    yield _days(touched, "start")
    yield CountedDay.objects.filter(appointment__in=touched.values("pk")).values_list(
        "day", flat=True
    )
    undone = AuditEntry.objects.filter(at__gte=since, action=AuditAction.UNDONE)
    about = Q(referral__in=requests) | Q(appointment__in=undone.values("appointment"))
    acts = AuditEntry.objects.filter(action__in=[AuditAction.CANCELLED, *LOST])
    yield _days(acts.filter(about), "at")
    again = AuditEntry.objects.filter(action__in=LOST, referral__in=touched.values("referral"))
    yield _days(again, "at")
    yield _days(Offer.objects.filter(referral__in=requests), "made_at")
    yield _days(Alert.objects.filter(referral__in=requests), "raised_at")
    of_them = Message.objects.filter(subject__in=touched.values("reference"))
    yield _days(of_them.filter(accepted_at__isnull=False), "accepted_at")
    yield _days(FrozenSlot.objects.filter(thawed_at__gte=since), "slot__start")
    yield _days(Travelled.objects.filter(found_at__gte=since), "appointment__start")
    yield _days(LostSlot.objects.filter(done_at__gte=since), "slot__start")
    yield _days(Offer.objects.filter(ended_at__gte=since), "made_at")
    yield _days(Alert.objects.filter(events__at__gte=since), "raised_at")
    # A text's words are forgotten after 30 days: no report of it comes so late.
    sent = Message.objects.filter(~Q(body=""), updated_at__gte=since, accepted_at__isnull=False)
    yield _days(sent, "accepted_at")


def _days(rows: QuerySet[Any], field: str) -> Iterable[date]:
    """Return the days in England on which a field of these rows is."""
    day = TruncDate(field, tzinfo=LONDON)
    return rows.order_by().values_list(day, flat=True).distinct()
