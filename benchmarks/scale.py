"""What grows with the network: the same acts at 60,000 slots and at 4.5 million, in turns.

`python -m benchmarks.scale --rows 2000000` makes a PostgreSQL of its own and fills two databases:
40 sites, one trust; and 3,000 sites, 75 trusts and so many past appointments (the small one has its
share). `--folder` keeps it for the next run. What takes more than 1.5 x as long is said.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.timing import verdict
from tools.clusters import Cluster

ROUNDS, AT_MOST, WARM = 9, 1.5, 2
TIMES = 75
"""How many times as large the large one is: 3,000 sites, 75 trusts, 4.5 million slots."""
OF_ONE = 4
"""So many appointments have one patient (insights_rows.PATIENT_HAS)."""
NO_LIMITS = dict.fromkeys(("OPEN_CALLS_A_MINUTE", "OPEN_PAGES_A_MINUTE", "TEXTS_AN_HOUR"), "0")
NO_LIMITS |= {"API_CALLS_A_MINUTE": "1000000"}
SERVER = {"shared_buffers": "2GB", "max_wal_size": "8GB", "work_mem": "16MB"}
"""As a server of this size has it; the rest is PostgreSQL's own."""


@dataclass
class Size:
    """A child process over one database."""

    process: "subprocess.Popen[str]"
    built: float = 0.0
    slots: int = 0
    appointments: int = 0
    patients: int = 0
    acts: list[str] = field(default_factory=list)

    def wait(self) -> None:
        """Wait until it is filled."""
        word, built, slots, appointments, patients, _, *self.acts = self._said().split("\t")
        if word != "ready":
            raise SystemExit(word)
        self.built, self.slots = float(built), int(slots)
        self.appointments, self.patients = int(appointments), int(patients)

    def act(self, name: str) -> float:
        """Return the milliseconds that an act takes."""
        assert self.process.stdin
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        return float(self._said())

    def _said(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline().rstrip("\n")
        if not line:
            raise SystemExit("one of the sizes ended: see above")
        return line


def main(arguments: list[str]) -> int:
    """Fill both sizes, time the acts in turns, print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000, help="appointments of the large")
    parser.add_argument("--times", type=int, default=TIMES, help="how much larger it is")
    parser.add_argument("--folder", type=Path, help="keep the server's files here")
    parser.add_argument("--figures", action="store_true", help="the network's figures, too")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        short = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        short.chmod(0o755)
        cluster = _server(asked.folder or short / "data", stack)
        sizes = {}
        for name, times in (("small", 1), ("large", asked.times)):
            rows = asked.rows // asked.times // OF_ONE * OF_ONE * times
            sizes[name] = _child(cluster, short, name, times, rows, asked.figures)
            stack.callback(sizes[name].process.kill)
            sizes[name].wait()  # one after the other
        small, large = sizes["small"], sizes["large"]
        print(f"{large.slots:,} slots, {large.appointments:,} appointments, {large.patients:,}"
              f" patients (filled in {large.built:.0f} s)")  # fmt: skip
        print(f"against {small.slots:,} slots, {small.appointments:,} appointments,"
              f" {small.patients:,} patients (ms, median of {asked.rounds}, in turns)")  # fmt: skip
        over = [name for name in small.acts if not _compare(name, small, large, asked.rounds)]
        print(f"  at most {AT_MOST} x: {verdict(not over)}{'; over: ' * bool(over)}"
              f"{', '.join(over)}")  # fmt: skip
    return 0


def _compare(name: str, small: Size, large: Size, rounds: int) -> bool:
    few, many = medians(name, [small, large], rounds)
    is_met = many <= AT_MOST * few
    print(f"  {name:<30}{few:9.1f}{many:10.1f}{many / few:8.2f} x  {verdict(is_met)}", flush=True)
    return is_met


def medians(act: str, sizes: Sequence[Size], rounds: int) -> list[float]:
    """Return the median milliseconds of an act at each size, in turns."""
    taken = [[size.act(act) for size in sizes] for _ in range(WARM + rounds)]
    return [statistics.median(one) for one in zip(*taken[WARM:], strict=True)]


def _server(folder: Path, stack: ExitStack) -> Cluster:
    cluster = Cluster(folder)
    is_new = not (folder / "PG_VERSION").exists()
    if is_new:
        folder.mkdir(parents=True, exist_ok=True)
        cluster.make()
    cluster.start()
    stack.callback(lambda: cluster.stop(mode="fast"))
    if is_new:
        with psycopg.connect(f"{cluster.url}/postgres", autocommit=True) as server:
            for name, value in SERVER.items():
                server.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            for size in ("small", "large"):
                server.execute(f"CREATE DATABASE {size}")
        cluster.stop(mode="fast")
        cluster.start()
    return cluster


def _child(cluster: Cluster, folder: Path, name: str, times: int, rows: int, figures: bool) -> Size:
    var = folder / f"var-{name}"
    var.mkdir()
    env = os.environ | NO_LIMITS | {
        "DATABASE_URL": f"{cluster.url}/{name}", "VAR_DIR": str(var), "LOG_LEVEL": "CRITICAL",
        "DJANGO_SETTINGS_MODULE": "config.settings", "SCALE_TIMES": str(times),
        "SCALE_ROWS": str(rows), "SCALE_FIGURES": str(int(figures)),
        "CELERY_BROKER_URL": "filesystem://",
    }  # fmt: skip
    return Size(
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.scale_acts"], env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
