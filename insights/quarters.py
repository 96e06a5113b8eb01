"""Quarters of the NHS's year, which begins in April: named like 2026/27 Q2."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from times.london import LONDON, day_in_england

NAMED = re.compile(r"(\d{4})(?:[/-](\d{2}))?[ -]?[Qq]([1-4])", re.ASCII)
APRIL = 4


class NoQuarter(ValueError):
    """This names no quarter that is over. Says how one is named."""


@dataclass(frozen=True, order=True)
class Quarter:
    """Three months: `year` is the one in which its NHS year begins, `number` is 1 to 4."""

    year: int
    number: int

    @property
    def months(self) -> list[date]:
        """First days of its months."""
        index = self.year * 12 + APRIL - 1 + (self.number - 1) * 3
        return [date(at // 12, at % 12 + 1, 1) for at in range(index, index + 3)]

    @property
    def name(self) -> str:
        """As people say it: "2026/27 Q2"."""
        return f"{self.year}/{(self.year + 1) % 100:02} Q{self.number}"

    @property
    def code(self) -> str:
        """As it stands in addresses and names of files: "2026-27-Q2"."""
        return self.name.replace("/", "-").replace(" ", "-")

    @property
    def words(self) -> str:
        """Its months: "July to September 2026"."""
        first, _, last = self.months
        return f"{first:%B} to {last:%B %Y}"

    @property
    def ends(self) -> datetime:
        """The moment at which it is over."""
        after = self.months[-1] + timedelta(days=31)
        return datetime(after.year, after.month, 1, tzinfo=LONDON)

    @property
    def before(self) -> "Quarter":
        """The quarter before."""
        if self.number > 1:
            return Quarter(self.year, self.number - 1)
        return Quarter(self.year - 1, 4)


def last_whole(now: datetime) -> Quarter:
    """Return the last quarter that is over."""
    today = day_in_england(now)
    year = today.year if today.month >= APRIL else today.year - 1
    return Quarter(year, (today.month - APRIL) % 12 // 3 + 1).before


def read_quarter(typed: str, *, now: datetime) -> Quarter:
    """Return the quarter of a name. Raises NoQuarter, also for one that is not over."""
    found = NAMED.fullmatch(typed.strip())
    like = f"Name a quarter like {last_whole(now).name}."
    if found is None:
        raise NoQuarter(like)
    year, after, number = found.groups()
    if not 1990 <= int(year) <= 2200 or (after and int(after) != (int(year) + 1) % 100):
        raise NoQuarter(like)
    quarter = Quarter(int(year), int(number))
    if quarter > last_whole(now):
        raise NoQuarter(f"{quarter.name} is not over. {like}")
    return quarter
