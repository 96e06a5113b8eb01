"""How long a scan takes against slots: one alone, several that adjoin, a second visit later on.

A slot that is long enough is had alone. One that is shorter is joined with those that begin where
it, and then the next, ends: of the same Schedule at the same site, MOST_JOINED at most. So never
over a gap, over two machines' lists, or across slots that overlap. A scan in two visits has a
second slot, or several that adjoin, on the same day at the same site, of any Schedule of the same
trust and modality, that ends before the place closes where its hours are known.

`choose` says it of slots that were read; `long_enough` says as a filter of a query whether a slot
is the first of a run, and a test holds the two to one answer. Minutes are counted in whole
seconds, as both databases count them.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import BooleanField, DateTimeField, Func, QuerySet

from booking.exams import overlaps
from booking.models import Exam, Slot
from booking.models.appointment import Visit
from sites import places
from times.london import LONDON

MOST_JOINED = 4
"""Slots that are joined at most: more would be a list that is not meant for such a scan."""


class Piece(NamedTuple):
    """What is needed of a slot to join it with others. `scanner_id`: of its Schedule, if any."""

    id: int
    trust_id: str
    schedule_id: int
    scanner_id: int | None
    site_id: int
    modality: str
    start: datetime
    end: datetime


PIECE = [*Piece._fields[:3], "schedule__scanner_id", *Piece._fields[4:]]
"""Piece's fields as a query of slots has them."""


@dataclass(frozen=True)
class Choice:
    """The slots that somebody has who chooses the first of them: of one visit, or of two."""

    first: tuple[Piece, ...]
    second: tuple[Piece, ...] = ()

    def pieces(self) -> list[tuple[Piece, int]]:
        """Return each slot and its visit, in the order of their times."""
        return [*((one, 1) for one in self.first), *((one, 2) for one in self.second)]

    def slot_ids(self) -> list[int]:
        """Return the keys of all its slots, in the order of their times."""
        return [piece.id for piece, _ in self.pieces()]

    def visits(self) -> list[Visit]:
        """Return from when to when each visit is."""
        return [(one[0].start, one[-1].end) for one in (self.first, self.second) if one]


