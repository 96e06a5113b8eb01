"""Nobody is lost: the state of every referral that has not ended, and those that have none.

The rule (docs/referrals.md): every such referral is, at every moment, exactly one of the states
below. What is in none of them nobody will ever think of again.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, TextChoices, Value, When

from booking.models import Appointment, Offer, Referral, WorklistRow
from booking.models.appointment import LIVE
from booking.worklists.chasing import waiting
from booking.worklists.rows import Kind

CLOCK_MAY_BE_LATE = timedelta(minutes=30)
"""The clock opens rows every 15 minutes; what came due in the last two turns may still wait."""


class State(TextChoices):
    """Where a referral stands; the first that fits."""

    TO_COME = "to_come", "live appointment to come"
    UNMARKED = "unmarked", "past and unmarked, on the list Did they come?"
    ON_ROW = "on_row", "on an open row"
    OFFERED = "offered", "asked about a time that is kept"
    WAITING = "waiting", "waiting within its chase time"
    LOST = "lost", "lost"


def open_referrals(now: datetime) -> QuerySet[Any]:
    """Return every referral that has not ended: Referral, with its `state` beside its fields."""
    late = now - CLOCK_MAY_BE_LATE
    live = Appointment.objects.filter(referral=OuterRef("pk"), status__in=LIVE)
    on_row = WorklistRow.objects.filter(referral=OuterRef("pk"), closed_at=None)
    asked_about = Offer.objects.filter(
        referral=OuterRef("pk"), state=Offer.State.OPEN, until__gt=late
    )
    # A live appointment that is over counts only while its own row is open, whatever else is.
    over = Exists(live.filter(end__lte=now))
    asked = Exists(on_row.filter(kind=Kind.UNMARKED)) | _ends_after(late, live)
    return Referral.objects.filter(ended_at=None).annotate(
        state=Case(
            When(_ends_after(now, live), then=Value(State.TO_COME)),
            When(over & Q(asked), then=Value(State.UNMARKED)),
            When(over, then=Value(State.LOST)),
            When(Exists(on_row), then=Value(State.ON_ROW)),
            When(Exists(asked_about), then=Value(State.OFFERED)),
            When(waiting(late), then=Value(State.WAITING)),
            default=Value(State.LOST),
        )
    )


def _ends_after(moment: datetime, live: QuerySet[Appointment]) -> Q:
    """Return that a live appointment, or the second visit of one, ends after a moment."""
    return Exists(live.filter(end__gt=moment)) | Exists(live.filter(parts__end__gt=moment))


def lost(now: datetime) -> QuerySet[Referral]:
    """Return the referrals that nobody will think of again: there should be none."""
    return open_referrals(now).filter(state=State.LOST).order_by("pk")
