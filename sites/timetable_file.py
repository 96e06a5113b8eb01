"""One line of a timetable's file (docs/without-a-car.md): read, checked, or refused with why."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sites.travel.bands import BANDS, DAY_BEGINS, Band
from sites.travel.timetable import SECTOR

COLUMNS = ("origin", "place", "band", "minutes", "changes", "walk", "last_home")
MOST_MINUTES, MOST_CHANGES = 600, 9
LAST_HOUR = 36
"""No day of buses is longer than to noon of the next."""
NONE_HOME = "none"
"""In the place of a time: nothing goes home that day."""
SHOWN = 40
"""Letters of a cell that an error repeats."""
_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::[0-5][0-9])?")
_NUMBER = re.compile(r"[0-9]{1,4}")


class LineRefused(ValueError):
    """A line cannot be used; the text says which cell and why."""


class Line(NamedTuple):
    """One journey, as TimetableLine keeps it."""

    origin: str
    site_id: int
    band: str
    minutes: int
    changes: int
    walk: int
    last_home: int | None


class Reader:
    """Reads the lines of one file. It remembers which journeys it has had, a byte each."""

    def __init__(self, sectors: Collection[str], sites: Mapping[str, int]) -> None:
        """Take the postcode sectors that are known, and the sites' numbers by their slugs."""
        self._sectors, self._sites = sectors, sites
        self._places = {slug: number for number, slug in enumerate(sites)}
        self._had: dict[str, bytearray] = {}

    @property
    def origins(self) -> int:
        """How many sectors the file had so far."""
        return len(self._had)

    def read(self, cells: Sequence[str]) -> Line:
        """Return a line's journey. Raises LineRefused."""
        if len(cells) != len(COLUMNS):
            raise LineRefused(f"it has {len(cells)} cells, not {len(COLUMNS)}")
        origin, place, band, *_ = cells = [cell.strip() for cell in cells]
        self._check_names(origin, place, band)
        minutes = _number("minutes", cells[3], MOST_MINUTES)
        changes = _number("changes", cells[4], MOST_CHANGES)
        walk = _number("walk", cells[5], MOST_MINUTES)
        if walk > minutes:
            raise LineRefused(f"walk is {walk} minutes, longer than the whole journey ({minutes})")
        last_home = read_time(cells[6])
        self._note(origin, place, band)
        return Line(origin, self._sites[place], band, minutes, changes, walk, last_home)

    def _check_names(self, origin: str, place: str, band: str) -> None:
        if not SECTOR.fullmatch(origin):
            raise LineRefused(f"origin {_shown(origin)} is not a postcode sector, like LA14 4")
        if origin not in self._sectors:
            raise LineRefused(f"origin {_shown(origin)} is a sector without postcodes here")
        if place not in self._sites:
            raise LineRefused(f"there is no place {_shown(place)}")
        if band not in BANDS:
            raise LineRefused(f"band {_shown(band)} is none of {', '.join(BANDS)}")

    def _note(self, origin: str, place: str, band: str) -> None:
        """Remember a journey. Raises LineRefused if an earlier line had it."""
        had = self._had.setdefault(origin, bytearray(len(self._places) * len(BANDS)))
        at = self._places[place] * len(BANDS) + BANDS.index(Band(band))
        if had[at]:
            raise LineRefused(f"an earlier line has {origin} to {place}, {band}")
        had[at] = 1


def read_time(typed: str) -> int | None:
    """Return a time of a day of buses in minutes after its midnight, None for `none`.

    Raises LineRefused for what is no time, and for one before the day begins: what goes at
    1:10am belongs to the day before, as 25:10.
    """
    if typed == NONE_HOME:
        return None
    found = _TIME.fullmatch(typed)
    if found is None or int(found[1]) >= LAST_HOUR:
        raise LineRefused(
            f"last_home {_shown(typed)} is neither a time like 19:10 or 25:10:00, nor {NONE_HOME}"
        )
    hour, minute = int(found[1]), int(found[2])
    if hour < DAY_BEGINS:
        raise LineRefused(
            f"last_home {_shown(typed)} is before 04:00, when the day of buses begins: after"
            f" midnight write {hour + 24}:{minute:02}"
        )
    return hour * 60 + minute


def _number(name: str, typed: str, most: int) -> int:
    if not _NUMBER.fullmatch(typed) or int(typed) > most:
        raise LineRefused(f"{name} {_shown(typed)} is not a whole number from 0 to {most}")
    return int(typed)


def _shown(cell: str) -> str:
    return ascii(cell if len(cell) <= SHOWN else f"{cell[:SHOWN]}...")
