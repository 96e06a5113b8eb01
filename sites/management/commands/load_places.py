"""`manage.py load_places`: trusts, sites, scanners and stops from sites/data into the database."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from sites.data import DATA, rows
from sites.imports import apply, table
from sites.imports.table import Row
from sites.models import Postcode, Scanner, Site, Stop, Trust

WEEKS = 16
"""Of mobile scanners' rounds, from this week on."""
FIRST_MONDAY = date(2026, 1, 5)
"""Rounds are counted from here, so that every run finds the same stops."""


class Command(BaseCommand):
    """Loads the places; safe to run again, and never deletes one."""

    help = "Load trusts, sites, scanners and stops. Run load_postcodes first."

    def handle(self, *args: Any, **options: Any) -> None:
        """Upsert every row, all or none."""
        if settings.PRODUCTION:
            raise CommandError(
                "This writes invented scanners, stops and hours. It does not run in production: "
                "load the network's own places (docs/places-file.md)."
            )
        if not Postcode.objects.exists():
            raise CommandError("No postcode is loaded. Run manage.py load_postcodes first.")
        trusts = [(0, {"what": "trust", "id": r["code"], **r}) for r in rows("trusts.csv")]
        with transaction.atomic():
            for part in (trusts, _file("sites.csv"), _file("scanners.csv"), list(_stops())):
                for change in apply.apply(part):
                    if change.became == "refused":
                        raise CommandError(f"{change.what} {change.id}: {change.details}.")
        self.stdout.write(
            f"Places: {Trust.objects.count()} trusts, {Site.objects.count()} sites, "
            f"{Scanner.objects.count()} scanners, {Stop.objects.count()} stops of mobile ones "
            "(scanners, stops, hours and facilities are invented for the demo)."
        )


def _file(name: str) -> list[tuple[int, Row]]:
    return table.read((DATA / name).read_bytes())


def _stops() -> Iterator[tuple[int, Row]]:
    """Yield the stops of the coming weeks, from each scanner's round."""
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    this_week = (monday - FIRST_MONDAY).days // 7
    for line, stop in enumerate(rows("rounds.csv"), 1):
        starts, long, of = int(stop["week"]) - 1, int(stop["weeks"]), int(stop["of"])
        for week in range(this_week - long + 1, this_week + WEEKS):
            if week % of == starts:
                first = FIRST_MONDAY + timedelta(weeks=week)
                last = first + timedelta(weeks=long, days=-2)
                days = {"from": first.isoformat(), "to": last.isoformat()}
                yield line, {"what": "stop", "id": f"{stop['scanner']}-{first}", **stop, **days}
