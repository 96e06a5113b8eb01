"""`python -m tools.timetable GTFS`: the file of `manage.py load_timetable`, from a GTFS folder.

docs/without-a-car.md says how. Origins are the middles of the postcode sectors, places the sites,
both of the database that the settings name; one ordinary day stands for each band of the week.
"""

import argparse
import csv
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sites.travel.bands import DAY_BEGINS, EVENING_BEGINS, Band
from sites.travel.journey import straight_km
from tools.gtfs import Day, GtfsRefused, NotInstalled, install, read_day, reader
from tools.rides import ON_FOOT_KM, Point, Streets, Way, last_home, on_foot, quickest, ways_to

HEAD = ("origin", "place", "band", "minutes", "changes", "walk", "last_home")
LATEST = "35:59"
"""Of who can walk home at any time."""
MOST_MINUTES = 240
"""A longer way there is none for a scan."""
ENDS = (23 * 60 + 59) * 60 + 60
HOURS = {
    Band.WEEKDAY_DAY: (7 * 3600, EVENING_BEGINS * 3600),
    Band.WEEKDAY_EVENING: (EVENING_BEGINS * 3600, ENDS),
    Band.SATURDAY: (7 * 3600, ENDS),
    Band.SUNDAY: (7 * 3600, ENDS),
}
"""From when to when (seconds) one arrives, for a scan of that band."""
BANDS_OF = {
    "weekday": (Band.WEEKDAY_DAY, Band.WEEKDAY_EVENING),
    "saturday": (Band.SATURDAY,),
    "sunday": (Band.SUNDAY,),
}


class Row(NamedTuple):
    """One line of the file."""

    origin: str
    place: str
    band: str
    minutes: int
    changes: int
    walk: int
    last_home: str


def rows(
    folder: Path, origins: list[Point], places: list[Point], days: Mapping[str, date]
) -> Iterator[Row]:
    """Yield every journey that there is. Raises GtfsRefused and NotInstalled.

    `days` names an ordinary day for each of weekday, saturday and sunday.
    """
    for kind, day in days.items():
        yield from _rows_of(read_day(folder, day), BANDS_OF[kind], origins, places)


def _rows_of(
    day: Day, bands: tuple[Band, ...], origins: list[Point], places: list[Point]
) -> Iterator[Row]:
    streets = Streets.of(day)
    homes = [(origin, streets.around(origin)) for origin in origins]
    for place in places:
        ways, lasts = ways_to(place, streets), last_home(place, streets)
        for origin, near in homes:
            walk = _whole_walk(origin, place)
            last = max((left for stop in near if (left := lasts[stop]) is not None), default=None)
            home = _clock(last) if walk is None else LATEST
            by_band = quickest(ways, near, [HOURS[band] for band in bands])
            for band, way in zip(bands, by_band, strict=True):
                ride = _ride(way, walk)
                if ride:
                    yield Row(origin.name, place.name, band, *ride, home)


def _whole_walk(origin: Point, place: Point) -> int | None:
    """Return the minutes of the whole way on foot, None if it is too far."""
    km = float(straight_km(origin.lat, origin.lon, place.lat, place.lon))
    return math.ceil(on_foot(km) / 60) if km <= ON_FOOT_KM else None


def _ride(way: Way | None, walk: int | None) -> tuple[int, int, int] | None:
    """Return minutes, changes and minutes on foot of the shorter of two; None if there is none."""
    minutes = math.ceil((way.arrives - way.departs) / 60) if way else MOST_MINUTES + 1
    if walk is not None and walk <= minutes:
        return walk, 0, walk
    if way and minutes <= MOST_MINUTES:
        return minutes, way.changes, min(minutes, math.ceil(way.walk / 60))
    return None


def _clock(seconds: int | None) -> str:
    """Return a time of a day of buses as the file has it; what runs before it begins is none."""
    if seconds is None or seconds < DAY_BEGINS * 3600:
        return "none"
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def write(file: Path, found: Iterable[Row]) -> int:
    """Write the file, whole or not at all; return how many journeys it has."""
    count, unfinished = 0, file.with_name(f"{file.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as text:
            lines = csv.writer(text, lineterminator="\n")
            lines.writerow(HEAD)
            for row in found:
                lines.writerow(row)
                count += 1
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def main(words: list[str]) -> int:
    """Make the file; return 1 if it cannot be made, having said why."""
    asked = _read(words)
    days = {kind: getattr(asked, kind) for kind in BANDS_OF}
    try:
        try:
            reader()
        except NotInstalled:
            install()
        origins, places = _from_database(asked.areas)
        count = write(asked.out, rows(asked.gtfs, origins, places, days))
    except (NotInstalled, GtfsRefused) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{count:,} journeys from {len(origins):,} sectors to {len(places)} places: {asked.out}")
    return 0


def _read(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.timetable", description=__doc__)
    parser.add_argument("gtfs", type=Path, help="a folder of GTFS text files, or a .zip of them")
    for kind in BANDS_OF:
        parser.add_argument(
            f"--{kind}", type=date.fromisoformat, required=True,
            help=f"an ordinary {kind} that the GTFS covers, like 2026-12-02",
        )  # fmt: skip
    parser.add_argument("--areas", nargs="+", default=["BB", "FY", "LA", "PR"])
    parser.add_argument("--out", type=Path, default=Path("timetable.csv"))
    return parser.parse_args(words)


def _from_database(areas: list[str]) -> tuple[list[Point], list[Point]]:
    """Return the middles of the sectors of these postcode areas, and the places."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db.models import Avg

    from sites.models import Postcode
    from sites.places import open_places

    sectors = Postcode.objects.values("sector").annotate(north=Avg("lat"), east=Avg("lon"))
    origins = [
        Point(row["sector"], row["north"], row["east"])
        for row in sectors.order_by("sector")
        if "".join(one for one in row["sector"][:2] if one.isalpha()) in areas
    ]
    return origins, [Point(place.slug, place.lat, place.lon) for place in open_places()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
