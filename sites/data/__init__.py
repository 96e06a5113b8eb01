"""The files of this room: where they are, and how the tables among them are read."""

import csv
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).resolve().parent


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file of this folder; lines that start with # are comments."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))
