"""How the times are laid out, as the address of the screen says it: list or week, where later times
are shown, which cell is open. Our own page wrote it: what cannot be read names nothing."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.http import QueryDict

from booking.identifiers.dates import two_years_on

WEEK = "week"
LATER, CELL, MONDAY, VIEW = "later", "cell", "week", "view"
MOST_LATER = 50
ONE_WEEK = timedelta(days=7)
_PARTS = re.compile(r"(\d{1,9})\.([0-9T:-]{10,16})", re.ASCII)
_MINUTE = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class View:
    """`week` is the Monday of the week that is shown, None for a list; `cell` the site and day
    that are open in it; `later` after which moment the times of some sites are shown."""

    week: date | None = None
    cell: tuple[int, date] | None = None
    later: dict[int, datetime] = field(default_factory=dict)


def read_view(query: QueryDict, first_day: date, today: date) -> View:
    """Return what an address says; the week is the one of `first_day` unless it says which."""
    later = [_place_and_moment(one) for one in query.getlist(LATER)[:MOST_LATER]]
    cell = _place_and_moment(query.get(CELL, ""))
    monday = None
    if query.get(VIEW) == WEEK:
        furthest = two_years_on(today)
        day = min(max(_day(query.get(MONDAY, "")) or first_day, today), furthest)
        monday = day - timedelta(days=day.weekday())
    return View(
        monday,
        (cell[0], cell[1].date()) if cell else None,
        dict(one for one in later if one),
    )


def later_here(query: QueryDict, site_id: int, after: datetime | None) -> str:
    """Return the query of the page on which a site's times begin after a moment; None: from the
    first again. It is a minute of the clock in UTC: a time may stand twice, none is left out."""
    changed = query.copy()
    others = [one for one in query.getlist(LATER) if not one.startswith(f"{site_id}.")]
    here = [] if after is None else [f"{site_id}.{after.astimezone(UTC).strftime(_MINUTE)}"]
    changed.setlist(LATER, others + here)
    return f"?{changed.urlencode()}"


def _place_and_moment(text: str) -> tuple[int, datetime] | None:
    """Return what "12.2026-12-01T09:30" or "12.2026-12-01" says, None if it is not like that."""
    found = _PARTS.fullmatch(text)
    if not found:
        return None
    try:
        moment = datetime.fromisoformat(found[2]).replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(found[1]), moment


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-12-01") else None
    except ValueError:
        return None
