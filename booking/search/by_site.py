"""One statement about many sites: their free times, from when somebody can be at each of them.

The ORM writes the condition, so that booking/search/bookable.py stays the one rule, but only once
for searches that are alike, with stand-ins for what differs from one to the next. To write it anew
each time took longer than the database takes to answer.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from booking.exams.able import keys_at, keys_that_can
from booking.exams.fit import written_keys
from booking.models import Slot
from booking.models.prepared import Named, Statement
from booking.search.bookable import by_start, narrowed, window
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
    "sqlite": """SELECT s.id, (SELECT json_group_array(json_array(r."slot", r."start", r."finish"))
        FROM ({slots}) r) FROM {sites}""",
    "postgresql": """SELECT s.id, (SELECT coalesce(
        json_agg(json_build_array(r."slot", r."start", r."finish")), '[]')::text
        FROM ({slots}) r) FROM {sites}""",
}
"""The first times of each site as one JSON list of [slot, start, end], in order."""
_NOW = datetime(1971, 1, 1, tzinfo=UTC)
_FIRST_DAY, _LAST_DAY = date(1972, 1, 1), date(1973, 1, 1)
"""Stand-ins: no search is about these years."""


def first_times(
    soonest: Mapping[int, datetime], wanted: SearchCriteria, now: datetime, times: int
) -> dict[int, list[tuple[int, str, str]]]:
    """Return (slot, start, end) of the first `times` free times of each of these sites.

    `soonest` is, of each site, when a time may start at the soonest. Moments are as the database
    writes them in JSON.
    """
    return {pk: json.loads(text) for pk, text in _ask("listed", soonest, wanted, now, times)}


def with_times(soonest: Mapping[int, datetime], wanted: SearchCriteria, now: datetime) -> list[int]:
    """Return those of these sites that have a free time."""
    return [pk for (pk,) in _ask("with times", soonest, wanted, now, 1)]


def _ask(
    what: str, soonest: Mapping[int, datetime], wanted: SearchCriteria, now: datetime, times: int
) -> list[tuple[Any, ...]]:
    exam, needed = wanted.exam, wanted.needed
    sites = [(pk, str(_adapted(moment))) for pk, moment in soonest.items()]
    given = {"sites": json.dumps(sites), **_moments(wanted, now)}
    if exam:
        given["keys"] = written_keys(keys_at(exam, needed, soonest))
    return _statement(what, wanted, times).rows(given)


def _statement(what: str, wanted: SearchCriteria, times: int) -> Statement:
    """Return the statement of all searches that are alike; it goes with the places in memory."""
    alike = replace(wanted, first_day=_FIRST_DAY, last_day=_LAST_DAY)
    exam = wanted.exam and (wanted.exam.pk, wanted.exam.minutes, wanted.exam.contrast)
    key = (what, connection.vendor, times, exam, wanted.modality, wanted.dayparts, wanted.weekend,
           wanted.needed)  # fmt: skip
    statements: dict[Any, Any] = places.table().answers
    if key not in statements:
        slots = narrowed(
            alike, _NOW, site_id=RawSQL("s.id", ()), start__gte=RawSQL("s.soonest", ())
        )
        statements[key] = _written(what, slots, alike, times)
    found: Statement = statements[key]
    return found


def _written(what: str, slots: QuerySet[Slot, Any], alike: SearchCriteria, times: int) -> Statement:
    sites = _SITES[connection.vendor]
    names = {value: name for name, value in _moments(alike, _NOW).items()}
    if alike.exam and (keys := keys_that_can(alike.exam, alike.needed)) is not None:
        names[written_keys(keys)] = "keys"
    if what == "listed":
        sql, values = by_start(slots).order_by("start")[:times].query.sql_with_params()
        named = [Named(names[value]) if value in names else value for value in values]
        return Statement(
            _LISTED[connection.vendor].format(slots=sql, sites=sites), [*named, Named("sites")]
        )
    sql, values = slots.values("pk").query.sql_with_params()
    named = [Named(names[value]) if value in names else value for value in values]
    return Statement(f"SELECT s.id FROM {sites} WHERE EXISTS ({sql})", [Named("sites"), *named])


def _moments(wanted: SearchCriteria, now: datetime) -> dict[str, Any]:
    after, before = window(wanted, now)
    return {"now": _adapted(now), "after": _adapted(after), "before": _adapted(before)}


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
