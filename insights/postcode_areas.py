"""Which small area a postcode is in: from the ONS postcode directory, which has all of them.

The file has 2.7 million lines: it is read once, a line at a time, and only what is in the
region's areas is kept.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from django.db import transaction

from insights.files import Faults, columns_of, must_have
from insights.models import Area, PostcodeArea
from insights.one_load import Load, wait_for_other_loads
from received.csv_stream import open_table

POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})", re.ASCII)
COLUMNS = {
    "pcds": ("pcds",),
    "lsoa21": ("lsoa21", "lsoa21cd"),
    "doterm": ("doterm",),
}
AT_ONCE = 2000


class NoAreas(Exception):
    """The region's areas are not loaded, so that nothing could be kept."""


@dataclass
class Read:
    """What was read: by postcode its area; how many lines; how many of those kept have ended."""

    areas: dict[str, str] = field(default_factory=dict)
    lines: int = 0
    ended: int = 0


def load(path: Path) -> Read:
    """Put a file's postcodes in place of those that were there, all or none.

    A postcode that has ended stays in the area that it was in: people's records have it still.
    Raises FileRefused, with the lines; NoAreas; and OSError.
    """
    deciles = dict(Area.objects.values_list("lsoa21", "decile"))
    if not deciles:
        raise NoAreas
    done = _read(path, deciles)
    made = (
        PostcodeArea(postcode=postcode, lsoa21=area, decile=deciles[area])
        for postcode, area in done.areas.items()
    )
    with transaction.atomic():  # after the reading, which takes a minute: nobody waits for it
        wait_for_other_loads(Load.POSTCODES)
        PostcodeArea.objects.all().delete()
        while some := list(islice(made, AT_ONCE)):
            PostcodeArea.objects.bulk_create(some)
    return done


def _read(path: Path, deciles: Collection[str]) -> Read:
    faults, done = Faults(path.name), Read()
    with open_table(path) as rows:
        line, header = next(rows, (1, []))
        columns = columns_of(header, COLUMNS)
        must_have(columns, ("pcds", "lsoa21"), faults, line)
        for line, row in rows:
            done.lines += 1
            if len(row) != len(header):
                faults.add(line, f"there are {len(row)} cells and {len(header)} columns")
            elif (area := row[columns["lsoa21"]].strip()) in deciles:
                _keep(row, area, columns, done, partial(faults.add, line))
    if not done.areas:
        faults.add(line, "no postcode so far is in the region’s areas")
    faults.refuse()
    return done


def _keep(
    row: list[str], area: str, columns: dict[str, int], done: Read, fault: Callable[[str], None]
) -> None:
    typed = row[columns["pcds"]]
    postcode = as_written(typed)
    if postcode is None:
        fault(f"“{typed[:20]}” is no postcode")
    elif postcode in done.areas:
        fault(f"{postcode} was there before")
    else:
        done.areas[postcode] = area
        done.ended += "doterm" in columns and bool(row[columns["doterm"]].strip())


def as_written(typed: str) -> str | None:
    """Return a postcode as sites.Postcode writes it, "PR1 4LF"; None for anything else."""
    found = POSTCODE.fullmatch(typed.strip().upper())
    return f"{found[1]} {found[2]}" if found else None
