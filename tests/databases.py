"""The tests' databases: copies of one that is migrated once, emptied of what a test wrote.

The migrated one, the template, stays for later runs until a migration or a library changes.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var" / "templates"
HERE = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
"""Tells this folder's databases from another's on the same server."""
OF_MIGRATING = {
    "django_migrations", "django_content_type", "auth_permission", "sites_placesversion",
}  # fmt: skip
"""Tables whose rows migrating wrote: they stay. Triggers change the version of places."""
OF_AN_INDEX = "booking_nameword_grams"
"""SQLite's own tables of the index of trigrams: triggers empty it with the words."""


@contextmanager
def copy(worker: str) -> Iterator[None]:
    """Point Django at a migrated database of this worker's own, which goes afterwards."""
    KEPT.mkdir(parents=True, exist_ok=True)
    before = connection.settings_dict["NAME"]
    make, drop = _FOR[connection.vendor]
    connection.close()
    connection.settings_dict["NAME"] = name = make(worker)
    try:
        yield
    finally:
        connection.close()
        drop(name)
        connection.settings_dict["NAME"] = before


def empty() -> None:
    """Delete every row but those that migrating wrote, from the tables that have any.

    Also from tables whose triggers forbid it, like the audit's. A tenth of what Django's flush
    takes, which empties every table and then writes the content types and permissions again.
    """
    with connection.cursor() as cursor, connection.constraint_checks_disabled():
        tables = filled(cursor)
        if tables:
            with transaction.atomic():
                _DELETE[connection.vendor](cursor, tables)


def filled(cursor: Any) -> list[str]:
    """Return the tables that have rows of a test's own; an index that follows one is left out."""
    tables = [
        name
        for name in connection.introspection.table_names(cursor)
        if name not in OF_MIGRATING and not name.startswith(OF_AN_INDEX)
    ]
    anything = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"
        for name in tables
    )
    cursor.execute(anything)
    return [name for (name,) in cursor.fetchall()]


def _delete_on_sqlite(cursor: Any, tables: list[str]) -> None:
    cursor.execute("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    triggers = [
        (name, sql)
        for name, sql, table in cursor.fetchall()
        if table in tables and "RAISE" in sql  # others do their work: an index follows its table
    ]
    for name, _ in triggers:
        cursor.execute(f'DROP TRIGGER "{name}"')
    for table in tables:
        cursor.execute(f'DELETE FROM "{table}"')
    for _, sql in triggers:
        cursor.execute(sql)


def _delete_on_postgresql(cursor: Any, tables: list[str]) -> None:
    # Others do their work. To alter their tables, too, would be refused: rows of other tables refer
    # to them, and PostgreSQL still has to look at that.
    cursor.execute(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid"
        " WHERE NOT tgisinternal AND p.prosrc LIKE '%RAISE%'"
    )
    guarded = {name for (name,) in cursor.fetchall()}
    for table in tables:  # foreign keys are looked at when all are gone
        if table in guarded:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        cursor.execute(f'DELETE FROM "{table}"')
        if table in guarded:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


_DELETE = {"sqlite": _delete_on_sqlite, "postgresql": _delete_on_postgresql}


def _copy_file(worker: str) -> str:
    template = KEPT / f"{_what_migrating_makes()}.sqlite3"
    with _one_at_a_time():
        if not template.exists():
            for old in KEPT.glob("*.sqlite3*"):
                old.unlink()
            unfinished = template.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            _migrate(f"sqlite:///{unfinished}")
            with closing(sqlite3.connect(unfinished)) as made:
                made.execute("PRAGMA journal_mode = DELETE")  # all of it in this one file
            unfinished.rename(template)
        name = settings.VAR_DIR / f"test-{worker}.sqlite3"
        name.parent.mkdir(parents=True, exist_ok=True)
        _drop_file(str(name))
        shutil.copyfile(template, name)
    return str(name)


def _drop_file(name: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{name}{suffix}").unlink(missing_ok=True)


def _clone(worker: str) -> str:
    prefix = f"template_{HERE}_"
    template = f"{prefix}{_what_migrating_makes()}"
    with _one_at_a_time(), closing(_server()) as server:
        known = {name for (name,) in server.execute("SELECT datname FROM pg_database")}
        if template not in known:
            for old in known:
                if old.startswith(prefix):
                    _drop_database(old)
            unfinished = f"{prefix}unfinished"
            server.execute(f'CREATE DATABASE "{unfinished}"')
            _migrate(_with_name(unfinished))
            server.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{template}"')
    name = f"test_{connection.settings_dict['NAME']}_{HERE}_{worker}"
    _drop_database(name)
    with closing(_server()) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        # Nothing of it outlives the run: no commit of a test has to wait for the disk.
        server.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    return name


def _drop_database(name: str) -> None:
    with closing(_server()) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


_FOR = {"sqlite": (_copy_file, _drop_file), "postgresql": (_clone, _drop_database)}


def _server() -> Any:
    """Connect to where databases can be made: not to one that is to be copied."""
    import psycopg

    given = {**connection.get_connection_params(), "dbname": "postgres"}
    wanted = ("host", "port", "user", "password", "dbname")
    return psycopg.connect(autocommit=True, **{k: v for k, v in given.items() if k in wanted})


def _with_name(name: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def _migrate(url: str) -> None:
    """Migrate in a process of its own, so that nothing of it is left in this one."""
    subprocess.run(
        [sys.executable, ROOT / "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, check=True,
    )  # fmt: skip


def _what_migrating_makes() -> str:
    """Name all that a migrated database depends on: our migrations, the libraries', what is on."""
    of = hashlib.sha256(repr((settings.INSTALLED_APPS, sys.version_info[:2])).encode())
    files = sorted(ROOT.glob("[a-z]*/migrations/*.py"))
    for file in [*files, ROOT / "requirements" / "base.txt"]:
        of.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return of.hexdigest()[:16]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
