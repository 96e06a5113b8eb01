"""Where a file has what: its columns changed their names and order over the years.

A band is read from its column's name, whatever its width: "06 < 07 Weeks", "06 < 13 Weeks", "6+
Weeks". What is asked for (a week, six weeks and more) is put together from columns that cover
exactly that, or is not known.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from insights.dm01.catalogue import BANDS
from insights.files import column_name, columns_of

COLUMNS = {
    "Period": ("period", "reporting period", "month"),
    "Year": ("year", "financial year"),
    "Provider Org Code": ("provider org code", "provider code", "org code", "organisation code"),
    "Commissioner Parent Org Code": ("commissioner parent org code",),
    "Commissioner Org Code": ("commissioner org code", "commissioner code"),
    "Commissioner Org Name": ("commissioner org name", "commissioner name"),
    "Diagnostic Tests": (
        "diagnostic tests", "diagnostic test name", "diagnostic test", "diagnostic id",
    ),
    "Total WL": ("total wl", "total waiting list"),
    "Waiting List Activity": ("waiting list activity",),
    "Planned Activity": ("planned activity",),
    "Unscheduled Activity": ("unscheduled activity",),
    "Total Activity": ("total activity",),
}  # fmt: skip
NEEDED = ("Period", "Provider Org Code", "Diagnostic Tests")
_BAND = re.compile(r"(?:gt )?(\d{1,3}) ?(?:<|-|to) ?(\d{1,3}) ?weeks?")
_FROM = re.compile(r"(\d{1,3}) ?\+ ?weeks?|waiting (\d{1,2})\+ ?weeks")
_MONTH = re.compile(r"(?:DM01\W*)?([A-Z]{3,9})(?:\W+(\d{4}|\d\d))?")
_NUMBERS = re.compile(r"(\d{4})-(\d\d)(?:-01)?")
_NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
APRIL = 4


@dataclass(frozen=True)
class Layout:
    """Where a file's columns are. `bands` says which columns make up each band that is known."""

    columns: dict[str, int]
    bands: dict[str, tuple[int, ...]]
    all_weeks: tuple[int, ...]
    over_six: tuple[int, ...]
    width: int

    @property
    def has_waiting(self) -> bool:
        """Whether anything says how many wait."""
        return bool(self.all_weeks) or "Total WL" in self.columns

    @property
    def has_activity(self) -> bool:
        """Whether anything says how many tests were done."""
        return "Total Activity" in self.columns or "Waiting List Activity" in self.columns


def layout_of(header: Sequence[str]) -> Layout | None:
    """Return the layout of a row of names, None if it is no row of names of DM01."""
    columns = columns_of(header, COLUMNS)
    if "Provider Org Code" not in columns or "Diagnostic Tests" not in columns:
        return None
    weeks = _weeks_of(header)
    bands = {band: tiles(weeks, int(band), int(band) + 1) for band in BANDS[:-1]}
    bands[BANDS[-1]] = tiles(weeks, int(BANDS[-1]), None)
    return Layout(
        columns=columns,
        bands={band: made for band, made in bands.items() if made},
        all_weeks=tiles(weeks, 0, None),
        over_six=tiles(weeks, 6, None),
        width=len(header),
    )


def tiles(weeks: dict[tuple[int, int | None], int], start: int, end: int | None) -> tuple[int, ...]:
    """Return the columns that together cover exactly these weeks; none if there are no such.

    `weeks` has a column by the weeks that it begins and ends before; None is no end.
    """
    found: list[int] = []
    at: int | None = start
    while at != end:
        ends = [to for from_, to in weeks if from_ == at]
        if not ends or at is None:
            return ()
        to = min(ends, key=lambda one: (one is None, one or 0))
        found.append(weeks[at, to])
        at = to
    return tuple(found)


def _weeks_of(header: Sequence[str]) -> dict[tuple[int, int | None], int]:
    weeks: dict[tuple[int, int | None], int] = {}
    for at, name in enumerate(map(column_name, header)):
        if found := _BAND.fullmatch(name):
            weeks.setdefault((int(found[1]), int(found[2])), at)
        elif found := _FROM.fullmatch(name):
            weeks.setdefault((int(found[1] or found[2]), None), at)
    return {key: at for key, at in weeks.items() if key[1] is None or key[0] < key[1]}


def month_of(period: str, year: str = "") -> date | None:
    """Return the month of "DM01-APRIL-2022", "Apr-22", "2022-04"; None if it is none.

    `year` is a financial year, "2015-16", where it has a column of its own.
    """
    period = period.strip().upper()
    if found := _NUMBERS.fullmatch(period):
        return _month(int(found[1]), int(found[2]))
    if not (found := _MONTH.fullmatch(period)) or found[1][:3] not in _NAMES:
        return None
    month = _NAMES.index(found[1][:3]) + 1
    if found[2]:
        return _month(int(found[2]) + 2000 * (len(found[2]) == 2), month)
    financial = re.match(r"\s*(\d{4})\W", year)
    return _month(int(financial[1]) + (month < APRIL), month) if financial else None


def _month(year: int, month: int) -> date | None:
    return date(year, month, 1) if 1 <= month <= 12 and 1990 <= year <= 2199 else None
