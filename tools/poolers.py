"""A PgBouncer of one's own on loopback, where it is installed: many connections, few sessions."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tools.clusters import free_port, other_user

READY_WITHIN = 20.0
"""Seconds."""


def program() -> str | None:
    """Return where PgBouncer is, None where it is not: Debian's is called pgbouncer."""
    return shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


@contextmanager
def serve(database: Mapping[str, Any], *, mode: str, sessions: int) -> Iterator[int]:
    """Run one before a database (Django's settings of it) with so many sessions; gives its port.

    `mode` is PgBouncer's own pool_mode. Raises RuntimeError with its last words if it does not
    come up.
    """
    found = program()
    if found is None:
        raise RuntimeError("PgBouncer is not on this machine.")
    with tempfile.TemporaryDirectory(prefix="pooler-", dir="/tmp") as short:
        folder, port, user = Path(short), free_port(), other_user()
        folder.chmod(0o755)
        file, log = folder / "pgbouncer.ini", folder / "log"
        file.write_text(_ini(database, port, mode, sessions), encoding="utf-8")
        with log.open("wb") as out:
            server = subprocess.Popen(
                [found, str(file)], stdout=out, stderr=out, user=user.pw_uid if user else None
            )
        try:
            _wait(server, port, log)
            yield port
        finally:
            server.kill()
            server.wait()


def _ini(database: Mapping[str, Any], port: int, mode: str, sessions: int) -> str:
    there = {
        "host": database["HOST"] or "127.0.0.1", "port": database["PORT"] or 5432,
        "user": database["USER"], "password": database["PASSWORD"],
        "dbname": database["NAME"], "connect_query": "SET jit = off",
    }  # fmt: skip
    where = " ".join(f"{name}='{value}'" for name, value in there.items() if value)
    return "\n".join(
        [
            "[databases]", f"* = {where}", "[pgbouncer]", "listen_addr = 127.0.0.1",
            f"listen_port = {port}", "auth_type = any", f"pool_mode = {mode}",
            f"default_pool_size = {sessions}", f"max_db_connections = {sessions}",
            "max_client_conn = 200", "unix_socket_dir =",
            "server_login_retry = 1", "query_wait_timeout = 10", "",
        ]
    )  # fmt: skip


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")[-1000:])
