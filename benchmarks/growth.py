"""How the reads grow with the network: the same at 60,000 slots, 600,000 and 4 million, in turns.

Each size is a process over a database of its own, with 40 sites and one trust for each 60,000
slots. What else grows on PostgreSQL (lists, desk, bookings) is `python -m benchmarks.scale`'s.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks.databases import Databases
from benchmarks.scale import AT_MOST, NO_LIMITS, Size, medians
from benchmarks.summary import Figure
from benchmarks.timing import verdict

ROUNDS = 31


def run(databases: Databases, sizes: Mapping[str, int]) -> list[Figure]:
    """Fill a database a size, print the table, return a figure a read: the largest to the least."""
    with ExitStack() as stack:
        children = []
        for name, times in sizes.items():
            children.append(_child(databases, name, times))
            stack.callback(databases.drop, name)
            stack.callback(_end, children[-1])
            children[-1].wait()  # one after the other
        said = ", ".join(f"{one.slots:,} ({one.built:.0f} s to fill)" for one in children)
        print(f"Growth, {databases.vendor} (ms, median of {ROUNDS}, in turns): {said} slots")
        return [_figure(read, children) for read in children[0].acts]


def _figure(read: str, children: list[Size]) -> Figure:
    taken = medians(read, children, ROUNDS)
    over = taken[-1] / taken[0]
    milliseconds = "".join(f"{one:10.2f}" for one in taken)
    met = over <= AT_MOST
    print(f"  {read:<30}{milliseconds}{over:8.2f} x  {verdict(met)}", flush=True)
    return Figure("growth", read, f"{over:.2f} x", f"<= {AT_MOST}", met)


def _child(databases: Databases, name: str, times: int) -> Size:
    var = Path(databases.folder) / f"var-{databases.vendor}-{name}"
    var.mkdir()
    env = os.environ | NO_LIMITS | {
        "DATABASE_URL": databases.fresh(name), "VAR_DIR": str(var), "LOG_LEVEL": "CRITICAL",
        "DJANGO_SETTINGS_MODULE": "config.settings", "SCALE_TIMES": str(times), "SCALE_ROWS": "0",
        "CELERY_BROKER_URL": "filesystem://",
    }  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.scale_acts"]
    return Size(
        subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    )


def _end(child: Size) -> None:
    child.process.kill()
    child.process.wait()  # it holds its database until it has gone
