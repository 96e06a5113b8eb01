"""`manage.py load_places`: trusts, sites and scanners from sites/data into the database."""

import csv
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from sites import places
from sites.models import Scanner, Site, Trust
from sites.postcodes import PostcodeError, find
from sites.travel.network import DATA


class Command(BaseCommand):
    """Loads the places; safe to run again, and never deletes one."""

    help = "Load trusts, sites and scanners. Needs the postcodes; run load_postcodes first."

    def handle(self, *args: Any, **options: Any) -> None:
        """Upsert every row, all or none."""
        with transaction.atomic():
            for row in _rows("trusts.csv"):
                Trust.objects.update_or_create(code=row["code"], defaults={"name": row["name"]})
            for row in _rows("sites.csv"):
                self._site(row)
            for row in _rows("scanners.csv"):
                Scanner.objects.update_or_create(
                    site=Site.objects.get(slug=row["site"]),
                    name=row["name"],
                    defaults={"modality": row["modality"]},
                )
        places.clear()
        self.stdout.write(
            f"Places: {Trust.objects.count()} trusts, {Site.objects.count()} sites, "
            f"{Scanner.objects.count()} scanners (the scanners are invented for the demo)."
        )

    def _site(self, row: dict[str, str]) -> None:
        try:
            at = find(row["postcode"])
        except PostcodeError:
            raise CommandError(
                f"{row['name']}: postcode {row['postcode']} is not loaded. "
                "Run manage.py load_postcodes first."
            ) from None
        Site.objects.update_or_create(
            slug=row["slug"],
            defaults={
                "ods_code": row["ods_code"] or None,
                "name": row["name"],
                "kind": row["kind"],
                "trust_id": row["trust"],
                "address": row["address"],
                "postcode": row["postcode"],
                "entrance": row["entrance"],
                "lat": at.lat,
                "lon": at.lon,
            },
        )


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))
