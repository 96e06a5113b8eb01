"""What stands beside the database of a day with `--pooled`: a pooler before it, a replica after it.

PgBouncer gives each transaction of the service one of few sessions; a standby follows the database,
and figures are read there.
"""

from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg

from benchmarks.load.play import Load, until
from tools import poolers
from tools.clusters import Cluster, NotStarted

SESSIONS = 8
"""Sessions of PostgreSQL for everybody."""
WITHIN = 60.0
"""Seconds until the replica has what the database has."""
DATABASE = {"HOST": "127.0.0.1", "USER": "postgres", "PASSWORD": ""}


def put(cluster: Cluster, name: str, folder: Path, stack: ExitStack) -> tuple[Cluster, int]:
    """Start a replica of a cluster, and a pooler before its database of a name; return both: the
    replica, and the pooler's port. They end with the stack."""
    (folder / "replica").mkdir()
    replica = Cluster(folder / "replica")
    replica.follow(cluster)
    stack.callback(_stop, replica)
    replica.start()
    database = {**DATABASE, "PORT": cluster.port, "NAME": name}
    port = stack.enter_context(poolers.serve(database, mode="transaction", sessions=SESSIONS))
    return replica, port


def settings(name: str, replica: Cluster, port: int) -> dict[str, str]:
    """Return the service's settings that lead it through the pooler and to the replica."""
    return {
        "DATABASE_URL": f"postgres://postgres@127.0.0.1:{port}/{name}",
        "DATABASE_POOLER": "transaction",
        "DATABASE_REPLICA_URL": f"{replica.url}/{name}",
    }


def found(load: Load, name: str) -> tuple[list[str], dict[str, int]]:
    """Say what the two did, and count what must be nothing."""
    if load.replica is None:
        return [], {}
    sessions = _ask(load.cluster, name, "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
    follows = until(lambda: not _behind(load, name), "the replica", WITHIN)
    reads = _ask(load.replica, name, "SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)"
                 " FROM pg_stat_user_tables WHERE relname LIKE 'insights_%'")  # fmt: skip
    lines = [f"Pooler: {sessions} sessions of {SESSIONS} at the end; replica: read {reads} times"]
    return lines, {
        "sessions more than the pooler may have": int(sessions > SESSIONS),
        "figures not read from the replica": int(not reads),
        "the replica does not follow": int(not follows),
    }


def _behind(load: Load, name: str) -> bool:
    at = _ask(load.cluster, name, "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
    try:
        return _ask(load.replica, name, "SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn") < at
    except psycopg.OperationalError:
        return True


def _ask(cluster: Cluster | None, name: str, question: str) -> int:
    assert cluster
    with psycopg.connect(f"{cluster.url}/{name}", autocommit=True) as server:
        row = server.execute(question.encode()).fetchone()
        assert row
        return int(row[0])


def _stop(cluster: Cluster) -> None:
    with suppress(NotStarted):
        cluster.stop()
