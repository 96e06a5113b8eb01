"""`make bench`: throw-away databases of 60,000 slots; each part against controls, then a summary.

`python -m benchmarks --only texts` runs one part. `--scale 4m` is what takes long: how the reads
grow to 600,000 and 4 million slots, and the desk with two million patients; `--scale 4m --only
search` the search alone over as many. With PostgreSQL at hand it is measured too.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import growth, summary
from benchmarks.databases import Databases, at_hand
from benchmarks.processes import leaving_nothing

PARTS = ("search", "pages", "http", "claim", "winners", "publish", "ingest", "texts", "replies",
         "travel", "offers", "lost", "sooner")  # fmt: skip
LONG = ("insights", "desk", "growth")
"""What is as large whatever the scale, and takes longest."""
SCALES = {"60k": 1, "600k": 10, "4m": 67}
"""How many times the 60,000 slots, and their 40 sites, there are."""


def main(arguments: list[str]) -> int:
    """Run the parts on each database that can be had, each in a process of its own."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=(*PARTS, *LONG), metavar="PART")
    parser.add_argument("--scale", choices=SCALES, default="60k", help="how many slots")
    asked = parser.parse_args(arguments)
    wanted = asked.only or (PARTS if asked.scale == "60k" else LONG)
    # In this order alone: what one books is in the way of another's slots.
    parts = [part for part in (*PARTS, *LONG) if part in wanted]
    sizes = {name: times for name, times in SCALES.items() if times <= SCALES[asked.scale]}
    begun, runs, failed = time.perf_counter(), {}, 0
    with leaving_nothing() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for databases in at_hand(folder, stack):
            told = folder / f"{databases.vendor}.json"
            in_one = [part for part in parts if part != "growth"]
            if in_one:
                # These fill tables of their own: more slots would say nothing.
                times = 1 if set(in_one) <= set(LONG) else SCALES[asked.scale]
                failed |= _run(databases, times, in_one, told)
            figures, seconds = summary.read(told)
            if "growth" in parts:
                since = time.perf_counter()
                figures += growth.run(databases, sizes)
                seconds["growth"] = summary.Took(time.perf_counter() - since, 0.0)
            runs[databases.vendor] = figures, seconds
    print("\n".join(summary.lines(runs)))
    print(f"{time.perf_counter() - begun:.0f} seconds from beginning to end")
    return failed


def _run(databases: Databases, times: int, parts: Sequence[str], told: Path) -> int:
    """Run parts over one database in a process of its own; return 1 if one came to no end."""
    env = os.environ | {
        "VAR_DIR": str(databases.folder), "LOG_LEVEL": "CRITICAL", "BENCH_FIGURES": str(told),
        "DATABASE_URL": databases.fresh(), "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.parts", str(times), *parts]
    return min(1, abs(subprocess.run(command, env=env, check=False).returncode))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
