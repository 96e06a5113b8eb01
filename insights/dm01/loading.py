"""What was read of an extract, into the database: a month that was there is replaced."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from insights.dm01 import extract, providers
from insights.dm01.catalogue import BY_CODE
from insights.dm01.extract import Extract
from insights.dm01.figures import NUMBERS, Figures
from insights.models import Dm01Month
from insights.one_load import Load, wait_for_other_loads
from times.london import day_in_england


@dataclass(frozen=True)
class Loaded:
    """One month as it is now: of whom, how many figures, and when it was loaded before."""

    month: date
    providers: list[str]
    count: int
    replaced: int = 0
    before: datetime | None = None


def default_providers() -> frozenset[str]:
    """Return the codes of our trusts and of all that they come after."""
    table = providers.successors()
    return frozenset(providers.codes_of(providers.trusts_now(table), table))


def load(path: Path, codes: frozenset[str], *, now: datetime) -> tuple[Extract, list[Loaded]]:
    """Read a file and keep its months of these providers, all or none.

    What was there of a month and these providers is replaced, also where the file has nothing more
    of it. Raises FileRefused, with the lines, and OSError.
    """
    read = extract.read(path, codes, today=day_in_england(now))
    with transaction.atomic():
        wait_for_other_loads(Load.DM01)
        return read, [_put(read, month, now) for month in read.months]


def _put(read: Extract, month: date, now: datetime) -> Loaded:
    there = Dm01Month.objects.filter(month=month, provider__in=read.providers)
    before = there.order_by("-loaded_at").values_list("loaded_at", flat=True).first()
    replaced, _ = there.delete()
    made = [
        Dm01Month(month=month, provider=provider, test=test, loaded_at=now, **asdict(figures))
        for (when, provider, test), figures in read.figures.items()
        if when == month
    ]
    Dm01Month.objects.bulk_create(made)
    return Loaded(month, sorted({one.provider for one in made}), len(made), replaced, before)


def unknown_tests(read: Extract) -> list[str]:
    """Return tests of a file that are none of DM01's fifteen: they are kept by their own name."""
    return sorted({test for _, _, test in read.figures} - set(BY_CODE))


def figures_in(row: Dm01Month) -> Figures:
    """Return the figures of a row that was loaded."""
    return Figures(row.bands, **{name: getattr(row, name) for name in NUMBERS})
