"""What a run says at its end: each part's figures and targets, both databases side by side."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.timing import verdict


class Figure(NamedTuple):
    """One figure of one part, as it is said. `met` is None where there is no target."""

    part: str
    what: str
    figure: str
    target: str = ""
    met: bool | None = None


class Took(NamedTuple):
    """Seconds that a part took, and those of a processor that it and its children worked."""

    wall: float
    cpu: float


Run = tuple[list[Figure], dict[str, Took]]
"""What one database's process told, and how long each part took."""
_told: list[Figure] = []
_part = [""]


def begin(part: str) -> None:
    """Say whose figures come now."""
    _part[0] = part


def tell(what: str, figure: str, target: str = "", met: bool | None = None) -> str:
    """Keep a figure for the summary; return how the part itself reports its target."""
    _told.append(Figure(_part[0], what, figure, target, met))
    return "" if met is None else verdict(met)


def keep(path: Path, seconds: Mapping[str, Took]) -> None:
    """Write what was told, for the process that has the other database's too."""
    path.write_text(json.dumps([_told, seconds]), encoding="utf-8")


def read(path: Path) -> Run:
    """Return what a process has kept; nothing if it came to no end."""
    if not path.exists():
        return [], {}
    told, seconds = json.loads(path.read_text(encoding="utf-8"))
    return [Figure(*one) for one in told], {name: Took(*one) for name, one in seconds.items()}


def lines(runs: Mapping[str, Run]) -> list[str]:
    """Return the summary: a row a figure, a column a database, then what was missed."""
    rows: dict[tuple[str, str], dict[str, Figure]] = {}
    for name, (figures, _) in runs.items():
        for figure in figures:
            rows.setdefault((figure.part, figure.what), {})[name] = figure
    order = list(dict.fromkeys(part for part, _ in rows))
    shown = sorted(rows, key=lambda row: order.index(row[0]))
    table = [["Summary", "", *runs]]
    part_before = ""
    for part, what in shown:
        cells = (_cell(rows[part, what].get(name)) for name in runs)
        table.append([part if part != part_before else "", what, *cells])
        part_before = part
    widths = [max(map(len, column)) + 2 for column in zip(*table, strict=True)]
    said = ("".join(map(str.ljust, row, widths)).rstrip() for row in table)
    return [*said, *_missed(runs), *_times(runs)]


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    target = f" ({figure.target})" if figure.target else ""
    met = "" if figure.met is None else f" {verdict(figure.met)}"
    return f"{figure.figure}{target}{met}"


def _missed(runs: Mapping[str, Run]) -> Iterable[str]:
    with_target = [
        (name, one) for name, (told, _) in runs.items() for one in told if one.met is not None
    ]
    missed = [(name, one) for name, one in with_target if not one.met]
    yield f"\nOf {len(with_target)} targets {len(missed)} MISSED" + ":" * bool(missed)
    for name, one in missed:
        yield f"  {name}: {one.part}, {one.what}: {one.figure} ({one.target})"


def _times(runs: Mapping[str, Run]) -> Iterable[str]:
    """Yield how long each part took; beside a database's server its own work is not counted."""
    for name, (_, seconds) in runs.items():
        if not seconds:
            continue
        each = ", ".join(f"{part} {took.wall:.0f}/{took.cpu:.0f}" for part, took in seconds.items())
        wall, cpu = (sum(one) for one in zip(*seconds.values(), strict=True))
        yield f"Seconds, of which of a processor, {name}: {each}; {wall:.0f}/{cpu:.0f} in all"
