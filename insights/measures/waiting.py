"""Who waits for a scan at the end of a day, by weeks as DM01 counts them."""

from datetime import date
from typing import Any

from django.db.models import CharField, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Least, Substr

from insights.measures.base import Counter
from insights.measures.known import of_referral
from insights.measures.rows import DaysUntil, figures
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
    """Return who waits; `total` is days since the clock was started last (insights/clocks.py)."""
    return _since(day, "waits__clock")


def from_referral(day: date) -> QuerySet[Any, Any]:
    """Return who waits; `total` is days since the clock of the request, never started again."""
    return _since(day, "clock_start")


def _since(day: date, clock: str) -> QuerySet[Any, Any]:
    of = of_referral(day, group=band_on(day, clock))
    return figures(open_on(day), of, total=DaysUntil(clock, day))


WAITING = Counter("waiting", waiting, is_stock=True)
FROM_REFERRAL = Counter("waiting_from_referral", from_referral, is_stock=True)
DM01_TOTALS, NOT_IN_DM01 = (WAITING.code, FROM_REFERRAL.code), ("DX", "NM")
"""Counters whose totals are those of DM01, and what it does not count: X-ray, radionuclide."""
