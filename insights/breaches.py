"""Who will have waited six weeks in the next six, by day; their names for who may see them."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Q, QuerySet

from insights.models import BreachToCome
from insights.small_numbers import count

AHEAD = timedelta(weeks=6)
SHOWN = 100
"""Names on a page, at most: the most pressing first."""


@dataclass(frozen=True)
class BreachDay:
    """One day's breaches: of one's own trusts exactly, of all others together rounded."""

    day: date
    not_booked: int
    booked_late: int
    others: str

    @property
    def own(self) -> int:
        """All of one's own."""
        return self.not_booked + self.booked_late


@dataclass(frozen=True)
class ToCome:
    """The days on which anybody's wait reaches six weeks, and when that was worked out."""

    days: list[BreachDay]
    built_at: datetime | None


def to_come(trusts: Collection[str], modality: str, *, today: date) -> ToCome:
    """Return the breaches from `today` on for six weeks, by day."""
    rows = _ahead(modality, today)
    own: dict[str, Counter[date]] = {"not_booked": Counter(), "booked_late": Counter()}
    others: Counter[date] = Counter()
    by_day = rows.values_list("trust", "breach_day").annotate(
        none=Count("pk", filter=Q(booked_for=None)),
        late=Count("pk", filter=Q(booked_for__isnull=False)),
    )
    for trust, day, none, late in by_day.order_by():
        if trust in trusts:
            own["not_booked"][day] += none
            own["booked_late"][day] += late
        else:
            others[day] += none + late
    days = sorted({*own["not_booked"], *own["booked_late"], *others})
    built = BreachToCome.objects.order_by("-built_at").values_list("built_at", flat=True).first()
    return ToCome(
        [
            BreachDay(
                day,
                own["not_booked"][day],
                own["booked_late"][day],
                count(others[day], exact=False),
            )
            for day in days
        ],
        built,
    )


def people(trusts: Collection[str], modality: str, day: date, *, today: date) -> list[BreachToCome]:
    """Return who breaches on a day, of these trusts alone: with referral, patient and exam.

    Who was scanned or taken off since the night before is left out.
    """
    rows = _ahead(modality, today).filter(trust__in=trusts, breach_day=day, referral__ended_at=None)
    named = rows.select_related("referral__patient", "referral__exam")
    return list(named.order_by(F("booked_for").asc(nulls_first=True), "pk")[:SHOWN])


def _ahead(modality: str, today: date) -> QuerySet[BreachToCome]:
    """Return who has no time on or before the last day of the standard, of six weeks' days."""
    rows = BreachToCome.objects.filter(breach_day__gte=today, breach_day__lt=today + AHEAD)
    return rows.filter(modality=modality) if modality else rows
