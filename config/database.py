"""Which database, and how it is spoken to: settings.DATABASES and whose its tables are."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dj_database_url

from config.environment import runs_as_owner


def database(var_dir: Path, arguments: Sequence[str]) -> tuple[dict[str, Any], str]:
    """Return the database's settings, and the service's own user where the tables are another's.

    `arguments` is the command line: some commands run as the owner of the tables
    (booking/changes/audit_rights.py). The demo's database is a file in `var_dir`.
    """
    service = os.environ.get("DATABASE_URL") or f"sqlite:///{var_dir / 'finder.sqlite3'}"
    owner = os.environ.get("MIGRATE_DATABASE_URL", "")
    role = dj_database_url.parse(service).get("USER", "") if owner else ""
    is_owner = bool(owner) and runs_as_owner(arguments)
    found: dict[str, Any] = {
        **dj_database_url.parse(
            owner if is_owner else service, conn_max_age=60, conn_health_checks=True
        )
    }
    own, owners = os.environ.get("DATABASE_PASSWORD"), os.environ.get("MIGRATE_DATABASE_PASSWORD")
    if password := owners if is_owner else own:
        found["PASSWORD"] = password
    if found["ENGINE"].endswith("sqlite3"):
        _as_sqlite(found, var_dir)
    else:
        # To compile a statement takes PostgreSQL a hundred times as long as to answer one of ours.
        found.setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
        found["OPTIONS"].setdefault("connect_timeout", 5)
    return found, role


def _as_sqlite(found: dict[str, Any], var_dir: Path) -> None:
    # IMMEDIATE: a deferred transaction that turns to writing fails as "locked" under load.
    # The log is 64 MB before a commit must tidy it: imports do it themselves
    # (booking/exchange/feeds/write_turns.py).
    found.update(
        ENGINE="config.sqlite",
        CONN_HEALTH_CHECKS=False,
        OPTIONS={
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            " PRAGMA wal_autocheckpoint=16000;",
        },
        # A file, not memory: tests race threads against each other.
        TEST={"NAME": var_dir / "test.sqlite3"},
    )
