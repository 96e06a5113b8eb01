"""The throw-away databases of a run: files of SQLite, and PostgreSQL where a server is at hand."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tools import servers

NAME = "finder_bench"


class Databases(NamedTuple):
    """Databases of one kind: where they are, and, of a server, its own address."""

    vendor: str
    folder: Path
    server: str = ""

    def fresh(self, size: str = "") -> str:
        """Make one anew and return its address. BENCH_DATABASE_URL names an empty one instead."""
        if not self.server:
            return f"sqlite:///{self.folder}/bench{size}.sqlite3"
        asked = os.environ.get("BENCH_DATABASE_URL")
        if asked and not size:
            return asked
        name = _name(size)
        _do(self.server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        return self.server.rsplit("/", 1)[0] + f"/{name}"

    def drop(self, size: str) -> None:
        """Remove one of several, so that no run leaves gigabytes."""
        if self.server:
            _do(self.server, f"DROP DATABASE IF EXISTS {_name(size)} WITH (FORCE)")
        else:
            for file in self.folder.glob(f"bench{size}.sqlite3*"):
                file.unlink()


def at_hand(folder: Path, stack: ExitStack) -> list[Databases]:
    """Return SQLite, and PostgreSQL where it answers or can be started; `stack` ends a private
    server.
    """
    found = [Databases("sqlite", folder)]
    if server := servers.postgresql(stack):
        found.append(Databases("postgresql", folder, server.url))
    return found


def _name(size: str) -> str:
    asked = os.environ.get("BENCH_DATABASE_URL")
    name = asked.rsplit("/", 1)[1] if asked else NAME
    return f"{name}_{size}" if size else name


def _do(server: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
