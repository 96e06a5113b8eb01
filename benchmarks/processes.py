"""The service's processes as the benchmarks start them: each in a group of its own, with a log."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ROOT = Path(__file__).resolve().parent.parent
WITHIN = 240.0
"""Seconds: to start, and for the last news to arrive. A killed sender's lease lasts two minutes."""


@dataclass
class Processes:
    """Python modules that run, by name, with one environment; their words go to `folder`."""

    folder: Path
    env: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, kw_only=True)

    def start(self, name: str, *command: str, **more: str) -> None:
        """Start a Python module in a process group of its own; its words go to a file.

        `more` are variables of its environment alone.
        """
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=self.env | more,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def stop(self, name: str, number: int = signal.SIGTERM, within: float = 10) -> None:
        """End a process and all that it started; after `within` seconds it is killed."""
        self.signal(name, number)
        process = self.processes[name]
        with suppress(subprocess.TimeoutExpired):
            process.wait(within)
        self.signal(name, signal.SIGKILL)
        process.wait()

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a process and all that it started, if there are any left."""
        with suppress(ProcessLookupError):
            os.killpg(self.processes[name].pid, number)

    def stop_all(self, within: float = 10) -> None:
        """End everything that was started, frozen or not: all are asked, then waited for."""
        for number in (signal.SIGCONT, signal.SIGTERM):
            for name in list(self.processes):
                self.signal(name, number)
        for name in list(self.processes):
            self.stop(name, within=within)

    def said(self, name: str) -> str:
        """Return what a process has written."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def leaving_nothing() -> Iterator[ExitStack]:
    """Give a stack that is undone at the end, also at ctrl-C and SIGTERM; more of them wait."""
    before = {one: signal.getsignal(one) for one in ENDS}

    def ignore() -> None:
        for one in ENDS:
            signal.signal(one, signal.SIG_IGN)

    def end(number: int, _frame: FrameType | None) -> None:
        ignore()
        raise SystemExit(128 + number)

    for one in ENDS:
        signal.signal(one, end)
    with ExitStack() as stack:
        stack.callback(lambda: [signal.signal(one, how) for one, how in before.items()])
        inner = stack.enter_context(ExitStack())
        try:
            yield inner
        finally:
            ignore()  # half of what runs must not be left because somebody was impatient


def wait_for(
    done: Callable[[], object],
    what: str,
    process: subprocess.Popen[bytes] | None = None,
    within: float = WITHIN,
) -> None:
    """Return once `done()` is true. Raises TimeoutError, also if `process` ends first."""
    deadline = time.monotonic() + within
    while not done():
        if time.monotonic() > deadline or (process and process.poll() is not None):
            raise TimeoutError(f"We waited for {what}.")
        time.sleep(0.2)
