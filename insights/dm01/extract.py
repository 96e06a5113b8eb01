"""Reading the full extract: a row a provider, commissioner and test, summed over commissioners."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path

from insights.dm01.catalogue import TOTAL, code_of_test
from insights.dm01.figures import Figures
from insights.dm01.layout import NEEDED, Layout, layout_of, month_of
from insights.files import Faults
from received.csv_stream import Line, open_table
from received.csv_table import FileRefused

TITLES = 30
"""Rows that a file may have before its columns' names."""
_COUNT = re.compile(r"(\d{1,9})(?:\.0+)?", re.ASCII)
NOT_GIVEN = ("", "-")

Key = tuple[date, str, str]
"""Month, provider, test."""


@dataclass
class Extract:
    """What a file says of the providers that were asked for, and how many lines it has."""

    providers: frozenset[str]
    figures: dict[Key, Figures] = field(default_factory=dict)
    lines: int = 0
    kept: int = 0
    totals: int = 0
    lines_of: dict[tuple[str, ...], int] = field(default_factory=dict)

    @property
    def months(self) -> list[date]:
        """The months, first to last."""
        return sorted({month for month, _, _ in self.figures})


def read(path: Path, providers: Collection[str], *, today: date) -> Extract:
    """Return a file's figures of these providers. Raises FileRefused, with the lines, and OSError.

    The numbers of other providers are not looked at.
    """
    faults, extract = Faults(path.name), Extract(frozenset(providers))
    with open_table(path) as rows:
        layout = _layout(rows, faults)
        for line, row in rows:
            extract.lines += 1
            if len(row) != layout.width:
                faults.add(line, f"there are {len(row)} cells and {layout.width} columns")
                continue
            try:
                _take(extract, layout, line, row, today)
            except ValueError as wrong:
                faults.add(line, str(wrong))
    if not extract.figures and not faults.count:
        codes = ", ".join(sorted(extract.providers)) or "nobody"
        raise FileRefused(f"{path.name}: nothing was loaded. No line of it is of {codes}.")
    faults.refuse()
    return extract


def _layout(rows: Iterator[Line], faults: Faults) -> Layout:
    for line, row in islice(rows, TITLES):
        layout = layout_of(row)
        if layout is None:
            continue
        for name in NEEDED:
            if name not in layout.columns:
                faults.add(line, f"there is no column {name}")
        if not (layout.has_waiting or layout.has_activity):
            faults.add(
                line, "no column says how many wait (Total WL) or were done (Total Activity)"
            )
        faults.refuse()
        return layout
    faults.add(1, "this is no DM01 extract: no columns Provider Org Code and Diagnostic Tests")
    faults.refuse()
    raise AssertionError  # it was refused


def _take(extract: Extract, layout: Layout, line: int, row: list[str], today: date) -> None:
    """Add a row of one of the providers up. Raises ValueError with what is wrong with it."""

    def said(name: str) -> str:
        return row[layout.columns[name]].strip() if name in layout.columns else ""

    provider = said("Provider Org Code").upper()
    if provider not in extract.providers:
        return
    commissioner = (said("Commissioner Parent Org Code"), said("Commissioner Org Code"))
    test = code_of_test(said("Diagnostic Tests"))
    if TOTAL in (test, commissioner[1].upper(), said("Commissioner Org Name").upper()):
        extract.totals += 1
        return
    month = month_of(said("Period"), said("Year"))
    if month is None:
        raise ValueError(f"“{said('Period')[:40]}” is no month, like DM01-APRIL-2022")
    if month > today:
        raise ValueError(f"{month:%B %Y} is still to come")
    if not test:
        raise ValueError("it does not say which test")
    own = (month.isoformat(), provider, *commissioner, test)
    if before := extract.lines_of.setdefault(own, line) - line:
        raise ValueError(f"line {line + before} has the same provider, commissioner and test")
    figures = figures_of(row, layout)
    key = (month, provider, test)
    extract.figures[key] = extract.figures[key] + figures if key in extract.figures else figures
    extract.kept += 1


def figures_of(row: list[str], layout: Layout) -> Figures:
    """Return the figures of one row. Raises ValueError if they do not add up or are no counts."""
    cells = {at: _count(row[at]) for at in {*layout.all_weeks, *layout.over_six}}
    cells |= {at: _count(row[at]) for made in layout.bands.values() for at in made}
    numbers = {
        name: _count(row[at])
        for name, at in layout.columns.items()
        if name.endswith(("WL", "Activity"))
    }
    total = numbers.get("Total WL")
    if total is not None and sum(cells[at] or 0 for at in layout.all_weeks) == total:
        # What is empty is none: the others are all of them.
        cells |= {at: cells[at] or 0 for at in layout.all_weeks}
    parts = ("Waiting List Activity", "Planned Activity", "Unscheduled Activity")
    done = [numbers.get(name) for name in parts]
    bands = {band: _sum(cells[at] for at in made) for band, made in layout.bands.items()}
    return Figures(
        bands={band: n for band, n in bands.items() if n is not None},
        waiting=_agreed("Total WL", total, [cells[at] for at in layout.all_weeks]),
        over_six=_sum(cells[at] for at in layout.over_six),
        over_thirteen=bands.get("13"),
        waiting_list_activity=done[0],
        planned_activity=done[1],
        unscheduled_activity=done[2],
        activity=_agreed("Total Activity", numbers.get("Total Activity"), done),
    )


def _agreed(name: str, total: int | None, parts: list[int | None]) -> int | None:
    """Return a total: as it is given, or that of its parts if all are. Both must agree."""
    known = sum(one or 0 for one in parts)
    is_whole = bool(parts) and None not in parts
    if total is None:
        return known if is_whole else None
    if known > total or (is_whole and known < total):
        raise ValueError(f"{name} is {total:,}, and its parts add up to {known:,}")
    return total


def _sum(counts: Iterable[int | None]) -> int | None:
    """Return a sum; None if it has no parts, or one that is not known."""
    known = list(counts)
    return sum(one or 0 for one in known) if known and None not in known else None


def _count(typed: str) -> int | None:
    """Return a count, None where none is given. Raises ValueError for anything else."""
    text = typed.strip().replace(",", "")
    if text in NOT_GIVEN:
        return None
    found = _COUNT.fullmatch(text)
    if found is None:
        raise ValueError(f"“{typed.strip()[:20]}” is no count")
    return int(found[1])
