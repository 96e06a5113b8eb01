"""A whole timetable into the database: whole or not at all, and no search sees half of one.

The lines go in under a number of their own, a few thousand a transaction, so that nobody waits;
then that number counts, in one statement; then the lines of before go.
"""

import csv
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from sites.models import Postcode, Site, Timetable, TimetableLine
from sites.timetable_file import COLUMNS, Line, LineRefused, Reader

LINES_A_TRANSACTION = 5_000
SAID = 1_000
"""Wrong lines that are named one by one; of more their number is said."""
ABANDONED = timedelta(days=1)
"""A load that began so long ago and is not whole was stopped."""
_NAMES = ("timetable_id", *Line._fields)


class FileRefused(Exception):
    """A file cannot be used; nothing has changed. The text says why."""


class Loaded(NamedTuple):
    """What a file had: journeys, the sectors that they begin in."""

    lines: int
    origins: int


def load(file: Path, *, say: Callable[[str], None]) -> Loaded:
    """Let a file take the place of the timetable. `say` is told of each line that is wrong.

    One wrong line refuses the whole file. Memory does not grow with it, but for a byte for each
    journey that may be. Raises FileRefused; the timetable of before then stays.
    """
    timetable = Timetable.objects.create(started_at=timezone.now())
    try:
        loaded = _put_all(timetable, file, say)
        timetable.whole_at = timezone.now()
        timetable.save(update_fields=["whole_at"])
    except BaseException:
        _remove(timetable)
        raise
    _remove_older(timetable)
    return loaded


def _put_all(timetable: Timetable, file: Path, say: Callable[[str], None]) -> Loaded:
    reader = Reader(
        frozenset(Postcode.objects.values_list("sector", flat=True).distinct()),
        dict(Site.objects.values_list("slug", "pk")),
    )
    wrong = lines = 0
    batch: list[Line] = []
    for number, cells in _read(file):
        try:
            batch.append(reader.read(cells))
        except LineRefused as refusal:
            wrong += 1
            if wrong <= SAID:
                say(f"line {number}: {refusal}")
        if len(batch) == LINES_A_TRANSACTION or (wrong and batch):
            lines += len(batch)
            if not wrong:  # of a file that is refused the rest is only looked at
                _put(timetable, batch)
            batch = []
    if wrong:
        raise FileRefused(f"{wrong:,} wrong lines. Nothing was loaded, the timetable is as before.")
    if batch:
        _put(timetable, batch)
    if not lines + len(batch):
        raise FileRefused("The file has no journeys. The timetable is as before.")
    return Loaded(lines + len(batch), reader.origins)


def _read(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the file's lines with their numbers. Raises FileRefused if it is no such file."""
    try:
        # What is no UTF-8 stays as it is: the line that has it is refused by its number.
        with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            rows = csv.reader(text)
            head = next(rows, [])
            if tuple(cell.strip() for cell in head) != COLUMNS:
                raise FileRefused(f"The first line must be {','.join(COLUMNS)}.")
            for cells in rows:
                if cells:
                    yield rows.line_num, cells
    except OSError as error:
        raise FileRefused(f"The file cannot be read: {error.strerror}.") from None
    except csv.Error as error:
        raise FileRefused(f"line {rows.line_num}: {error}. Nothing was loaded.") from None


def _put(timetable: Timetable, lines: list[Line]) -> None:
    """Put lines in, in one transaction: too many for the ORM."""
    rows = [(timetable.pk, *line) for line in lines]
    table, names = "sites_timetableline", ", ".join(_NAMES)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, f"COPY {table} ({names}) FROM STDIN", rows)
        else:
            marks = ", ".join(["%s"] * len(_NAMES))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def _copy(cursor: Any, statement: str, rows: list[tuple[Any, ...]]) -> None:
    with cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)


def _remove_older(than: Timetable) -> None:
    """Remove timetables that began before this one; not those of a load that goes on beside it."""
    older = Timetable.objects.filter(pk__lt=than.pk)
    stopped = older.filter(whole_at__isnull=True, started_at__lt=than.started_at - ABANDONED)
    for timetable in (*older.filter(whole_at__isnull=False), *stopped):
        _remove(timetable)


def _remove(timetable: Timetable) -> None:
    """Remove a timetable and its lines."""
    TimetableLine.objects.filter(timetable=timetable).delete()  # nothing points to a line
    timetable.delete()
