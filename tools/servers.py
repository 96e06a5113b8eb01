"""PostgreSQL and Redis for the tests: those that answer, else private ones, else none."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from tools.environment import PYTHON

ASK_POSTGRESQL = """
import sys, psycopg
with psycopg.connect(sys.argv[1], connect_timeout=3) as c:
    version, may = c.execute("select current_setting('server_version'),"
        " rolcreatedb or rolsuper from pg_roles where rolname = current_user").fetchone()
    assert may
    print("PostgreSQL", version.split()[0])
"""
ASK_REDIS = """
import sys, redis
print("Redis", redis.Redis.from_url(sys.argv[1], socket_timeout=3).info("server")["redis_version"])
"""
START_WITHIN = 20.0
"""Seconds."""


class Server(NamedTuple):
    """A server that answered: its address, and what it says it is."""

    url: str
    name: str


def postgresql(stack: ExitStack) -> Server | None:
    """Return a PostgreSQL where the tests may make databases; `stack` stops a private one."""
    asked = os.environ.get("TEST_DATABASE_URL")
    users = dict.fromkeys(["postgres", pwd.getpwuid(os.getuid()).pw_name])
    usual = [f"postgres://{user}@127.0.0.1:5432/postgres" for user in users]
    for url in [asked] if asked else usual:
        found = _ask(ASK_POSTGRESQL, url)
        if found:
            return found
    return None if asked else _private_postgresql(stack)


def redis(stack: ExitStack) -> Server | None:
    """Return a Redis for a broker; `stack` stops a private one."""
    asked = os.environ.get("TEST_BROKER_URL")
    found = _ask(ASK_REDIS, asked or "redis://127.0.0.1:6379/9")
    if found or asked:
        return found
    program = shutil.which("redis-server")
    if program is None:
        return None
    port = _free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    _start(stack, command)
    return _until(lambda: _ask(ASK_REDIS, f"redis://127.0.0.1:{port}/0"))


def _private_postgresql(stack: ExitStack) -> Server | None:
    program = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    folder = Path(program).parent if program else installed[0].parent if installed else None
    if folder is None:
        return None
    data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    user = _other_user()
    if user:
        os.chown(data, user.pw_uid, user.pw_gid)
    initdb: list[str | Path] = [
        folder / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-N",
    ]
    uid = user.pw_uid if user else None
    if subprocess.run(initdb, user=uid, cwd=data, capture_output=True, check=False).returncode:
        return None
    port = _free_port()
    options = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(data), "-F"]
    _start(stack, [str(folder / "postgres"), *options], uid, data)
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    return _until(lambda: _ask(ASK_POSTGRESQL, url))


def _other_user() -> pwd.struct_passwd | None:
    """Return whom to run PostgreSQL as: it refuses root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names.get("nobody")


def _ask(question: str, url: str) -> Server | None:
    done = subprocess.run(
        [str(PYTHON), "-c", question, url], capture_output=True, text=True, check=False
    )
    return Server(url, done.stdout.strip()) if done.returncode == 0 else None


def _start(
    stack: ExitStack, command: list[str], user: int | None = None, folder: Path | None = None
) -> None:
    server = subprocess.Popen(
        command, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def stop() -> None:
        server.terminate()
        server.wait(timeout=10)

    stack.callback(stop)


def _until(ask: Callable[[], Server | None]) -> Server | None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        found = ask()
        if found:
            return found
    return None


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
