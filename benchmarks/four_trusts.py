"""`python -m benchmarks.four_trusts --minutes 10`: four trusts, four systems, while people book.

RXL and RXN push, RTX is pulled, RXR pushes and confirms bookings in its own system. All of them
go wrong in one round of five, RXL takes its bookings by webhook too, and the web server and the
worker are killed now and then. The last lines say what was booked, doubled and lost.

It uses the empty database that DATABASE_URL names, else a SQLite file of its own; the broker is
CELERY_BROKER_URL's, else files. docs/four-trusts.md keeps what it said.
"""

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.processes import WITHIN, Processes, wait_for
from tools.run import web_command

TRUSTS = ["RXL", "RXN", "RTX", "RXR"]
PULLED, CONFIRMS, HOOKED = "RTX", "RXR", "RXL"
LABEL = "four trusts"
FAULTS = 0.2
READ_EVERY = 1.0
MODALITIES = ["MR", "CT", "DX", "US"]


@dataclass
class Play(Processes):
    """What is played, and how large: the command's options, or the test's."""

    port: int = 0
    minutes: float = 10
    kills: int = 0
    patients: int = 3
    referrals: int = 600
    days: int = 42
    every: float = 5.0

    @property
    def url(self) -> str:
        """Where the service runs."""
        return f"http://127.0.0.1:{self.port}"


def main() -> int:
    """Play it on a database of its own and print what came of it; 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--port", type=int, default=8210)
    parser.add_argument("--kills", type=int, default=6, help="of web server and worker in turn")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as var:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{var}/finder.sqlite3")
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": var}
        os.environ |= {"FEEDS_MAY_BE_PRIVATE": "1", "PORT": str(asked.port)}
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        for name in ("broker", "broker-control"):
            Path(var, name).mkdir()
        import django

        django.setup()
        from django.core.management import call_command

        from benchmarks import four_trusts_checks as checks

        call_command("prepare", stdout=sys.stderr)
        if checks.is_used():
            print("DATABASE_URL names a database that has appointments. Give an empty one.")
            return 1
        play = Play(
            Path(var), dict(os.environ), port=asked.port, minutes=asked.minutes, kills=asked.kills
        )
        found = run(play)
        print("\n".join(found.lines))
        return 0 if found.is_clean else 1


def run(play: Play) -> Any:
    """Play it; return four_trusts_checks.Found. The database must hold places and exams."""
    from benchmarks import four_trusts_checks as checks

    play.env |= {"FEEDS_MAY_BE_PRIVATE": "1", "FEED_TICK_SECONDS": "5", "FEED_PULL_SECONDS": "8"}
    play.env |= {"WEBHOOK_TICK_SECONDS": "2", "PORT": str(play.port)}
    keys, waiting = checks.prepare(TRUSTS, MODALITIES, play.referrals, CONFIRMS, LABEL)
    with ExitStack() as stack:
        # Started in the background we would ignore SIGINT, and so would all that we start.
        stack.callback(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stack.callback(play.stop_all)
        _start_web(play)
        _start_worker(play)
        heard = checks.Heard(TRUSTS)
        hook = stack.enter_context(checks.hooked(HOOKED, heard, FAULTS))
        for trust in TRUSTS:
            _start_trust(play, trust)
        wait_for(lambda: checks.fed(TRUSTS), "every trust to send its times")
        readers = stack.enter_context(_reading(play, keys, heard))
        people = _start_patients(play, keys, waiting)
        _kill(play)
        for one in people:
            one.join()
        for trust in TRUSTS:
            play.stop(f"trust-{trust}", signal.SIGINT, within=WITHIN)
        readers.set()
        began = time.monotonic()
        with suppress(TimeoutError):
            wait_for(lambda: checks.is_told(heard, hook, play.url, keys), "the last news to arrive")
        took = time.monotonic() - began
        return checks.check(play, heard, took, [f"patient-{n}.jsonl" for n in range(play.patients)])


def _start_web(play: Play) -> None:
    play.start("web", *web_command(play.port))
    wait_for(lambda: _is_up(play.url), "the web server", play.processes["web"])


def _start_worker(play: Play) -> None:
    worker = ["celery", "-A", "config", "worker", "-B", "--concurrency", "2"]
    worker += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    play.start("worker", *worker)


def _start_trust(play: Play, trust: str) -> None:
    # Longer than anybody books: it is ended after the last patient, however slow the machine is.
    how = ["--trust", trust, "--minutes", str(play.minutes + 60), "--every", str(play.every)]
    how += ["--faults", str(FAULTS), "--churn", "0.02", "--days", str(play.days)]
    how += ["--seed", str(TRUSTS.index(trust) + 1)]
    how += ["--publish", "0"] if trust == PULLED else ["--url", play.url]
    how += ["--confirms"] if trust == CONFIRMS else []
    play.start(f"trust-{trust}", "django", "feed_simulator", *how)


def _start_patients(play: Play, keys: dict[str, str], waiting: list[Any]) -> list[Any]:
    from booking.demo.booking_patients import Walk, book_all

    spawn = multiprocessing.get_context("spawn")
    people = [
        spawn.Process(
            target=book_all,
            args=(play.url, keys, waiting, Walk(play.minutes, min(play.days, 14), number),
                  str(play.folder / f"patient-{number}.jsonl")),
            daemon=True,
        )
        for number in range(play.patients)
    ]  # fmt: skip
    for one in people:
        one.start()
    return people


def _kill(play: Play) -> None:
    """Kill the web server and the worker in turn, evenly over the time, and start them again."""
    for number in range(play.kills):
        time.sleep(play.minutes * 60 / (play.kills + 1))
        name, start = (("web", _start_web), ("worker", _start_worker))[number % 2]
        play.stop(name, signal.SIGKILL)
        start(play)


@contextmanager
def _reading(play: Play, keys: dict[str, str], heard: Any) -> Iterator[threading.Event]:
    """Let every trust read its bookings by the cursor, forgetting a page now and then."""
    from booking.demo.fhir_client import NoAnswer

    over = threading.Event()

    def read(trust: str) -> None:
        chance = random.Random(trust)
        while not over.wait(READ_EVERY):
            with suppress(NoAnswer):
                heard.by_cursor[trust].read(play.url, keys[trust], chance, FAULTS)

    threads = [threading.Thread(target=read, args=(trust,)) for trust in TRUSTS]
    for thread in threads:
        thread.start()
    try:
        yield over
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _is_up(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=2):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
