"""Which database, and how it is spoken to: settings.DATABASES and whose its tables are."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from config.environment import one_of, runs_as_owner


def databases(var_dir: Path, arguments: Sequence[str]) -> tuple[dict[str, dict[str, Any]], str]:
    """Return the database's settings, those of its replica if there is one, and the user as below.

    Raises ImproperlyConfigured for a replica that is no PostgreSQL.
    """
    found, role = database(var_dir, arguments)
    if not (url := os.environ.get("DATABASE_REPLICA_URL")):
        return {"default": found}, role
    copy: dict[str, Any] = {**dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)}
    if not copy["ENGINE"].endswith("postgresql"):
        raise ImproperlyConfigured("DATABASE_REPLICA_URL is no postgres:// address.")
    if password := os.environ.get("DATABASE_PASSWORD"):
        copy["PASSWORD"] = password
    copy.setdefault("OPTIONS", {}).setdefault("connect_timeout", 2)
    _as_postgresql(copy, is_pooled=_is_pooled())
    return {"default": found, "replica": copy | {"TEST": {"MIRROR": "default"}}}, role


def database(var_dir: Path, arguments: Sequence[str]) -> tuple[dict[str, Any], str]:
    """Return the database's settings, and the service's own user where the tables are another's.

    `arguments` is the command line: some commands run as the owner of the tables
    (booking/changes/audit_rights.py). The demo's database is a file in `var_dir`.
    """
    service = os.environ.get("DATABASE_URL") or f"sqlite:///{var_dir / 'finder.sqlite3'}"
    owner = os.environ.get("MIGRATE_DATABASE_URL", "")
    role = dj_database_url.parse(service).get("USER", "") if owner else ""
    is_owner = bool(owner) and runs_as_owner(arguments)
    is_pooled = _is_pooled() and not is_owner
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
        _as_postgresql(found, is_pooled=is_pooled)
    return found, role


def _is_pooled() -> bool:
    return one_of("DATABASE_POOLER", ("none", "session", "transaction")) == "transaction"


def _as_postgresql(found: dict[str, Any], *, is_pooled: bool) -> None:
    """Say how PostgreSQL is spoken to; `is_pooled`: each transaction may be in another session."""
    options = found.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 5)
    # Nothing is left in a session for the next transaction: no cursor, and no prepared statement
    # (booking/models/prepared.py asks this, too).
    found["DISABLE_SERVER_SIDE_CURSORS"] = is_pooled
    if not is_pooled:
        # To compile a statement takes PostgreSQL a hundred times as long as to answer one of ours.
        # A pooler takes no such options from who connects: it says so itself to PostgreSQL
        # (deploy/pgbouncer.ini).
        options.setdefault("options", "-c jit=off")


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
