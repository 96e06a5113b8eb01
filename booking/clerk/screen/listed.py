"""The places and times that a search found, as a list or as a week: the part of the screen that an
open page asks for again by itself."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from django.http import QueryDict

from booking.clerk.forms.times import TimesForm
from booking.clerk.forms.view import CELL, MONDAY, VIEW, WEEK, View, later_here, read_view
from booking.exams.needed import needed_of
from booking.models import Referral
from booking.search import places
from booking.search.addresses import Address
from booking.search.criteria import SearchCriteria
from booking.search.found import FreeTime, SiteAvailability
from booking.search.needs_there import search_of
from sites.places import Place
from sites.postcodes import Origin
from times.keyset import address_with, size_shown
from times.london import LONDON

PLACES, TIMES = 12, 5
IN_A_WEEK = 400
"""Times of one place in one week, at most: a day of them fills no page."""
SINCE = "since"
"""When the page was loaded that asks again, in seconds since 1970."""
ONE_WEEK = timedelta(days=7)
DIGEST_LETTERS = 16


@dataclass(frozen=True)
class WeekRow:
    """A place, and its times on each of the seven days."""

    door: SiteAvailability
    days: list[list[FreeTime]]


@dataclass(frozen=True)
class Cell:
    """One day of one place, with all its times."""

    place: Place
    day: date
    times: list[FreeTime]


@dataclass(frozen=True)
class Week:
    """The days of a week from Monday on, a row a place. `before` is None in the week of today."""

    days: list[date]
    rows: list[WeekRow]
    open: Cell | None
    before: str | None
    after: str
    query: QueryDict

    def address_of(self, place: Place, day: date) -> str:
        """Return the query of the page on which all times of a place on a day are shown."""
        return _with(self.query, **{CELL: f"{place.id}.{day.isoformat()}"}) + "#cell"


@dataclass(frozen=True)
class Listed:
    """What was found of a search, and the addresses that go on from it.

    `total` is how many places there are, `count` how many have such times, however few are shown,
    `too_far` how many are farther than was asked for; `form` is what was asked, `wanted` what was
    looked for.
    """

    referral: Referral
    form: TimesForm
    wanted: SearchCriteria
    view: View
    query: QueryDict
    origin: Origin | None = None
    places: Sequence[Address] = ()
    total: int = 0
    count: int = 0
    too_far: int = 0
    week: Week | None = None

    @property
    def more(self) -> str:
        """The query of the screen with more places."""
        size = size_shown(self.query, "places", step=PLACES)
        return address_with(self.query, "places", size + PLACES)

    @property
    def as_list(self) -> str:
        """The query of the same search as a list."""
        return _with(self.query, **{VIEW: "", MONDAY: "", CELL: ""}) + "#times"

    @property
    def as_week(self) -> str:
        """The query of the same search as a week."""
        return _with(self.query, **{VIEW: WEEK, MONDAY: "", CELL: ""}) + "#times"

    def asked_again(self, now: datetime) -> str:
        """Return the query by which an open page asks for the same again, and since when."""
        changes = {"referral": str(self.referral.pk), SINCE: str(int(now.timestamp()))}
        return _with(self.query, **changes)

    def times_of(self, door: SiteAvailability) -> list[FreeTime]:
        """The times of a place that stand in the list."""
        return door.times[:TIMES]

    def later_of(self, door: SiteAvailability) -> str:
        """The query of the page with a place's next times, empty if it has no more."""
        if len(door.times) <= TIMES:
            return ""
        after = door.times[TIMES - 1].start
        return later_here(self.query, door.place.id, after) + f"#at-{door.place.id}"

    def first_of(self, door: SiteAvailability) -> str:
        """The query of the page with a place's first times, empty if these are they."""
        if door.place.id not in self.view.later:
            return ""
        return later_here(self.query, door.place.id, None) + f"#at-{door.place.id}"

    @cached_property
    def seen(self) -> str:
        """What tells this list from any other that can be shown."""
        doors = [door for address in self.places for door in address.doors]
        told = [(one.place.id, one.availability, one.late, one.times) for one in doors]
        words = repr((self.count, self.too_far, told))
        return hashlib.sha256(words.encode()).hexdigest()[:DIGEST_LETTERS]


def look_up(
    query: QueryDict,
    origin: Origin | None,
    needs: frozenset[str],
    referral: Referral,
    now: datetime,
    *,
    find: bool = True,
) -> Listed:
    """Return what the address of the screen asks for; nothing is found, unless we `find` and know
    from where.

    A filter that cannot be read narrows nothing; the others do.
    """
    needed = needed_of(referral, now=now)
    form = TimesForm(search_of(query), exam=referral.exam, needed=needed)
    wanted = replace(form.wanted, needs=needs)
    today = now.astimezone(LONDON).date()
    view = read_view(query, wanted.first_day, today)
    listed = Listed(referral, form, wanted, view, search_of(query), origin)
    if origin is None or not find:
        return listed
    if view.week:
        wanted = _in_week(wanted, view.week, today)
    found = places.find(
        origin,
        wanted,
        now=now,
        limit=size_shown(query, "places", step=PLACES),
        times=IN_A_WEEK if view.week else TIMES + 1,
        later={} if view.week else view.later,
    )
    listed = replace(
        listed,
        places=found.addresses,
        total=found.total,
        count=found.with_times,
        too_far=found.too_far,
    )
    return replace(listed, week=_week(listed, view, today)) if view.week else listed


def _in_week(wanted: SearchCriteria, monday: date, today: date) -> SearchCriteria:
    return replace(wanted, first_day=max(monday, today), last_day=monday + timedelta(days=6))


def _week(listed: Listed, view: View, today: date) -> Week | None:
    if view.week is None:
        return None
    days = [view.week + timedelta(days=number) for number in range(7)]
    doors = [door for address in listed.places for door in address.doors]
    rows = [WeekRow(door, [_on(day, door.times) for day in days]) for door in doors]
    cells = {
        (row.door.place.id, day): Cell(row.door.place, day, times)
        for row in rows
        for day, times in zip(days, row.days, strict=True)
    }
    before = view.week - ONE_WEEK
    return Week(
        days,
        rows,
        cells.get(view.cell) if view.cell else None,
        _of_week(listed.query, before) if view.week > today else None,
        _of_week(listed.query, view.week + ONE_WEEK),
        listed.query,
    )


def _on(day: date, times: Sequence[FreeTime]) -> list[FreeTime]:
    return [free for free in times if free.start.astimezone(LONDON).date() == day]


def _of_week(query: QueryDict, monday: date) -> str:
    return _with(query, **{MONDAY: monday.isoformat(), CELL: ""}) + "#week"


def _with(query: QueryDict, **changes: str) -> str:
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value:
            changed[name] = value
    return f"?{changed.urlencode()}"
