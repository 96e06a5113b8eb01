"""Appointments that did not come to pass: cancelled by whom, taken away."""

from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

from booking.models import Appointment, AuditAction, Referral
from insights.acts import by_whom, standing
from insights.days import at, bounds
from insights.measures.base import Counter
from insights.measures.known import of_appointment
from insights.measures.rows import figures
from insights.measures.slots import CAME_TO_PASS

NOTICE = {"0": 1, "1-2": 3, "3-7": 8}
"""Days of notice, each with before how many midnights after the act such times begin."""
LONGER = "8+"
SHORT_NOTICE = ("0", "1-2")
REBOOKED, REFUSED, ENDED, WAITS = "rebooked", "refused", "ended", "waits"
"""What became of who was displaced; ended: the request is over without a scan, for another reason
than that the patient does not want it."""


def cancelled(day: date) -> QuerySet[Any, Any]:
    """Return cancellations made on that day, by whom and with how much notice.

    One that was taken back does not count. Groups are "patient 1-2", "us 8+" and so on.
    """
    acts = _acts(day, [AuditAction.CANCELLED])
    group = Concat(by_whom(), Value(" "), _notice(day))
    return figures(acts, of_appointment(day, "appointment__", group))


def displaced(day: date) -> QuerySet[Any, Any]:
    """Return appointments that a trust took away on that day, by how it ended for the patient."""
    after = Appointment.objects.filter(
        referral=OuterRef("referral"), booked_at__gte=OuterRef("at"), status__in=CAME_TO_PASS
    )
    same = Q(appointment__status__in=CAME_TO_PASS)
    is_over = Q(referral__ended_at__isnull=False)
    not_wanted = is_over & Q(referral__end_reason=Referral.End.NOT_WANTED)
    how = Case(
        When(Exists(after) | same, then=Value(REBOOKED)),
        When(not_wanted, then=Value(REFUSED)),
        When(referral__ended_at__isnull=False, then=Value(ENDED)),
        default=Value(WAITS),
        output_field=CharField(),
    )
    acts = _acts(day, [AuditAction.DISPLACED, AuditAction.REFUSED])
    return figures(acts, of_appointment(day, "appointment__", how))


def _acts(day: date, actions: list[AuditAction]) -> QuerySet[Any, Any]:
    begins, ends = bounds(day)
    return standing(actions).filter(at__gte=begins, at__lt=ends)


def _notice(day: date) -> Combinable:
    """Return how many days before its own an appointment was cancelled, in England's days."""
    spans = [
        When(appointment__start__lt=at(day + timedelta(days=until)), then=Value(words))
        for words, until in NOTICE.items()
    ]
    return Case(*spans, default=Value(LONGER), output_field=CharField())


CANCELLED = Counter("cancelled", cancelled)
DISPLACED = Counter("displaced", displaced)
