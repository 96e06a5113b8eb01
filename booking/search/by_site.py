"""One statement about many sites: their free times, from when somebody can be at each of them.

The ORM writes the condition, so that booking/search/bookable.py stays the one rule, but only once
for searches that are alike, with stand-ins for what differs from one to the next. To write it anew
each time took longer than the database takes to answer.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from booking.exams import runs
from booking.exams.able import keys_at, keys_that_can
from booking.exams.fit import written_keys
from booking.exams.runs import Piece
from booking.models import Slot
from booking.models.prepared import Named, Statement
from booking.search.bookable import (
    by_start,
    free_and_able,
    is_at_wanted_time,
    narrowed,
    window,
)
from booking.search.criteria import SearchCriteria
from sites import places

_SITES = {
    "sqlite": "(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS soonest"
    " FROM json_each(%s)) s",
    "postgresql": "(SELECT (value ->> 0)::bigint AS id, (value ->> 1)::timestamptz AS soonest"
    " FROM json_array_elements(%s::json)) s",
}
"""Which sites, and from when; one value."""
_LISTED = {
    "sqlite": "SELECT s.id, (SELECT json_group_array(json_array({columns})) FROM ({slots}) r)"
    " FROM {sites}",
    "postgresql": "SELECT s.id, (SELECT coalesce(json_agg(json_build_array({columns})), '[]')::text"
    " FROM ({slots}) r) FROM {sites}",
}
"""What is found at each site as one JSON list of lists, in order."""
_TIMES = ("slot", "start", "finish")
_PIECES = (*runs.PIECE, "daypart", "weekend")
_NOW = datetime(1971, 1, 1, tzinfo=UTC)
_FIRST_DAY, _LAST_DAY = date(1972, 1, 1), date(1973, 1, 1)
_GIVEN = "the sites"
"""Stand-ins: no search is about these years."""
_AT_SITE = {"site_id": RawSQL("s.id", ()), "start__gte": RawSQL("s.soonest", ())}
Written = tuple[str, Sequence[Any]]
"""SQL, and its values."""


def first_times(
    soonest: Mapping[int, datetime], wanted: SearchCriteria, now: datetime, times: int
) -> dict[int, list[tuple[int, str, str]]]:
    """Return (slot, start, end) of the first `times` free times of each of these sites.

    `soonest` is, of each site, when a time may start at the soonest. Moments are as the database
    writes them in JSON.
    """
    return {pk: json.loads(text) for pk, text in _ask(_first_times, soonest, wanted, now, times)}


def pieces(
    soonest: Mapping[int, datetime], wanted: SearchCriteria, now: datetime
) -> list[tuple[Piece, bool]]:
    """Return the free slots of these sites on the days wanted that the exam may be put together of,
    each with whether it is at a time of day that is wanted."""
    found = []
    for _, text in _ask(_free_pieces, soonest, wanted, now):
        for *kept, daypart, weekend in json.loads(text):
            piece = Piece(*kept)._replace(start=read_moment(kept[-2]), end=read_moment(kept[-1]))
            is_wanted = is_at_wanted_time(wanted, daypart, piece.start, weekend=weekend)
            found.append((piece, is_wanted))
    return found


def with_times(soonest: Mapping[int, datetime], wanted: SearchCriteria, now: datetime) -> list[int]:
    """Return those of these sites that have a free time."""
    return [pk for (pk,) in _ask(_with_times, soonest, wanted, now)]


def read_moment(text: str) -> datetime:
    """Return a moment as the database writes it in JSON; SQLite keeps no offset."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _first_times(wanted: SearchCriteria, times: int) -> Written:
    rows = by_start(narrowed(wanted, _NOW, **_AT_SITE)).order_by("start")[:times]
    return _listed(rows, _TIMES)


def _free_pieces(wanted: SearchCriteria) -> Written:
    after, before = window(wanted, _NOW)
    days = {"start__gt": after, "start__lt": before}
    if wanted.exam is None:
        raise ValueError("only an exam is put together of slots")
    free = free_and_able(wanted.exam, wanted.needed, _NOW, **days, **_AT_SITE)
    return _listed(free.values(*_PIECES), _PIECES)


def _with_times(wanted: SearchCriteria) -> Written:
    sql, values = narrowed(wanted, _NOW, **_AT_SITE).values("pk").query.sql_with_params()
    return f"SELECT s.id FROM {_SITES[connection.vendor]} WHERE EXISTS ({sql})", (_GIVEN, *values)


def _listed(slots: QuerySet[Slot, Any], columns: Sequence[str]) -> Written:
    sql, values = slots.query.sql_with_params()
    listed = _LISTED[connection.vendor].format(
        columns=", ".join(f'r."{column}"' for column in columns),
        slots=sql,
        sites=_SITES[connection.vendor],
    )
    return listed, (*values, _GIVEN)


def _ask(
    write: Callable[..., Written],
    soonest: Mapping[int, datetime],
    wanted: SearchCriteria,
    now: datetime,
    *limits: int,
) -> list[tuple[Any, ...]]:
    sites = [(pk, str(_adapted(moment))) for pk, moment in soonest.items()]
    given = {"sites": json.dumps(sites), **_moments(wanted, now)}
    if wanted.exam:
        given["keys"] = written_keys(keys_at(wanted.exam, wanted.needed, soonest))
    return _statement(write, wanted, limits).rows(given)


def _statement(
    write: Callable[..., Written], wanted: SearchCriteria, limits: Sequence[int]
) -> Statement:
    """Return the statement of all searches that are alike; it goes with the places in memory."""
    exam = wanted.exam and (wanted.exam.pk, wanted.exam.minutes, wanted.exam.contrast)
    times_of_day = wanted.dayparts, wanted.weekend, wanted.weekdays
    key = (write, connection.vendor, limits, wanted.modality, times_of_day, exam, wanted.needed)
    statements: dict[Any, Any] = places.table().answers
    if key not in statements:
        alike = replace(wanted, first_day=_FIRST_DAY, last_day=_LAST_DAY)
        sql, values = write(alike, *limits)
        names = {value: name for name, value in _moments(alike, _NOW).items()} | {_GIVEN: "sites"}
        if alike.exam and (keys := keys_that_can(alike.exam, alike.needed)) is not None:
            names[written_keys(keys)] = "keys"
        named = [Named(names[value]) if value in names else value for value in values]
        statements[key] = Statement(sql, named)
    found: Statement = statements[key]
    return found


def _moments(wanted: SearchCriteria, now: datetime) -> dict[str, Any]:
    after, before = window(wanted, now)
    return {"now": _adapted(now), "after": _adapted(after), "before": _adapted(before)}


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
