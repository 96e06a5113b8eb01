"""One patient at a time on one machine: slots of one Schedule that overlap in time.

A Schedule is one machine's list. Some trusts send the same hour twice, as two half hours and as one
long slot: of such slots only one can be had. The seats of one slot can all be had, and where either
of two slots has several seats the list is of a place with room for several: the two are no rivals.

`Schedule.overlaps` says that a rival was met there, so that a search looks for what is taken only
where it can matter. All that is asked here is SQL as it stands, on the index of a schedule by time.
`now` is passed in, aware, UTC.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Func, Q, QuerySet
from django.db.models.expressions import RawSQL

from booking.models import Referral, Schedule, Slot

LONGEST = timedelta(hours=24)
"""No slot is longer (docs/trusts.md): what begins earlier does not reach this one."""
_RIVAL = """o.schedule_id = {schedule} AND o.start > {first} AND o.start < {end}
    AND o."end" > {start} AND o.external_id <> {external_id}
    AND NOT EXISTS (SELECT 1 FROM booking_slot m WHERE m.trust_id = o.trust_id
                    AND m.external_id IN (o.external_id, {external_id})
                    AND m.seat > 0 AND m.status <> 'withdrawn'
                    LIMIT 1 OFFSET 0)"""
# OFFSET: PostgreSQL looks for each rival by the index. As a join it would read every slot there is,
# of a network where no slot has a second seat (a fifth of a second, of 6 million).
_TAKEN = """(o.free_at > {now} {by_others} OR EXISTS (
        SELECT 1 FROM booking_appointment a WHERE a.slot_id = o.id
        AND a.status IN ('pending', 'booked') {of_others})
    OR EXISTS (
        SELECT 1 FROM booking_appointmentpart p JOIN booking_appointment a
        ON a.id = p.appointment_id WHERE p.slot_id = o.id AND p.live {of_others}))"""
_OTHERS = {
    "by_others": "AND o.held_by_id <> %(referral)s",
    "of_others": "AND a.referral_id <> %(referral)s",
}
_NAMES = ("schedule", "first", "start", "end", "external_id", "now")
_GIVEN = {name: f"%({name})s" for name in _NAMES}

RIVALS = f"SELECT o.id FROM booking_slot o WHERE {_RIVAL.format(**_GIVEN)}"
TAKEN_RIVAL = (
    f"""SELECT 1 FROM booking_slot o WHERE {_RIVAL.format(**_GIVEN)} AND """
    + _TAKEN.format(**_GIVEN, **_OTHERS)
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


def rivals_by_key(slot_id: Any) -> QuerySet[Slot, int]:
    """Return the keys that rivals_of would, of the slot with this key, to be read beside others.

    The key may be a place for one (times/written.py). The Schedule is not marked.
    """
    names = {name: f's."{column}"' for name, column in COLUMNS.items()}
    first = _A_DAY_BEFORE[connection.vendor].format(names["start"])
    rival = _RIVAL.format(**names, first=first)
    sql = f"SELECT o.id FROM booking_slot s JOIN booking_slot o ON {rival} WHERE s.id = %s"
    found = Slot.objects.filter(pk__in=RawSQL(sql, [slot_id]))
    return found.values_list("pk", flat=True)


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


def without_blocked(
    slots: QuerySet[Slot, Any], *, now: datetime, referral: Referral | None = None
) -> QuerySet[Slot, Any]:
    """Return those of the slots of which nobody, but the referral, has or holds a rival."""
    return slots.filter(_IsAlone(*COLUMNS, now=now, referral=referral.pk if referral else None))


def blocked(*, now: datetime) -> Q:
    """Return what is true of a slot of which somebody has, or holds, a rival."""
    return ~Q(_IsAlone(*COLUMNS, now=now, referral=None))


def alone_sql(names: Mapping[str, str], *, now: datetime) -> tuple[str, list[Any]]:
    """Return the condition, and its values, that nobody has a rival of a slot.

    `names` is how the statement names COLUMNS. Looked for only on Schedules that have any.
    """
    taken = _TAKEN.format(now="%s", by_others="", of_others="")
    return _no_rival(names, taken), [connection.ops.adapt_datetimefield_value(now)]


def nobody_has_a_rival(names: Mapping[str, str]) -> str:
    """Return the condition that nobody but `referral` has a rival of a slot.

    `names` is how the statement names COLUMNS; its values are `now` and `referral`.
    """
    return _no_rival(names, _TAKEN.format(**_GIVEN, **_OTHERS))


COLUMNS = {
    "schedule": "schedule_id",
    "start": "start",
    "end": "end",
    "external_id": "external_id",
}
"""Of a slot, what tells whether another is its rival."""
_A_DAY_BEFORE = {"sqlite": "datetime({}, '-1 day')", "postgresql": "{} - interval '1 day'"}


def _no_rival(names: Mapping[str, str], taken: str) -> str:
    first = _A_DAY_BEFORE[connection.vendor].format(names["start"])
    rival = _RIVAL.format(**names, first=first)
    return (
        f"NOT ({names['schedule']} IN (SELECT f.id FROM booking_schedule f WHERE f.overlaps)"
        f" AND EXISTS (SELECT 1 FROM booking_slot o WHERE {rival} AND {taken}))"
    )


class _IsAlone(Func):
    """That nobody, but a referral, has a rival of a slot."""

    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **options: Any) -> Any:
        """Write it with the names that the query gives to the slot's columns."""
        columns = [compiler.compile(one)[0] for one in self.get_source_expressions()]
        names = dict(zip(COLUMNS, columns, strict=True))
        referral = self.extra["referral"]
        if referral is None:
            return alone_sql(names, now=self.extra["now"])
        others = {name: sql.replace("%(referral)s", "%s") for name, sql in _OTHERS.items()}
        now = connection.ops.adapt_datetimefield_value(self.extra["now"])
        sql = _no_rival(names, _TAKEN.format(now="%s", **others))
        return sql, [now, *[referral] * 3]
