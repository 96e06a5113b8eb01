"""Builds the database that the environment names, as many times as full as the first argument says,
and runs the parts that the others name.

What they tell for the summary goes to the file that BENCH_FIGURES names.
"""

import importlib
import os
import sys
import time
from pathlib import Path

import django


def main(scale: int, names: list[str]) -> int:
    """Print each part's table. One that fails is told, and the others go on."""
    django.setup()
    from benchmarks import scene, summary

    begun = time.perf_counter()
    scene.build(scale)
    seconds = {"build": time.perf_counter() - begun}
    failed = 0
    for name in names:
        summary.begin(name)
        begun = time.perf_counter()
        try:
            importlib.import_module(f"benchmarks.{name}").run()
        except (Exception, SystemExit) as why:  # the other parts are measured all the same
            failed += 1
            summary.tell("came to its end", f"{type(why).__name__}: {why}"[:60], "yes", False)
            print(f"  {name} came to no end: {type(why).__name__}: {why}\n")
        seconds[name] = time.perf_counter() - begun
        sys.stdout.flush()
        if kept := os.environ.get("BENCH_FIGURES"):
            summary.keep(Path(kept), seconds)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
