"""Who waits for a scan at the end of a day, by weeks as DM01 counts them."""

from datetime import date
from typing import Any

from django.db.models import CharField, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Least, Substr

from insights.measures.base import Counter
from insights.measures.known import of_referral
from insights.measures.rows import DaysUntil, Sums, figures_together
from insights.waits import open_on

DAYS, WEEKS = 7, 13
"""The last band of DM01 is 13 weeks and more: 91 days."""
BANDS = tuple(f"{week:02d}" for week in range(WEEKS + 1))
"""Whole weeks waited, floor(days / 7): 41 days are "05", inside six weeks; 42 are "06"."""
OVER_SIX_WEEKS, OVER_THIRTEEN_WEEKS = BANDS[6:], BANDS[WEEKS:]


def band_on(day: date, since: str) -> Combinable:
    """Return the band of the wait from the field `since` until that day."""
    weeks = Least(DaysUntil(since, day) / DAYS, WEEKS)
    return Substr(Cast(weeks + 100, CharField()), 2, 2)  # 105 is "05"


def waiting(day: date) -> QuerySet[Any, Any]:
    """Return who waits, by either clock; `total` is days since it was started.

    The first was started last (insights/clocks.py), the second is the request's, started once.
    """
    clocks = ("waits__clock", "clock_start")
    sums = [Sums(band_on(day, clock), DaysUntil(clock, day)) for clock in clocks]
    return figures_together(open_on(day), of_referral(day), *sums)


WAITING = Counter("waiting", waiting, is_stock=True)
FROM_REFERRAL = Counter("waiting_from_referral", waiting, is_stock=True, place=1)
DM01_TOTALS, NOT_IN_DM01 = (WAITING.code, FROM_REFERRAL.code), ("DX", "NM")
"""Counters whose totals are those of DM01, and what it does not count: X-ray, radionuclide."""
