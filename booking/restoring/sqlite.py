"""SQLite's online backup: a copy of one moment while others write, and the way back."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from django.db import connection

from booking.restoring.engines import (
    LOOKS,
    MIGRATIONS,
    SESSIONS,
    Contents,
    EngineFault,
    Mark,
    count_statements,
)

WAIT = 20.0
"""Seconds for the writer of a moment to end."""
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
EVERYTHING = -1
"""Pages a step: all at once, so that no writer makes the copy begin anew."""


class Sqlite:
    """A file, and its log beside it."""

    name = "sqlite"
    suffix = ".sqlite3"

    def size(self) -> int:
        """Return the bytes of the file and its log."""
        here = _here()
        return sum(p.stat().st_size for p in (here, Path(f"{here}-wal")) if p.exists())

    def dump(self, target: Path) -> Contents:
        """Copy the database into an empty file, and look whether the copy is sound."""
        with _faults(), _open(_here()) as source, _open(target) as copy:
            source.backup(copy, pages=EVERYTHING)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, with no log beside it
            return _look(copy)

    def load(self, source: Path, mark: Mark, scratch: Path) -> None:
        """Put a copy of the copy, with the mark on it, into the place of the database.

        That is one transaction of SQLite's: who reads meanwhile sees the one or the other.
        """
        connection.close()
        with _faults(), _open(scratch) as marked, _open(_here()) as target:
            with _open(source) as kept:
                kept.backup(marked, pages=EVERYTHING)
            _look(marked)
            _mark(marked, mark)
            marked.backup(target, pages=EVERYTHING)

    def users(self) -> int:
        """Return 0: a file does not know who has it open."""
        return 0


def _here() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


@contextlib.contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, timeout=WAIT, isolation_level=None)) as opened:
        yield opened


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as fault:
        raise EngineFault(f"SQLite says: {fault}") from None


def _look(copy: sqlite3.Connection) -> Contents:
    """Return what is in a copy. Raises EngineFault if it is not sound."""
    if (sound := copy.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise EngineFault(f"the copy is not sound: {sound}")
    tables = [name for (name,) in copy.execute(TABLES)]
    if "django_migrations" not in tables:
        raise EngineFault("the database is empty: there is no table of this service in it")
    counts = {
        name: copy.execute(statement).fetchone()[0]
        for name, statement in count_statements(tables).items()
    }
    return Contents([name for (name,) in copy.execute(MIGRATIONS)], counts)


def _mark(copy: sqlite3.Connection, mark: Mark) -> None:
    tables = [name for (name,) in copy.execute(TABLES)]
    if SESSIONS in tables:
        copy.execute(f"DELETE FROM {SESSIONS}")
    if LOOKS in tables:
        at, as_of = (
            moment.strftime("%Y-%m-%d %H:%M:%S.%f") for moment in (mark.restored_at, mark.as_of)
        )
        copy.execute(
            f"INSERT INTO {LOOKS} (id, epoch, sequence, token, at, restored_at, restored_as_of,"
            " restored_why) VALUES (1, ?, 0, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " restored_at = excluded.restored_at, restored_as_of = excluded.restored_as_of,"
            " restored_why = excluded.restored_why",
            (uuid4().hex, uuid4().hex, as_of, at, as_of, mark.why),
        )
