"""Suspected cancer: whether each step was in time, of the alerts that were raised on a day."""

from datetime import date
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from booking.models import Alert, AlertEvent
from insights.days import bounds
from insights.measures.base import Counter
from insights.measures.known import of_referral
from insights.measures.rows import figures

IN_TIME, LATE, OPEN = "in time", "late", "open"
Kind = AlertEvent.Kind


def acknowledged(day: date) -> QuerySet[Any, Any]:
    """Return alerts by whether somebody acknowledged them in time."""
    return _steps(day, Kind.ACKNOWLEDGED, "acknowledge_by")


def booked(day: date) -> QuerySet[Any, Any]:
    """Return alerts by whether the scan was booked in time, the first time it was."""
    return _steps(day, Kind.BOOKED, "book_by")


def scanned(day: date) -> QuerySet[Any, Any]:
    """Return alerts by whether the scan was done in time."""
    return _steps(day, Kind.SCANNED, "scan_by")


def _steps(day: date, step: Kind, by: str) -> QuerySet[Any, Any]:
    """Return the alerts raised that day, by when the step was done first.

    One that was closed without it is left out: nothing was due any more. One whose date has not
    come, or that waits though it has, is open.
    """
    begins, ends = bounds(day)
    events = AlertEvent.objects.filter(alert=OuterRef("pk"), kind=step).order_by()
    first = events.values("alert").annotate(first=Min("at")).values("first")
    raised = Alert.objects.filter(raised_at__gte=begins, raised_at__lt=ends).annotate(
        done_at=Subquery(first, output_field=DateTimeField())
    )
    how = Case(
        When(done_at__lte=F(by), then=Value(IN_TIME)),
        When(done_at__gt=F(by), then=Value(LATE)),
        default=Value(OPEN),
        output_field=CharField(),
    )
    due = raised.exclude(Q(state=Alert.State.CLOSED) & Q(done_at=None))
    return figures(due, of_referral(day, "referral__", how))


ACKNOWLEDGED = Counter("alerts_acknowledged", acknowledged)
BOOKED = Counter("alerts_booked", booked)
SCANNED = Counter("alerts_scanned", scanned)
