"""What became of the times that were there to be had."""

from datetime import date, datetime
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

from booking.models import Appointment, AppointmentPart, FrozenSlot, LostSlot, Slot
from booking.models.slot import EPOCH
from insights.days import bounds, hours_of
from insights.measures.base import Counter
from insights.measures.rows import Of, figures

TAKEN, UNUSED, LOST = "taken", "unused", "lost"
OUT_OF_HOURS = "+"
"""Stands behind the group of a time before 8am, from 6pm, at a weekend or on a bank holiday."""
OFFERED = (TAKEN, UNUSED, LOST)
Status = Appointment.Status
CAME_TO_PASS = [Status.PENDING, Status.BOOKED, Status.ATTENDED, Status.DID_NOT_ATTEND]
"""Of an appointment that took its time: nobody else could have it."""


def slots(day: date) -> QuerySet[Any, Any]:
    """Return the times of that day that were ever on sale, by what became of each.

    One that its trust never had to give (busy from the first, or withdrawn for another id of the
    same time) is none. A time to come is unused as long as nobody takes it.
    """
    begins, ends = bounds(day)
    there = Slot.objects.filter(start__gte=begins, start__lt=ends).annotate(
        what=_what_became(ends), hours_then=hours_of("start", day)
    )
    group = Concat("what", Case(When(hours_then=0, then=Value("")), default=Value(OUT_OF_HOURS)))
    of = Of(
        trust="trust",
        modality="modality",
        group=group,
        site="site",
        hours=hours_of("start", day),
    )
    return figures(there.exclude(what=""), of)


def _what_became(ends: datetime) -> Combinable:
    slot = OuterRef("pk")
    first = Appointment.objects.filter(slot=slot, status__in=CAME_TO_PASS)
    further = AppointmentPart.objects.filter(slot=slot, appointment__status__in=CAME_TO_PASS)
    frozen = FrozenSlot.objects.filter(slot=slot, thawed_at=None)
    taken_away = LostSlot.objects.filter(slot=slot, outcome=LostSlot.Outcome.TAKEN)
    return Case(
        When(Exists(first) | Exists(further), then=Value(TAKEN)),
        When(Exists(frozen) | Exists(taken_away), then=Value(LOST)),
        When(Q(status=Slot.Status.FREE, free_at__gte=EPOCH, free_at__lte=ends), then=Value(UNUSED)),
        default=Value(""),
        output_field=CharField(),
    )


SLOTS = Counter("slots", slots)
