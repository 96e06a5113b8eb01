"""Builds the database that the environment names, and runs the parts that the arguments name."""

import importlib
import sys

import django


def main(names: list[str]) -> None:
    """Print each part's table."""
    django.setup()
    from benchmarks import scene

    scene.build()
    for name in names:
        importlib.import_module(f"benchmarks.{name}").run()


if __name__ == "__main__":
    main(sys.argv[1:])
