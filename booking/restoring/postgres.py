"""PostgreSQL's own pg_dump, and the way back by pg_restore and psql in one transaction.

The password goes to them in the environment, never in their arguments, which all can see. What
they say is passed on without the rows that it may quote.
"""

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

from booking.restoring.engines import (
    LOOKS,
    MIGRATIONS,
    SESSIONS,
    Contents,
    EngineFault,
    Mark,
    count_statements,
)

SETTINGS = {
    "HOST": "PGHOST",
    "PORT": "PGPORT",
    "USER": "PGUSER",
    "PASSWORD": "PGPASSWORD",
    "NAME": "PGDATABASE",
}
OPTIONS = {
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
EMPTY = """
DROP SCHEMA IF EXISTS public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC;
"""
QUIET = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse")
QUOTES_ROWS = ("DETAIL", "CONTEXT", "COPY", "LINE")
"""How lines of these tools begin that may quote what is in a row."""
OTHERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class Postgres:
    """A database on a server, reached by PostgreSQL's own tools."""

    name = "postgresql"
    suffix = ".dump"

    def size(self) -> int:
        """Return what the database takes on the server; a dump of it is packed, so smaller."""
        return int(_ask("SELECT pg_database_size(current_database())")[0][0])

    def dump(self, target: Path) -> Contents:
        """Dump one moment: what is counted and what is dumped are of the same snapshot."""
        _needs_the_server_itself()
        tool = _tool("pg_dump")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            contents = _contents(cursor)
            _run(
                tool, "--format=custom", "--no-password", f"--snapshot={snapshot}",
                f"--file={target}",
            )  # fmt: skip
        return contents

    def load(self, source: Path, mark: Mark, scratch: Path) -> None:
        """Unpack the dump into a script, then run it as one transaction with the mark at its end.

        Whatever goes wrong, the database is as it was.
        """
        _needs_the_server_itself()
        unpack, run = _tool("pg_restore"), _tool("psql")
        is_filled = bool(_tables())
        connection.close()
        _run(unpack, "--no-owner", f"--file={scratch}", str(source))
        before, after = (scratch.with_name(scratch.name + end) for end in (".before", ".after"))
        try:
            before.write_text(EMPTY if is_filled else "")
            after.write_text(_mark(mark))
            files = (f"--file={path}" for path in (before, scratch, after))
            _run(run, *QUIET, "--single-transaction", *files)
        finally:
            for path in (before, after):
                path.unlink(missing_ok=True)

    def users(self) -> int:
        """Return how many others are connected to the database."""
        return int(_ask(OTHERS)[0][0])


def _needs_the_server_itself() -> None:
    """Raise EngineFault behind a pooler of transactions.

    PostgreSQL's tools set up their session and leave it so: whoever gets it next finds no table.
    """
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        raise EngineFault(
            "this would go through the pooler: give this command the server's own address in"
            " DATABASE_URL, and DATABASE_POOLER=none"
        )


def _contents(cursor: Any) -> Contents:
    tables = connection.introspection.table_names(cursor)
    if "django_migrations" not in tables:
        raise EngineFault("the database is empty: there is no table of this service in it")
    counts = {}
    for name, statement in count_statements(tables).items():
        cursor.execute(statement)
        counts[name] = cursor.fetchone()[0]
    cursor.execute(MIGRATIONS)
    return Contents([name for (name,) in cursor.fetchall()], counts)


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        return list(connection.introspection.table_names(cursor))


def _ask(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _mark(mark: Mark) -> str:
    """Return the statements that end the restore, where the tables that they need are there."""
    at, as_of, why = _text(mark.restored_at), _text(mark.as_of), mark.why.replace("'", "''")
    return f"""
DO $mark$ BEGIN
IF to_regclass('public.{SESSIONS}') IS NOT NULL THEN DELETE FROM public.{SESSIONS}; END IF;
IF to_regclass('public.{LOOKS}') IS NOT NULL THEN
INSERT INTO public.{LOOKS}
(id, epoch, sequence, token, at, restored_at, restored_as_of, restored_why)
VALUES (1, '{uuid4()}', 0, '{uuid4()}', '{as_of}', '{at}', '{as_of}', '{why}')
ON CONFLICT (id) DO UPDATE SET restored_at = excluded.restored_at,
restored_as_of = excluded.restored_as_of, restored_why = excluded.restored_why;
END IF; END $mark$;
"""


def _text(moment: datetime) -> str:
    return moment.isoformat()


def _tool(name: str) -> str:
    """Return where a tool is. Raises EngineFault."""
    found = shutil.which(name)
    if found is None:
        what = f"{name} is not here: install PostgreSQL's client (postgresql-client) of its version"
        raise EngineFault(what)
    return found


def _run(tool: str, *arguments: str) -> None:
    """Run a tool against the service's database. Raises EngineFault with what it said."""
    ran = subprocess.run(
        [tool, *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if ran.returncode:
        said = [line for line in ran.stderr.splitlines() if not line.startswith(QUOTES_ROWS)]
        raise EngineFault(f"{Path(tool).name} says: {' '.join(said)[:500] or ran.returncode}")


def environment() -> dict[str, str]:
    """Return the environment in which a tool finds the service's database."""
    found = connection.settings_dict
    given = {variable: str(found.get(name) or "") for name, variable in SETTINGS.items()}
    options = found.get("OPTIONS") or {}
    given |= {variable: str(options.get(name) or "") for name, variable in OPTIONS.items()}
    own = {name: value for name, value in given.items() if value}
    return {**os.environ, **own, "PGCONNECT_TIMEOUT": "10"}
