"""Starts workers, gives them jobs at a time that the harness keeps, kills them, counts texts."""

import multiprocessing
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from tests.resilience import worker
from tests.resilience.fake_twilio import ACCOUNT, PATIENCE, SERVICE, TOKEN, FakeTwilio

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.resilience.worker"])

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Process:
    """One worker or web server."""

    def __init__(self, target: Any, *given: Any) -> None:
        self.pipe, other = FORKS.Pipe()
        self.process = FORKS.Process(target=target, args=(other, *given), daemon=True)
        self.process.start()
        other.close()

    def begin(self, job: str, now: datetime) -> None:
        """Tell it what to do and what time it is; do not wait."""
        self.pipe.send((job, now))

    def hear(self, within: float = PATIENCE) -> str:
        """Return what it says next; empty if it says nothing in so many seconds."""
        return str(self.pipe.recv()) if self.pipe.poll(within) else ""

    def do(self, job: str, now: datetime) -> None:
        """Have a job done from beginning to end."""
        self.begin(job, now)
        said = self.hear()
        assert said == "done", said

    def go_to_the_step(self, job: str, now: datetime) -> None:
        """Have a job done as far as the step at which this worker stops."""
        self.begin(job, now)
        said = self.hear()
        assert said == "at the step", said

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


@dataclass
class Crew:
    """Workers against one provider and one database, and the only clock there is."""

    fake: FakeTwilio
    log: Path
    now: datetime
    rate: int = 10_000
    base: str = "http://127.0.0.1:"
    staff: list[Process] = field(default_factory=list)
    web: Process | None = None
    kills: int = 0

    def hire(self, step: str = "") -> Process:
        """Start a worker, which stops at `step` if one is named."""
        return self._start(worker.work, step)

    def open_web(self, step: str = "") -> Process:
        """Start the web server that Twilio's callbacks go to, at its address of before if any."""
        self.web = self._start(worker.serve, step)
        self.base = self.web.hear()
        return self.web

    def kill(self, process: Process) -> None:
        """Kill one, and wait until the provider has dealt with what it left on the wire."""
        process.kill()
        if process is self.web:
            self.web = None
        else:
            self.staff.remove(process)
        self.kills += 1
        self.fake.quiet()

    def dismiss(self) -> None:
        """Kill all that are left."""
        for process in [*self.staff, self.web]:
            if process:
                process.kill()
        self.staff, self.web = [], None

    def wait(self, how_long: timedelta) -> None:
        """Let time pass. Nothing is on the wire meanwhile: a worker cannot be frozen by load."""
        self.fake.quiet()
        self.now += how_long
        self.fake.now += how_long  # Twilio's clock does not jump when ours does

    def carry_on(self, how_long: timedelta, job: str = "tick") -> None:
        """Let a fresh worker do for so long what beat would make it do."""
        hand, ends = self.hire(), self.now + how_long
        while self.now < ends:
            self.wait(2 * MINUTE)
            hand.do(job, self.now)
            if job == "tick":
                hand.do("reconcile", self.now)
            self.fake.report()
        self.staff.remove(hand)
        hand.kill()

    def random_round(self, chance: random.Random, hands: int, job: str, kills: int) -> None:
        """Give `hands` workers jobs at once; kill up to `kills` at moments that nobody chose."""
        while len(self.staff) < hands:
            self.hire()
        for hand in self.staff:
            other = "reconcile" if job == "tick" and chance.random() < 0.4 else job
            hand.begin(other, self.now)
        for _ in range(kills):
            victim = self._catch_one_at_work(chance)
            if victim is None:
                break
            self.kill(victim)
        for hand in self.staff:
            said = hand.hear()
            assert said == "done", said

    def _catch_one_at_work(self, chance: random.Random) -> Process | None:
        """Return a worker that is busy when the provider has had a few more calls, if any is."""
        enough = self.fake.calls.total() + chance.randint(1, 4)
        while working := [hand for hand in self.staff if not hand.pipe.poll(0)]:
            if self.fake.calls.total() >= enough:
                victim = chance.choice(working)
                if not victim.pipe.poll(chance.uniform(0, 0.01)):
                    return victim
            wait([hand.pipe for hand in working], 0.002)
        return None

    def _start(self, target: Any, step: str) -> Process:
        given = {
            "SMS_GATEWAY": "twilio",
            "SMS_PER_SECOND": self.rate,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_MESSAGING_SERVICE_SID": SERVICE,
            "TWILIO_API_BASE": self.fake.url,
            "PUBLIC_BASE_URL": self.base,
            "NUMBER_HASH_KEY": settings.NUMBER_HASH_KEY,
        }
        database = str(connection.settings_dict["NAME"])
        process = Process(target, database, str(self.log), given, step)
        if target is worker.work:
            self.staff.append(process)
        return process
