"""A seeded year of something sooner: is the order ever broken, is anybody who fits passed over?"""

import tempfile
from datetime import UTC, datetime
from time import perf_counter

from django.db import connection
from django.test import override_settings

from benchmarks.sooner_year import Year
from benchmarks.summary import tell
from booking.models import SoonerAsk
from booking.offers.sooner import figures

BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
DAYS, A_DAY = 364, 4


def run() -> None:
    """Play the year; print who was asked and who gained."""
    year, began = Year(days=DAYS, a_day=A_DAY, begins=BEGINS), perf_counter()
    result = year.play()
    took = perf_counter() - began
    played = f"{DAYS} days, {len(year.people):,} people"
    print(f"Something sooner, {played}, {connection.vendor}: {took:.0f} s")
    slots = SoonerAsk.objects.values("offer__slot").distinct()
    filled = slots.filter(offer__state="accepted").count()
    print(f"  slots offered {slots.count():,}, filled {filled:,}; people asked {result.asked:,}")
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as deciles:
        deciles.write(year.deciles())
        deciles.flush()
        with override_settings(DEPRIVATION_FILE=deciles.name):
            tables = figures.figures([year.trust.code], DAYS + 1, now=_ends(year))
    print("  " + "".join(f"{words:>18}" for words in ("", *figures.HEAD[1:4], *figures.HEAD[6:])))
    for table in tables:
        for line in table.lines.values():
            cells = line.cells()
            print("  " + "".join(f"{one:>18}" for one in (line.name[:17], *cells[1:4], *cells[6:])))
    for words, found in (("order broken", result.broken), ("passed over", result.passed_over)):
        print(f"  {words} {len(found)} (target 0): {tell(words, str(len(found)), '0', not found)}")
    print()
    if result.broken or result.passed_over:
        raise SystemExit(1)


def _ends(year: Year) -> datetime:
    return max(SoonerAsk.objects.values_list("offer__made_at", flat=True), default=year.begins)
