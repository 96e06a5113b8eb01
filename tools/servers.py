"""PostgreSQL and Redis for the tests: those that answer, else private ones, else none."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tools.clusters import Cluster, NotStarted, free_port
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
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    _start(stack, command)
    return _until(lambda: _ask(ASK_REDIS, f"redis://127.0.0.1:{port}/0"))


def _private_postgresql(stack: ExitStack) -> Server | None:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    try:
        cluster = Cluster(data)
        cluster.make()
        cluster.start()
    except NotStarted:
        return None
    stack.callback(cluster.stop)
    return _until(lambda: _ask(ASK_POSTGRESQL, f"{cluster.url}/postgres"))


def _ask(question: str, url: str) -> Server | None:
    done = subprocess.run(
        [str(PYTHON), "-c", question, url], capture_output=True, text=True, check=False
    )
    return Server(url, done.stdout.strip()) if done.returncode == 0 else None


def _start(stack: ExitStack, command: list[str]) -> None:
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

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
