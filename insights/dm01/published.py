"""What was published of our trusts, with what they come after counted in."""

from collections.abc import Collection
from datetime import date

from insights.dm01 import providers
from insights.dm01.figures import NOTHING, Figures
from insights.dm01.loading import figures_in
from insights.models import Dm01Month

Published = dict[tuple[date, str], dict[str, Figures]]
"""By month and trust, then by test."""


def published(trusts: Collection[str], months: Collection[date]) -> Published:
    """Return the figures of trusts as they are now, for the months that are loaded.

    A test that a provider has no row of was done and waited for by nobody there. A month of which
    a trust has no row at all is not in it: it is not known.
    """
    codes = providers.codes_of(trusts)
    rows = list(Dm01Month.objects.filter(month__in=months, provider__in=codes))
    by_provider: dict[tuple[date, str], dict[str, Figures]] = {}
    for row in rows:
        by_provider.setdefault((row.month, row.provider), {})[row.test] = figures_in(row)
    found: Published = {}
    for (month, provider), tests in sorted(by_provider.items()):
        key = (month, codes[provider])
        if key in found:
            before = found[key]
            found[key] = {
                test: before.get(test, NOTHING) + tests.get(test, NOTHING)
                for test in {*before, *tests}
            }
        else:
            found[key] = tests
    return found


def months_loaded() -> list[date]:
    """Return the months that are loaded, the newest first."""
    return list(Dm01Month.objects.order_by("-month").values_list("month", flat=True).distinct())
