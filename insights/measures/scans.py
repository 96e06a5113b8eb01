"""Scans that were done, with how long each person had waited."""

from datetime import date
from typing import Any

from django.db.models import QuerySet

from booking.models import Appointment
from insights.days import bounds
from insights.measures.base import Counter
from insights.measures.known import of_appointment
from insights.measures.rows import DaysUntil, figures


def scans(day: date) -> QuerySet[Any, Any]:
    """Return appointments of that day that were attended; `total` is days from clock start."""
    begins, ends = bounds(day)
    done = Appointment.objects.filter(
        status=Appointment.Status.ATTENDED, start__gte=begins, start__lt=ends
    )
    return figures(done, of_appointment(day), total=DaysUntil("referral__clock_start", day))


SCANS = Counter("scans", scans)
