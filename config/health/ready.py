"""What the service needs so that it can be used: each part, and what is wrong with it.

A part is a function that returns why it is not well, empty if it is.
"""

from collections.abc import Callable

from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config.health import writing
from sites import places as network

Part = Callable[[], str]
ASKED_WITHIN = 2.0
"""Seconds in which a broker must answer."""

_migrated = False


def database() -> str:
    """The database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return "away"
    return ""


def migrations() -> str:
    """The tables are those of this code, or of a later one: then nothing is looked at again."""
    global _migrated  # noqa: PLW0603 - one for the process
    if not _migrated:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            return f"{len(plan)} to do"
        _migrated = True
    return ""


def broker() -> str:
    """The broker takes wake-ups. Without it all goes on, only later: rows say what is to do."""
    options = {
        **current_app.conf.broker_transport_options,
        "socket_connect_timeout": ASKED_WITHIN,
        "socket_timeout": ASKED_WITHIN,
    }
    try:
        with current_app.connection_for_write(transport_options=options) as asked:
            asked.ensure_connection(max_retries=1, timeout=ASKED_WITHIN)
            asked.default_channel.close()
    except Exception as fault:  # each transport has faults of its own
        return f"away ({type(fault).__name__})"
    return ""


def places() -> str:
    """This process has read the places once: no search has to wait for that, and none fails for
    it where the database goes away."""
    return "" if network.at_hand() else "not read yet"


WEB: dict[str, Part] = {
    "database": database,
    "writes": writing.why_not,
    "migrations": migrations,
    "places": places,
}
"""What a page needs."""
ALL: dict[str, Part] = {**WEB, "broker": broker}


def faults(parts: dict[str, Part]) -> dict[str, str]:
    """Return of each part what is wrong with it, empty if nothing is.

    Without a database nothing that stands in it is asked.
    """
    found: dict[str, str] = {}
    for name, ask in parts.items():
        if found.get("database") and name in ("writes", "migrations"):
            continue
        try:
            found[name] = ask()
        except DatabaseError:
            found[name] = "the database is away"
    return found
