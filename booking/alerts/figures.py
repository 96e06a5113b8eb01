"""How the alerts of a trust, or of all, are doing: for the banner, the screen and /metrics."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Count, DateTimeField, F, Max, Q, QuerySet, Sum, Value

from booking.models import Alert, Staff
from booking.models.alert import OPEN
from times.together import Part, read, rows_of
from times.written import Written

State = Alert.State
AGES = {
    "under 2 hours": timedelta(0),
    "2 to 24 hours": timedelta(hours=2),
    "1 to 3 days": timedelta(days=1),
    "3 days and over": timedelta(days=3),
}
"""Ages, by what each begins with."""
COUNTED = (
    "to_acknowledge", "to_book", "booked", "to_close", "late", "newest", "versions", "steps",
)  # fmt: skip
SHOWN = 5
"""How many of those counted are shown; the others only tell whether anything changed."""


@dataclass(frozen=True)
class Waiting:
    """How many open alerts the trusts of somebody have, by what is to be done next.

    `to_close` are those whose request has ended: a lead closes them, and nothing else is due.
    `seen` is another one whenever any of them changed.
    """

    to_acknowledge: int
    to_book: int
    booked: int
    to_close: int
    late: int
    seen: str

    @property
    def to_do(self) -> int:
        """How many want somebody to do something now."""
        return self.to_acknowledge + self.to_book + self.to_close


@dataclass(frozen=True)
class Totals:
    """All open alerts of the network, for those who watch the service."""

    by_age: dict[str, int]
    past_acknowledge: int
    past_book: int
    past_scan: int


def waiting(staff: Staff, now: datetime) -> Waiting:
    """Count the alerts of somebody's trusts, in one query."""
    return read(waiting_for(staff.pk, now))


def waiting_for(staff_id: int, now: datetime) -> Part[Waiting]:
    """Count the alerts of the trusts of whoever has this key."""
    counted = _COUNTED_FOR(staff_id=staff_id, now=now)
    (found,) = (yield from rows_of(counted)) or [[0] * len(COUNTED)]
    to_acknowledge, to_book, booked, to_close, late = found[:SHOWN]
    seen = ".".join(str(count or 0) for count in found)
    return Waiting(to_acknowledge, to_book, booked, to_close, late, seen)


def _counted_for(staff_id: Any, now: Any) -> QuerySet[Any, Any]:
    asked = Q(referral__ended_at=None)
    late = (
        Q(asked, state=State.RAISED, acknowledge_by__lt=now)
        | Q(asked, state=State.ACKNOWLEDGED, book_by__lt=now)
        | Q(asked, state=State.BOOKED, scan_by__lt=now)
    )
    open_ones = _of_trusts_of(staff_id).values(every=Value(1))
    counted = open_ones.annotate(
        to_acknowledge=Count("pk", filter=Q(asked, state=State.RAISED)),
        to_book=Count("pk", filter=Q(asked, state=State.ACKNOWLEDGED)),
        booked=Count("pk", filter=Q(asked, state=State.BOOKED)),
        to_close=Count("pk", filter=~asked),
        late=Count("pk", filter=late),
        newest=Max("pk"),
        versions=Sum("version"),
        steps=Sum(F("round") * 10 + F("level")),
    )
    return counted.values_list(*COUNTED)


_COUNTED_FOR = Written(_counted_for, staff_id=BigIntegerField(), now=DateTimeField())
"""Asked at every request of staff's: for what stands above each of their pages."""


def of_staff(staff: Staff) -> QuerySet[Alert]:
    """Return the open alerts of somebody's trusts, without asking which those are first."""
    return _of_trusts_of(staff.pk)


def _of_trusts_of(staff_id: Any) -> QuerySet[Alert]:
    trusts = Staff.trusts.through.objects.filter(staff_id=staff_id).values("trust_id")
    return Alert.objects.of_trusts(trusts).filter(state__in=OPEN)  # type: ignore[arg-type]


def totals(now: datetime) -> Totals:
    """Count all open alerts."""
    alerts = Alert.objects.filter(state__in=OPEN)
    begins = [*AGES.values(), None]
    counts = {}
    for (name, youngest), oldest in zip(AGES.items(), begins[1:], strict=True):
        of_age = alerts.filter(raised_at__lte=now - youngest)
        counts[name] = (of_age.filter(raised_at__gt=now - oldest) if oldest else of_age).count()
    asked = alerts.filter(referral__ended_at=None)
    return Totals(
        counts,
        asked.filter(state=State.RAISED, acknowledge_by__lt=now).count(),
        asked.filter(state__in=[State.RAISED, State.ACKNOWLEDGED], book_by__lt=now).count(),
        asked.filter(scan_by__lt=now).count(),
    )
