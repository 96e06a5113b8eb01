"""The network's figures: how long a rebuild, an hour's run and each read of a page take.

The control is the question itself, asked of the live rows. INSIGHTS_ROWS asks for fewer than the
2.4 million appointments of two years.
"""

import os
import resource
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from benchmarks import insights_rows
from benchmarks.summary import tell
from benchmarks.timing import in_turns
from booking.models import Appointment
from insights import keeping
from insights.measures import MEASURES
from insights.reading import Filters, amounts, counters_of
from sites.models import Site
from times.london import LONDON, day_in_england

ROWS = int(os.environ.get("INSIGHTS_ROWS", "2400000"))
READ_MS, NAIVE_SHARE = 50, 100
REBUILD_S, DAY_S = 180, 2
ROUNDS = 3


def run() -> None:
    """Print the table."""
    now = timezone.now()
    begun = time.perf_counter()
    first, last = insights_rows.fill(ROWS, day_in_england(now))
    print(f"Figures, {ROWS:,} appointments of two years, {connection.vendor}")
    print(f"  (written in {time.perf_counter() - begun:.0f} s)")
    _rebuild(first, last)
    took = _timed(lambda: keeping.keep(timezone.now()))
    met = tell("an hour's run", f"{took:.2f} s", f"<= {DAY_S}", took <= DAY_S)
    print(f"  an hour's run, today and yesterday  {took:7.2f} s (target {DAY_S}): "
          f"{met}")  # fmt: skip
    _reads()


def _rebuild(first: date, last: date) -> None:
    memory = []

    def after(day: date) -> None:
        if day.day == 1:
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    took = _timed(lambda: keeping.rebuild(first, last, timezone.now(), after))
    met = tell("a rebuild of two years", f"{took:.0f} s", f"<= {REBUILD_S}", took <= REBUILD_S)
    print(f"  rebuild of {(last - first).days + 1} days  {took:7.1f} s (target {REBUILD_S}): "
          f"{met}")  # fmt: skip
    print(f"  memory after the first month and at the end  {memory[1]:.0f} MB, {memory[-1]:.0f} MB")


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _reads() -> None:
    """Time what each page reads, beside the same question to the live rows."""
    every = counters_of(MEASURES)
    site = Site.objects.order_by("pk").first()
    year = day_in_england(timezone.now()) - timedelta(days=365)
    asked = {
        "overview": ([*every], "month", Filters()),
        "by trust": (["scans"], "trust", Filters()),
        "one trust": (["scans"], "month", Filters(trust=site.trust_id if site else "")),
        "one place": (["scans"], "month", Filters(site=site.pk if site else 0)),
        "by place": (["scans"], "site", Filters()),
        "kind of place": (["scans"], "month", Filters(kind="cdc")),
        "out of hours": (["scans"], "month", Filters(hours=1)),
        "decile": (["scans"], "decile", Filters()),
        "age, urgent": (["scans"], "month", Filters(age=4, urgency="urgent")),
        "needs": (["scans"], "month", Filters(needs=2)),
        "a year of CT": (["scans"], "month", Filters(modality="CT", first=year.replace(day=1))),
    }
    for name, (counters, by, filters) in asked.items():
        taken = in_turns(
            ROUNDS,
            ours=lambda c=counters, b=by, f=filters: amounts(c, b, f),  # type: ignore[misc]
            naive=lambda f=filters: list(_naive(f)),  # type: ignore[misc]
        )
        most = max(READ_MS, taken["naive"] / NAIVE_SHARE)
        met = tell(f"read: {name}", f"{taken['ours']:.1f} ms", f"<= {most:.0f}",
                   taken["ours"] <= most)  # fmt: skip
        print(f"  {name:14} {taken['ours']:7.1f} ms, live rows {taken['naive']:8.0f} ms "
              f"(at most {most:.0f}): {met}")  # fmt: skip


def _naive(filters: Filters) -> QuerySet[Any, Any]:
    """Return scans by month, counted from the rows themselves, for what can be asked simply."""
    rows = Appointment.objects.filter(status=Appointment.Status.ATTENDED)
    paths = {"trust": "site__trust", "site": "site", "kind": "site__kind",
             "urgency": "referral__urgency", "modality": "referral__exam__modality"}  # fmt: skip
    for name, value in filters.asked().items():
        if name in paths:
            rows = rows.filter(**{paths[name]: value})
    month = TruncMonth("start", tzinfo=LONDON)
    return rows.order_by().values_list(month).annotate(n=Count("pk"))
