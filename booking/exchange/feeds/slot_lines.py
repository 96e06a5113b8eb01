"""Published slots as lines that the database itself writes, a page of them as one text.

Reading a row into Python and encoding it takes ten times as long as the database takes to write
its line. What a line holds is said in one place all the same (`fhir_resources.slot`): a free slot
and a busy one are encoded once, with marks where each row's own values go.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from django.db import connection

from booking.exchange import fhir_resources
from booking.models import OFF_SALE
from booking.models.prepared import Named, Statement

ROWS = 4000
"""Slots read at once: a short query each, so that a slow reader keeps nothing open."""

_ID, _SCHEDULE, _START, _END = "\ue000", "\ue001", "\ue002", "\ue003"
"""Where a row's own values go: characters that Unicode gives to nobody."""
_MARK = re.compile(f"([{_ID}-{_END}])")
_MOBILE = "FROM booking_schedule WHERE scanner_id IS NOT NULL"
_VALUES = {
    _ID: "CAST(id AS text)",
    # As fhir_resources.schedule_id.
    _SCHEDULE: f"""CASE WHEN schedule_id IN (SELECT id {_MOBILE})
      AND (schedule_id, site_id) NOT IN (SELECT id, site_id {_MOBILE})
      THEN CAST(schedule_id AS text) || '-' || CAST(site_id AS text)
      ELSE CAST(schedule_id AS text) END""",
}
_PAGE = """
SELECT {together} FROM (
  SELECT id, schedule_id, site_id, start, "end" AS finish, free_at FROM booking_slot
  WHERE trust_id = %s AND start >= %s AND (start, id) > (%s, %s) AND start < %s
    AND status <> 'withdrawn'
  ORDER BY start, id LIMIT {rows}) page"""


@dataclass(frozen=True)
class _Dialect:
    """What the two databases say differently; `{}` is a column, or a line."""

    together: str
    moment: str
    listed: str


_DIALECTS = {
    "sqlite": _Dialect(
        together="group_concat({}, '')",
        moment="replace({}, ' ', 'T') || 'Z'",
        listed="SELECT value FROM json_each(%s)",
    ),
    "postgresql": _Dialect(
        together="string_agg({}, '' ORDER BY start, id)",
        # As JSON, because the usual text goes by the server's settings.
        moment="btrim(CAST(to_json({} AT TIME ZONE 'UTC') AS text), '\"') || 'Z'",
        listed="SELECT CAST(value AS bigint) FROM json_array_elements_text(%s)",
    ),
}


def lines_of(
    trust: str, first: datetime, last: datetime, taken: Collection[int]
) -> Iterator[bytes]:
    """Yield a trust's slots that start from `first` to before `last`, as NDJSON, in order of start.

    `taken` are busy, whatever their row says. Withdrawn ones are left out.
    """
    statement = _statement(connection.vendor, _template(free=True), _template(free=False), ROWS)
    given = {
        "trust": trust,
        "last": _adapted(last),
        "taken": msgspec.json.encode(sorted(taken)).decode(),
    }
    start, pk = first, 0
    while page := statement.rows({**given, "start": _adapted(start), "id": pk})[0][0]:
        yield page.encode()
        if page.count("\n") < ROWS:
            return
        end_of_page = msgspec.json.decode(page[page.rfind("\n", 0, -1) + 1 :])
        start, pk = datetime.fromisoformat(end_of_page["start"]), int(end_of_page["id"])


def _template(*, free: bool) -> str:
    line = fhir_resources.slot(_ID, _SCHEDULE, _START, _END, free)
    return msgspec.json.encode(line).decode() + "\n"


@lru_cache(maxsize=8)
def _statement(vendor: str, free: str, busy: str, rows: int) -> Statement:
    dialect = _DIALECTS[vendor]
    if_free, free_values = _written(free, dialect)
    if_busy, busy_values = _written(busy, dialect)
    line = (
        f"CASE WHEN free_at < %s AND id NOT IN ({dialect.listed}) THEN {if_free} ELSE {if_busy} END"
    )
    sql = _PAGE.format(together=dialect.together.format(line), rows=rows)
    values = [_adapted(OFF_SALE), Named("taken"), *free_values, *busy_values]
    return Statement(sql, [*values, *map(Named, ("trust", "start", "start", "id", "last"))])


def _written(template: str, dialect: _Dialect) -> tuple[str, list[str]]:
    """Return what writes such a line: SQL, with a %s for each part that is always the same."""
    moments = {
        _START: dialect.moment.format("start"),
        _END: dialect.moment.format("finish"),
    }
    parts = _MARK.split(template)
    return " || ".join(({**_VALUES, **moments}).get(part, "%s") for part in parts), parts[::2]


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
