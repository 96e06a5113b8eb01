"""The demo's invented timetable: by a rule, from nobody's buses. Nothing here is real.

From each sector of the demo's patients to every place: a ride takes what a car takes, stretched,
and a wait; one change beyond half an hour. On Sundays nothing runs beyond an hour, and nowhere is
reached that a car needs longer than two hours to.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sites import places, postcodes
from sites.timetable_file import COLUMNS
from sites.timetable_table import load
from sites.travel import embedded
from sites.travel.bands import BANDS, Band
from sites.travel.timetable import SECTOR

STRETCH, WAIT, WALK = 1.6, 6, 8
ON_FOOT_MILES, MINUTES_A_MILE = 1.2, 20
FURTHEST, FURTHEST_ON_SUNDAY, WITHOUT_CHANGE = 120, 60, 30
"""Minutes by car."""
LAST = {
    Band.WEEKDAY_DAY: "19:10",
    Band.WEEKDAY_EVENING: "19:10",
    Band.SATURDAY: "25:10",
    Band.SUNDAY: "17:40",
}
ELSEWHERE = ["LA1 4RP", "LA9 7RG", "FY3 8NR", "BB10 2PQ", "PR7 1PP"]
"""Where one may look from besides the patients' homes."""
Row = tuple[str, str, str, int, int, int, str]


def rows(typed: list[str]) -> Iterator[Row]:
    """Yield the lines of the timetable's file, from the sectors of these postcodes."""
    sectors = {found[0] for code in typed if (found := SECTOR.match(code))}
    all_places = places.table().places
    for sector in sorted(sectors):
        origin = postcodes.find(sector)
        by_car = embedded.journeys(origin, all_places)
        for place, journey in zip(all_places, by_car, strict=True):
            for band in BANDS:
                yield from _line(sector, place.slug, band, journey.minutes, journey.miles)


def _line(sector: str, slug: str, band: Band, car: float, miles: float) -> Iterator[Row]:
    if miles <= ON_FOOT_MILES:
        walk = max(1, round(miles * MINUTES_A_MILE))
        yield sector, slug, band, walk, 0, walk, "35:59"
    elif car <= (FURTHEST_ON_SUNDAY if band == Band.SUNDAY else FURTHEST):
        late = WAIT if band in (Band.WEEKDAY_EVENING, Band.SUNDAY) else 0
        minutes = round(car * STRETCH) + WAIT + WALK + late
        yield sector, slug, band, minutes, int(car > WITHOUT_CHANGE), WALK, LAST[band]


def create(homes: list[str]) -> None:
    """Let the invented timetable, from these postcodes and a few others, be what is shown."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "timetable.csv"
        with file.open("w", encoding="utf-8", newline="") as text:
            lines = csv.writer(text)
            lines.writerow(COLUMNS)
            lines.writerows(rows(homes + ELSEWHERE))
        load(file, say=print)
