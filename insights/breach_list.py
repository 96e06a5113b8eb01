"""Looks who will have waited too long in the next six weeks; names them for those who may see.

`now` is passed in, aware, UTC. Requests read the table, never this.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from booking.models import Appointment, Referral
from booking.models.appointment import LIVE
from booking.waits.targets import BREACH_DAYS, breach_day
from insights.models import BreachToCome
from times.london import day_in_england

AHEAD = timedelta(weeks=6)
"""Today and the 41 days after it."""
BATCH = 2_000


def build(now: datetime) -> int:
    """Build the list anew, in one transaction, and return how long it is."""
    with transaction.atomic():
        BreachToCome.objects.all().delete()
        found, length = _found(now), 0
        while some := list(islice(found, BATCH)):
            length += len(BreachToCome.objects.bulk_create(some))
        return length


def _found(now: datetime) -> Iterator[BreachToCome]:
    """Yield who has no time on or before their breach day."""
    today = day_in_england(now)
    names = ("pk", "trust", "exam__modality", "urgency", "clock_start", "live_start")
    rows = _open(today).values_list(*names).order_by("pk")
    for pk, trust, modality, urgency, clock_start, start in rows.iterator(BATCH):
        breach = breach_day(urgency, clock_start)
        booked_for = day_in_england(start) if start else None
        if booked_for is None or booked_for > breach:
            yield BreachToCome(
                referral_id=pk, trust=trust, modality=modality, urgency=urgency,
                breach_day=breach, booked_for=booked_for, built_at=now,
            )  # fmt: skip


def _open(today: date) -> QuerySet[Any, Any]:
    """Return open requests whose breach day comes, each with when its live time starts."""
    comes = Q()
    for urgency, days in BREACH_DAYS.items():
        first = today - timedelta(days=days)
        comes |= Q(urgency=urgency, clock_start__gte=first, clock_start__lt=first + AHEAD)
    of_it = Appointment.objects.filter(referral=OuterRef("pk"))
    return Referral.objects.filter(
        comes, ~Exists(of_it.filter(status=Appointment.Status.ATTENDED)), ended_at=None
    ).annotate(live_start=Subquery(of_it.filter(status__in=LIVE).values("start")[:1]))
