"""From the bytes of a file to its rows: whatever a spreadsheet made of it."""

import csv
import io
from collections.abc import Iterator
from itertools import zip_longest

from received.csv_table import FileRefused, read_table

TEXTS = {"entrance": 200, "building": 200, "parking": 300, "blue_badge": 300, "bus": 300,
         "rail": 300}  # fmt: skip
"""Columns of a site that may be empty or left out, and how long they may be."""
LIMITS = {"bore_cm": (30, 120), "table_kg": (50, 500)}
"""Columns of a scanner with a number, and from what to what it may be."""
ABLE = ("contrast", "hoist", "step_free", "wheelchair_transfer", "wide", "under_16s",
        "general_anaesthetic")  # fmt: skip
"""Columns of a scanner that say yes or no; empty or left out: nobody said."""
COLUMNS = [
    "what",
    "id",
    "name",
    "trust",
    "ods_code",
    "kind",
    "address",
    "postcode",
    *TEXTS,
    "hours",
    "facilities",
    "site",
    "modality",
    *LIMITS,
    *ABLE,
    "excluded_exams",
    "scanner",
    "from",
    "to",
    "opens",
    "closes",
    "remove",
]
"""One list for all kinds of rows; a row uses those that its `what` needs."""
Row = dict[str, str]


def read(content: bytes) -> list[tuple[int, Row]]:
    """Return the rows with their line numbers. Cells are trimmed; a column that the file has not
    is not in its rows. Lines that start with # are comments. Raises FileRefused.
    """
    rows = read_table(content)
    header = [name.strip().lower() for name in rows[0][1]]
    missing = [name for name in ("what", "id") if name not in header]
    if missing:
        raise FileRefused(f"The first line has no column named {' or '.join(missing)}.")
    unknown = [name for name in header if name and name not in COLUMNS]
    if unknown:
        raise FileRefused(f"There is no column {', '.join(unknown)}. Known: {', '.join(COLUMNS)}.")
    return [
        (number, {name: cell.strip() for name, cell in _named(header, row) if name})
        for number, row in rows[1:]
        if any(cell.strip() for cell in row)
    ]


def _named(header: list[str], row: list[str]) -> Iterator[tuple[str, str]]:
    """Pair each column with its cell: one that a short row has not is empty."""
    return zip_longest(header, row[: len(header)], fillvalue="")


def write(rows: list[Row]) -> str:
    """Return the rows as the same format."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()
