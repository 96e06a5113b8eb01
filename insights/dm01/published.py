"""What was published of our trusts, with what they come after counted in."""

from collections.abc import Collection, Iterable
from datetime import date

from insights.dm01 import providers
from insights.dm01.figures import NOTHING, Figures
from insights.dm01.loading import figures_in
from insights.models import Dm01Month

Published = dict[tuple[date, str], dict[str, Figures]]
"""By month and trust, then by test."""
ACTIVITY = ("waiting_list_activity", "planned_activity", "activity")


def published(trusts: Collection[str], months: Collection[date]) -> Published:
    """Return the figures of trusts as they are now, for the months that are loaded.

    A test that a provider has no row of was done and waited for by nobody there. A month of which
    a trust has no row at all is not in it: it is not known.
    """
    codes = providers.codes_of(trusts)
    rows = Dm01Month.objects.filter(month__in=months, provider__in=codes)
    return _of_now(codes, ((row.month, row.provider, row.test, figures_in(row)) for row in rows))


def published_activity(
    trusts: Collection[str], months: Collection[date], old: dict[str, str] | None = None
) -> Published:
    """Return the same of what was done alone, without who waited: a page may read a year of it.

    `old` says of a code what came after it, read here unless it is given.
    """
    codes = providers.codes_of(trusts, old)
    rows = Dm01Month.objects.filter(month__in=months, provider__in=codes)
    read = rows.values_list("month", "provider", "test", *ACTIVITY).iterator()
    return _of_now(
        codes,
        (
            (month, provider, test, Figures(**dict(zip(ACTIVITY, done, strict=True))))
            for month, provider, test, *done in read
        ),
    )


def _of_now(codes: dict[str, str], rows: Iterable[tuple[date, str, str, Figures]]) -> Published:
    by_provider: dict[tuple[date, str], dict[str, Figures]] = {}
    for month, provider, test, figures in rows:
        by_provider.setdefault((month, provider), {})[test] = figures
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
