"""Real Celery workers with beat, each with a broker that can be taken away, files and all."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import connection

from tests.config.served import TAKEN, free_port
from tests.resilience.fake_twilio import ACCOUNT, SERVICE, TOKEN, FakeTwilio

ROOT = Path(__file__).resolve().parents[2]
WITHIN = 90.0
"""Seconds that anything may take on a busy machine before the test gives up."""


class Redis:
    """A private Redis that keeps its queue in files of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.server: subprocess.Popen[bytes] | None = None
        self._has_listened = False

    @property
    def url(self) -> str:
        """Where it listens, from its first start on."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and return when it listens."""
        self.folder.mkdir(exist_ok=True)
        try:
            self._serve()
        except AssertionError:
            if self._has_listened or TAKEN not in (self.folder / "log").read_text():
                raise
            self.port = free_port()
            self._serve()
        self._has_listened = True

    def _serve(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--dir", str(self.folder), "--appendonly", "yes", "--logfile", "log"]
        self.server = subprocess.Popen(command)
        wait_until(self._listens, self.server)

    def lose(self) -> None:
        """Kill it and delete all that it wrote."""
        if self.server:
            self.server.kill()
            self.server.wait()
            self.server = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _listens(self) -> bool:
        """Ask its own log: whoever answers at the port may be somebody else."""
        log = self.folder / "log"
        return log.exists() and "Ready to accept connections" in log.read_text()


class Files:
    """Celery's filesystem broker, where there is no Redis."""

    url = "filesystem://"

    def __init__(self, folder: Path) -> None:
        self.folders = [folder / "broker", folder / "broker-control"]

    def start(self) -> None:
        """Make its folders."""
        for folder in self.folders:
            folder.mkdir(exist_ok=True, parents=True)

    def lose(self) -> None:
        """Delete them, and all that is in them."""
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)


class Worker:
    """One `celery worker -B` in a process group of its own, on the harness's clock."""

    def __init__(
        self, fake: FakeTwilio, broker: Redis | Files, folder: Path, now: datetime,
        *, step: str = "", speed: float = 1,
    ) -> None:  # fmt: skip
        folder.mkdir()
        self.reached, self.log = folder / "reached", folder / "log"
        name = connection.settings_dict["NAME"]
        if connection.vendor == "sqlite":
            database = f"sqlite:///{name}"
        else:
            database = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
        env = {
            **os.environ, "DATABASE_URL": database, "CELERY_BROKER_URL": broker.url,
            "SMS_GATEWAY": "twilio", "TWILIO_API_BASE": fake.url, "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_MESSAGING_SERVICE_SID": SERVICE,
            "HARNESS_NOW": now.isoformat(), "HARNESS_SPEED": str(speed), "HARNESS_STEP": step,
            "HARNESS_REACHED": str(self.reached), "VAR_DIR": str(folder.parent),
        }  # fmt: skip
        command = [sys.executable, "-m", "celery", "-A", "tests.resilience.celery_app:app"]
        command += [
            "worker",
            "-B",
            "-s",
            str(folder / "schedule"),
            "--concurrency",
            "1",
            "-l",
            "INFO",
        ]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True
            )

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Return once `done` is true. Fails if the worker dies first."""
        wait_until(done, self.process, self.log)

    def kill(self) -> None:
        """SIGKILL it, its beat and its child, whatever they are doing."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def wait_until(
    done: Callable[[], bool], process: subprocess.Popen[bytes], log: Path | None = None
) -> None:
    """Return once `done` is true; fail if `process` ends first, or after WITHIN seconds."""
    deadline = time.monotonic() + WITHIN
    while not done():
        said = log.read_text() if log else ""
        assert time.monotonic() < deadline, said
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the process has ended: {said}")
