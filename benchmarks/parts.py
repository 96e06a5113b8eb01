"""Builds the database that the environment names, as many times as full as the first argument says,
and runs the parts that the others name.
"""

import importlib
import sys

import django


def main(scale: int, names: list[str]) -> None:
    """Print each part's table."""
    django.setup()
    from benchmarks import scene

    scene.build(scale)
    for name in names:
        importlib.import_module(f"benchmarks.{name}").run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
