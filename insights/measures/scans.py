"""Appointments of a day that took their time: scans that were done, and times nobody came to."""

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from booking.models import Appointment
from insights.days import bounds
from insights.measures.base import Counter
from insights.measures.known import of_appointment
from insights.measures.rows import DaysUntil, Sums, figures_together
from insights.measures.slots import CAME_TO_PASS, Status


def kept(day: date) -> QuerySet[Any, Any]:
    """Return appointments of that day that nobody else could have: scans, missed, and all of them.

    A scan's `total` is days from clock start.
    """
    begins, ends = bounds(day)
    found = Appointment.objects.filter(status__in=CAME_TO_PASS, start__gte=begins, start__lt=ends)
    waited = DaysUntil("referral__clock_start", day)
    return figures_together(
        found,
        of_appointment(day),
        Sums(total=waited, of=Q(status=Status.ATTENDED)),
        Sums(of=Q(status=Status.DID_NOT_ATTEND)),
        Sums(),
    )


SCANS = Counter("scans", kept)
MISSED = Counter("did_not_attend", kept, place=1)
BOOKED = Counter("booked", kept, place=2)
