"""On which day of the week a slot is in England, as SQL: for who can come on some days only.

A slot keeps whether it is at the weekend, not its day: who asks for a day pays for working it out,
and no other search does.
"""

from typing import Any

from django.db.models import Func, IntegerField

from times.london import LONDON

WEEKDAYS = frozenset(range(7))
"""0 is Monday."""
WEEKEND = frozenset({5, 6})


class Weekday(Func):
    """The day of the week in England of a moment of a slot, 0 for Monday.

    England is at most an hour ahead of UTC, so that only between 11pm and midnight UTC can the two
    days differ. SQLite knows no time zones: there Python is asked for that hour alone.
    """

    output_field: Any = IntegerField()
    sqlite = (
        "CASE WHEN substr({start}, 12, 2) = '23'"
        " THEN django_datetime_extract('iso_week_day', {start}, '{zone}', 'UTC') - 1"
        " ELSE (strftime('%%w', {start}) + 6) %% 7 END"
    )
    postgresql = "(EXTRACT(isodow FROM {start} AT TIME ZONE '{zone}')::int - 1)"

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> Any:
        """Write it for the database at hand."""
        (start,) = (compiler.compile(one)[0] for one in self.get_source_expressions())
        sql = getattr(self, connection.vendor)
        return f"({sql.format(start=start, zone=LONDON.key)})", []