class Pool:
    """Slots that can be had, by where and when they start."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        """Take them, in any order. Of seats of one time the one with the lowest key is had."""
        self._by_start: dict[tuple[object, ...], list[Piece]] = defaultdict(list)
        self._by_place: dict[tuple[object, ...], list[Piece]] = defaultdict(list)
        for piece in sorted(pieces, key=lambda piece: (piece.start, piece.end, piece.id)):
            self._by_start[(*_list_of(piece), piece.start)].append(piece)
            self._by_place[_place_of(piece)].append(piece)

    def adjoining(self, piece: Piece) -> Iterator[Piece]:
        """Yield what begins where a slot ends, one for each end."""
        ends = set()
        for one in self._by_start.get((*_list_of(piece), piece.end), []):
            if one.end not in ends:
                ends.add(one.end)
                yield one

    def later(self, piece: Piece, first: datetime, last: datetime) -> Iterator[Piece]:
        """Yield what starts between two moments at the place of a slot, the first first."""
        for one in self._by_place.get(_place_of(piece), []):
            if first <= one.start <= last:
                yield one


def pieces(slots: QuerySet[Slot, Any]) -> list[Piece]:
    """Return slots as `Pool` takes them, in one query."""
    return [Piece(*row) for row in slots.values_list(*PIECE)]


def takes_more(exam: Exam, slot: Slot | Piece) -> bool:
    """Return whether one slot alone is not enough for an exam."""
    return exam.visits > 1 or is_short(exam, slot.start, slot.end)


def is_short(exam: Exam, start: datetime, end: datetime) -> bool:
    """Return whether a slot from `start` to `end` is shorter than an exam, or its first visit."""
    return not _lasts(start, end, exam.minutes)


def choose(exam: Exam, first: Piece, pool: Pool) -> Choice | None:
    """Return what is had with a slot as the first, the rest from `pool`; None if that has too few.

    Of several runs the one that ends the soonest, then the earliest second visit.
    """
    run = _run((first,), exam.minutes, pool)
    if run is None:
        return None
    if exam.visits == 1:
        return Choice(run)
    ends = run[-1].end
    earliest, latest = (
        ends + timedelta(minutes=gap) for gap in (exam.gap_min_minutes, exam.gap_max_minutes)
    )
    for one in pool.later(first, earliest, latest):
        second = _run((one,), exam.second_minutes, pool)
        if second and _is_open_until(second[-1], first.start):
            return Choice(run, second)
    return None


def suits(exam: Exam, visits: list[Visit]) -> bool:
    """Return whether an exam can be done in visits that somebody has, by their lengths."""
    if len(visits) != exam.visits or not _lasts(*visits[0], exam.minutes):
        return False
    if exam.visits == 1:
        return True
    gap = _second(visits[1][0]) - _second(visits[0][1])
    is_between = exam.gap_min_minutes * 60 <= gap <= exam.gap_max_minutes * 60
    return is_between and _lasts(*visits[1], exam.second_minutes)


def long_enough(
    slots: QuerySet[Slot, Any], exam: Exam, *, now: datetime | None = None, presses: bool = False
) -> QuerySet[Slot, Any]:
    """Return those of the slots that are long enough, alone or with those that adjoin.

    With `now`, those that adjoin can be had by somebody new then; without, it is enough that there
    are any: who wants one that is taken is told so, and not that the scan takes longer. `presses`:
    it may be kept for suspected cancer (booking/exams/reserved.py). Of an exam in two visits it is
    the first visit that is asked about.
    """
    return slots.filter(_IsFirst(*_COLUMNS, minutes=exam.minutes, now=now, presses=presses))


def ends_of(
    slot_ids: Iterable[int], exam: Exam, *, now: datetime, presses: bool
) -> dict[int, datetime]:
    """Return when each of these slots ends, with the slots that it is joined with: those that can
    be had, also what is kept for suspected cancer if it `presses`."""
    slots = Slot.objects.filter(pk__in=slot_ids)
    end = _RunEnd(*_COLUMNS, minutes=exam.minutes, now=now, presses=presses)
    found = slots.values_list("pk", end)
    return {pk: end for pk, end in found if end}


def can_be_first(exam: Exam, slot: Slot) -> bool:
    """Return whether a slot is long enough, alone or with those that adjoin, whoever has them."""
    if _lasts(slot.start, slot.end, exam.minutes):
        return True
    return long_enough(Slot.objects.filter(pk=slot.pk), exam).exists()


def _run(path: tuple[Piece, ...], minutes: int, pool: Pool) -> tuple[Piece, ...] | None:
    """Return the slots that adjoin a path until it is long enough, those that end the soonest."""
    if _lasts(path[0].start, path[-1].end, minutes):
        return path
    if len(path) == MOST_JOINED:
        return None
    longer = (_run((*path, one), minutes, pool) for one in pool.adjoining(path[-1]))
    found = [one for one in longer if one]
    return min(found, key=lambda one: (one[-1].end, len(one)), default=None)


def _list_of(piece: Piece) -> tuple[object, ...]:
    return piece.schedule_id, piece.site_id, piece.modality


def _place_of(piece: Piece) -> tuple[object, ...]:
    return piece.trust_id, piece.site_id, piece.modality


def _is_open_until(last: Piece, begun: datetime) -> bool:
    """Return whether a visit that ends with `last` is on the day on which it all `begun`, and over
    when the place closes: the stop of a mobile scanner, or the site. Unknown hours stop nobody."""
    day = begun.astimezone(LONDON).date()
    closes = _closes(last, begun) or time.max
    return last.end <= datetime.combine(day, closes, LONDON)


def _closes(piece: Piece, at: datetime) -> time | None:
    day = at.astimezone(LONDON).date()
    if piece.scanner_id and (stop := places.visit_on(piece.scanner_id, day)):
        return stop.closes
    hours = places.get(piece.site_id).hours
    return next((one.closes for one in hours if one.weekday == day.weekday()), None)


def _lasts(start: datetime, end: datetime, minutes: int) -> bool:
    if end - start >= timedelta(minutes=minutes):  # so it is in whole seconds, too
        return True
    return _second(end) - _second(start) >= minutes * 60


def _second(moment: datetime) -> int:
    return math.floor(moment.timestamp())


_COLUMNS = ("schedule", "site", "modality", "start", "end")
_NEXT = {name: f'n."{column}"' for name, column in overlaps.COLUMNS.items()}


class _RunEnd(Func):
    """When a slot ends, with those that it is joined with if it is too short alone; NULL where it
    is too short with them.

    As SQL, because the ORM has no queries that go on by themselves. The slot itself is looked at
    first: one that is long enough costs nothing more.
    """

    output_field: Any = DateTimeField()
    seconds = {
        "sqlite": "CAST(strftime('%%s', {}) AS INTEGER)",
        "postgresql": "CAST(floor(extract(epoch FROM {})) AS BIGINT)",
    }
    surely = {"sqlite": "", "postgresql": "{end} - {start} >= interval '{minutes} minutes' OR "}
    """What is as long to the fraction of a second is as long in whole seconds; said faster."""
    sql = f"""CASE WHEN {{alone}} THEN {{end}} ELSE (
        WITH RECURSIVE run(finish, slots) AS (
            SELECT {{end}}, 1
            UNION
            SELECT n."end", run.slots + 1 FROM run JOIN booking_slot n
            ON n.schedule_id = {{schedule}} AND n.start = run.finish
            WHERE run.slots < {MOST_JOINED} AND NOT {{enough}}
            AND n.site_id = {{site}} AND n.modality = {{modality}} AND {{can_be_had}}
        ) SELECT MIN(finish) FROM run WHERE {{enough}}) END"""

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **options: Any) -> Any:
        """Write it with the names that the query gives to the slot's columns."""
        columns = [compiler.compile(one)[0] for one in self.get_source_expressions()]
        names = dict(zip(_COLUMNS, columns, strict=True))
        second = self.seconds[connection.vendor]
        minutes = int(self.extra["minutes"])
        needed = f"{second.format(names['start'])} + {minutes * 60}"
        surely = self.surely[connection.vendor].format(**names, minutes=minutes)
        can_be_had, params = self._can_be_had(connection)
        sql = self.sql.format(
            **names,
            alone=f"{surely}{second.format(names['end'])} >= {needed}",
            enough=f"({second.format('run.finish')} >= {needed})",
            can_be_had=can_be_had,
        )
        return sql, params

    def _can_be_had(self, connection: Any) -> tuple[str, list[Any]]:
        now = self.extra["now"]
        if now is None:
            return "1 = 1", []
        alone, params = overlaps.alone_sql(_NEXT, now=now)
        moment = connection.ops.adapt_datetimefield_value(now)
        if self.extra["presses"]:
            return f"n.free_at <= %s AND {alone}", [moment, *params]
        return f"n.free_at <= %s AND n.reserved_until <= %s AND {alone}", [moment, moment, *params]


class _IsFirst(_RunEnd):
    """That a slot is long enough, alone or as the first of a run."""

    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **options: Any) -> Any:
        """Write it as its end being known."""
        sql, params = super().as_sql(compiler, connection, *args, **options)
        return f"({sql}) IS NOT NULL", params
