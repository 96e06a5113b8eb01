"""What is broken in the middle, one after the other. Each returns when it is whole again, and says
why it could not be done, if it could not.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from benchmarks.load.play import BEAT, WORKER, Load, is_up
from benchmarks.processes import wait_for
from tools.clusters import NotStarted

AWAY = 3.0
"""Seconds that a fault lasts."""


def worker_killed(load: Load) -> str:
    """SIGKILL the worker and its children, whatever they have in their hands."""
    with load.window("worker killed"):
        load.signal("worker", signal.SIGKILL)
        before = load.processes["worker"]
        wait_for(lambda: load.processes["worker"] is not before, "another worker")
    return ""


def worker_frozen(load: Load) -> str:
    """SIGSTOP the worker, and let another work meanwhile."""
    with load.window("worker frozen"):
        load.signal("worker", signal.SIGSTOP)
        load.begin("worker-2", WORKER.split())
        time.sleep(AWAY)
        load.signal("worker", signal.SIGCONT)
    return ""


def web_child_killed(load: Load) -> str:
    """SIGKILL what answers; granian starts another."""
    with load.window("web child killed", stops_visits=True):
        root = load.processes["web"].pid
        children = _children(root)
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: bool(set(_children(root)) - set(children)), "another web process")
        wait_for(lambda: is_up(load.url), "pages")
    return "" if children else "the web server has no child"


def redis_killed(load: Load) -> str:
    """SIGKILL Redis and delete its files, then start an empty one."""
    with load.window("Redis killed"):
        load.broker.lose()
        time.sleep(AWAY)
        load.broker.start()
    return ""


def database_restarted(load: Load) -> str:
    """Stop PostgreSQL as a crash does, and start it again."""
    with load.window("database restarted", breaks=True):
        load.cluster.stop(mode="immediate")
        time.sleep(AWAY / 3)
        load.cluster.start()
        wait_for(lambda: is_up(load.url, "/readyz?of=web"), "a web server that is ready")
    return ""


def disk_full(load: Load) -> str:
    """Fill the small disk that PostgreSQL is on, and then make room again."""
    if not os.path.ismount(load.cluster.folder.parent):
        return "no small disk could be mounted here"
    filler = load.cluster.folder.parent / "filler"
    with load.window("disk full", breaks=True):
        _fill(filler)
        time.sleep(AWAY)
        filler.unlink()
        with suppress(NotStarted):
            if not load.cluster.is_up():
                load.cluster.start()
        wait_for(lambda: is_up(load.url, "/readyz?of=web"), "a web server that is ready")
    return ""


def replica_stopped(load: Load) -> str:
    """Stop the replica, and start it again: nobody's page may fail by that.

    Not as a crash does: it would forget how often it was read.
    """
    if load.replica is None:
        return "there is none (--pooled)"
    with load.window("replica stopped"):
        load.replica.stop(mode="fast")
        time.sleep(AWAY)
        load.replica.start()
    return ""


def two_beats(load: Load) -> str:
    """Start a second beat by mistake; it stays."""
    with load.window("two beats"):
        load.begin("beat-2", [*BEAT.split(), "-s", str(load.folder / "beat-2")])
    return ""


def clock_step(load: Load) -> str:
    """Step the worker's clock 90 seconds ahead, and then back."""
    if not (load.folder / "clock.so").exists():
        return "no C compiler (cc) is on this machine"
    with load.window("clock step"):
        load.clock.write_text("90")
        time.sleep(AWAY)
        load.clock.write_text("0")
    return ""


FAULTS: dict[str, Callable[[Load], str]] = {
    "worker-killed": worker_killed,
    "redis-killed": redis_killed,
    "worker-frozen": worker_frozen,
    "database-restarted": database_restarted,
    "replica-stopped": replica_stopped,
    "web-child-killed": web_child_killed,
    "two-beats": two_beats,
    "clock-step": clock_step,
    "disk-full": disk_full,
}


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        said = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(word) for word in said.split()]
    return []


def _fill(filler: Path) -> None:
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * (1 << 20))
