"""How long people travelled to their scans, and how much longer than to the nearest place."""

from datetime import date
from typing import Any

from django.db.models import F, QuerySet

from booking.models import Appointment
from insights.days import bounds
from insights.measures.base import Counter
from insights.measures.known import of_appointment
from insights.measures.rows import figures


def journeys(day: date) -> QuerySet[Any, Any]:
    """Return scans of that day to which the journey is known; `total` is minutes by car."""
    return figures(_known(day), of_appointment(day), total=F("travelled__minutes"))


def further(day: date) -> QuerySet[Any, Any]:
    """Return the same; `total` is minutes more than to the nearest place that does such a scan."""
    more = F("travelled__minutes") - F("travelled__nearest")
    return figures(_known(day), of_appointment(day), total=more)


def _known(day: date) -> QuerySet[Any, Any]:
    begins, ends = bounds(day)
    return Appointment.objects.filter(
        status=Appointment.Status.ATTENDED, start__gte=begins, start__lt=ends,
        travelled__minutes__isnull=False,
    )  # fmt: skip


JOURNEYS = Counter("journeys", journeys)
FURTHER = Counter("journeys_further", further)
