"""Builds the database that the environment names, as many times as full as the first argument says,
and runs the parts that the others name.

What they tell for the summary goes to the file that BENCH_FIGURES names.
"""

import importlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from benchmarks import summary
from benchmarks.summary import Took


def main(scale: int, names: list[str]) -> int:
    """Print each part's table. One that fails is told, and the others go on."""
    django.setup()
    from benchmarks import scene

    seconds: dict[str, Took] = {}
    with _timed(seconds, "build"):
        scene.build(scale)
    failed = 0
    for name in names:
        summary.begin(name)
        with _timed(seconds, name):
            try:
                importlib.import_module(f"benchmarks.{name}").run()
            except (Exception, SystemExit) as why:  # the other parts are measured all the same
                failed += 1
                summary.tell("came to its end", f"{type(why).__name__}: {why}"[:60], "yes", False)
                print(f"  {name} came to no end: {type(why).__name__}: {why}\n")
        sys.stdout.flush()
        if kept := os.environ.get("BENCH_FIGURES"):
            summary.keep(Path(kept), seconds)
    return min(failed, 1)


@contextmanager
def _timed(seconds: dict[str, Took], name: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), _worked()
    yield
    seconds[name] = Took(time.perf_counter() - wall, _worked() - cpu)


def _worked() -> float:
    """Return the seconds that this process and its children have worked."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
