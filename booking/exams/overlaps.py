"""One patient at a time on one machine: slots of one Schedule that overlap in time.

A Schedule is one machine's list. Some trusts send the same hour twice, as two half hours and as one
long slot: of such slots only one can be had. The seats of one slot can all be had, and where either
of two slots has several seats the list is of a place with room for several: the two are no rivals.

`Schedule.overlaps` says that a rival was met there, so that a search looks for what is taken only
where it can matter. All that is asked here is SQL as it stands, on the index of a schedule by time.
`now` is passed in, aware, UTC.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Func, QuerySet

from booking.models import Schedule, Slot

LONGEST = timedelta(hours=24)
"""No slot is longer (docs/trusts.md): what begins earlier does not reach this one."""
_RIVAL = """o.schedule_id = {schedule} AND o.start > {first} AND o.start < {end}
    AND o."end" > {start} AND o.external_id <> {external_id}
    AND NOT EXISTS (SELECT 1 FROM booking_slot m WHERE m.trust_id = o.trust_id
                    AND m.external_id IN (o.external_id, {external_id})
                    AND m.seat > 0 AND m.status <> 'withdrawn')"""
_TAKEN = """(o.free_at > {now} {by_others} OR EXISTS (
        SELECT 1 FROM booking_appointment a WHERE a.slot_id = o.id
        AND a.status IN ('pending', 'booked') {of_others}))"""
_NAMES = ("schedule", "first", "start", "end", "external_id", "now")
_GIVEN = {name: f"%({name})s" for name in _NAMES}

RIVALS = f"SELECT o.id FROM booking_slot o WHERE {_RIVAL.format(**_GIVEN)}"
TAKEN_RIVAL = (
    f"""SELECT 1 FROM booking_slot o WHERE {_RIVAL.format(**_GIVEN)} AND """
    + _TAKEN.format(
        **_GIVEN,
        by_others="AND o.held_by_id <> %(referral)s",
        of_others="AND a.referral_id <> %(referral)s",
    )
)
"""What stands in the way of `referral` at a slot: a rival that another has, or holds. Its values
are those of `values_of`, with `now` and `referral`."""


def values_of(slot: Slot) -> dict[str, Any]:
    """Return what RIVALS and TAKEN_RIVAL ask about a slot, as the database at hand takes it."""
    moment = connection.ops.adapt_datetimefield_value
    return {
        "schedule": slot.schedule_id,
        "first": moment(slot.start - LONGEST),
        "start": moment(slot.start),
        "end": moment(slot.end),
        "external_id": slot.external_id,
    }


def rivals_of(slot: Slot) -> list[int]:
    """Return the keys of the slots of which only one can be had with this one; mark the Schedule.

    One query where there are none.
    """
    with connection.cursor() as cursor:
        cursor.execute(RIVALS, values_of(slot))
        found = [key for (key,) in cursor.fetchall()]
    if found:
        Schedule.objects.filter(pk=slot.schedule_id, overlaps=False).update(overlaps=True)
    return found


def is_blocked(slot: Slot, *, now: datetime) -> bool:
    """Whether somebody has, or holds, a rival of a slot: it cannot be had now."""
    return without_blocked(Slot.objects.filter(pk=slot.pk), now=now).first() is None


def without_blocked(slots: QuerySet[Slot, Any], *, now: datetime) -> QuerySet[Slot, Any]:
    """Return those of the slots of which nobody has, or holds, a rival."""
    return slots.filter(_IsAlone("schedule", "start", "end", "external_id", now=now))


class _IsAlone(Func):
    """That nobody has a rival of a slot. Looked for only on Schedules that have any."""

    output_field = BooleanField()
    a_day_before = {
        "sqlite": "datetime({}, '-1 day')",
        "postgresql": "{} - interval '1 day'",
    }

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **options: Any) -> Any:
        """Write it with the names that the query gives to the slot's columns."""
        columns = [compiler.compile(one)[0] for one in self.get_source_expressions()]
        schedule, start, end, external_id = columns
        names = {"schedule": schedule, "start": start, "end": end, "external_id": external_id}
        rival = _RIVAL.format(**names, first=self.a_day_before[connection.vendor].format(start))
        taken = _TAKEN.format(now="%s", by_others="", of_others="")
        sql = (
            f"NOT ({schedule} IN (SELECT f.id FROM booking_schedule f WHERE f.overlaps)"
            f" AND EXISTS (SELECT 1 FROM booking_slot o WHERE {rival} AND {taken}))"
        )
        return sql, [connection.ops.adapt_datetimefield_value(self.extra["now"])]
