"""What we counted ourselves, as DM01 counts it: from the sums by month, never from live tables."""

from collections.abc import Collection
from datetime import date

from django.db.models import Sum

from booking.models import Referral
from insights.dm01 import providers
from insights.dm01.catalogue import BANDS
from insights.dm01.figures import Figures, of_waiting
from insights.models import TrustMonth

WAITING, SCANS = "waiting", "scans"
"""The counters. Groups of the first are BANDS; of the second all groups count."""
PLANNED = Referral.Urgency.PLANNED
Own = dict[tuple[str, str], Figures]
"""By trust now and modality."""


def own(trusts: Collection[str], month: date) -> Own:
    """Return our figures of a month.

    A scan of a planned referral is planned activity, any other that of the waiting list. Whoever
    comes as an emergency is not booked with us: unscheduled activity is not known, and the total
    is of what we know.
    """
    codes = providers.codes_of(trusts)
    rows = TrustMonth.objects.filter(
        month=month, counter__in=(WAITING, SCANS), trust__in=codes
    ).values_list("trust", "modality", "counter", "group", "urgency")
    bands: dict[tuple[str, str], dict[str, int]] = {}
    scans: dict[tuple[str, str], dict[bool, int]] = {}
    for trust, modality, counter, group, urgency, n in rows.annotate(Sum("n")):
        key = (codes[trust], modality)
        waits = bands.setdefault(key, dict.fromkeys(BANDS, 0))
        done = scans.setdefault(key, {True: 0, False: 0})
        if counter == WAITING:
            waits[group] += n
        else:
            done[urgency == PLANNED] += n
    return {
        key: Figures(
            waits,
            **of_waiting(waits),
            planned_activity=scans[key][True],
            waiting_list_activity=scans[key][False],
            activity=sum(scans[key].values()),
        )
        for key, waits in bands.items()
    }


def months_counted() -> list[date]:
    """Return the months of which we counted something, the newest first."""
    rows = TrustMonth.objects.filter(counter__in=(WAITING, SCANS))
    return list(rows.order_by("-month").values_list("month", flat=True).distinct())
