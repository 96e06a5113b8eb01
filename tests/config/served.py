"""The web server as `make run` starts it, on the test's own database, and sockets that annoy it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import requests
from django.db import connection

from tools.run import web_command

ROOT = Path(__file__).resolve().parents[2]
WITHIN = 60.0
"""Seconds that anything may take on a busy machine before a test gives up."""

TAKEN = "Address already in use"
"""What a server says to whose port somebody else came first, between our look and its own."""


def database_url():
    """The test's own database, as a process of its own is told of it."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"


class Served:
    """One server, and how to reach it."""

    def __init__(self, port, process, log):
        self.port, self.process, self.log = port, process, log
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path, **how):
        return requests.get(f"{self.url}{path}", timeout=WITHIN, **how)

    def is_up(self):
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/healthz", timeout=5).status_code == 200
        return False

    def kill(self):
        """End it and the processes that it started, without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def open(self, sent=b"", *, window=None):
        """Return a socket that has sent so much."""
        one = socket.socket()
        if window:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        one.settimeout(WITHIN)
        one.connect(("127.0.0.1", self.port))
        one.sendall(sent)
        return one


@contextmanager
def serving(folder, **env):
    """Serve; whatever happens, the server ends with the block."""
    served = _begin(free_port(), folder, env)
    try:
        try:
            wait_until(served.is_up, served.process, served.log)
        except AssertionError:
            if TAKEN not in served.log.read_text():
                raise
            served = _begin(free_port(), folder, env)
            wait_until(served.is_up, served.process, served.log)
        yield served
    finally:
        served.process.terminate()
        try:
            served.process.wait(20)
        except subprocess.TimeoutExpired:
            served.kill()


def free_port():
    """Return a port that nobody has at this moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _begin(port, folder, env):
    (folder / "static").mkdir(exist_ok=True)
    log = folder / "web.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *web_command(port)],
            cwd=ROOT,
            env={**os.environ, "VAR_DIR": str(folder), "DATABASE_URL": database_url(), **env},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    return Served(port, process, log)


def wait_until(true, process, log):
    """Return once it is true; fail if the process ends first."""
    deadline = time.monotonic() + WITHIN
    while not true():
        assert time.monotonic() < deadline, log.read_text()
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            raise AssertionError(f"the server ended: {log.read_text()}")


@contextmanager
def many(served, count, sent, **how):
    """Hold so many sockets that have each sent the same."""
    with ExitStack() as stack:
        yield [stack.enter_context(served.open(sent, **how)) for _ in range(count)]


def post(length, body=b"", path="/code/"):
    """A form that says how long it is, and as much of it as is given."""
    says = f"Content-Length: {length}" if length is not None else "Transfer-Encoding: chunked"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: finder=abc\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\n{says}\r\n\r\n"
    )
    return head.encode() + body


def answer_of(one):
    """Read an answer until its sender closes, and return its status and all of it."""
    said = b""
    with suppress(ConnectionResetError):
        while piece := one.recv(65536):
            said += piece
    return int(re.match(rb"HTTP/1.1 (\d+)", said)[1]), said
