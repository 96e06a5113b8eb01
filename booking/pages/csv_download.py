"""Tables that staff open in a spreadsheet: every one is sent the same way, as CSV."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for Windows' own letters, and O’Neill for Oâ€™Neill."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""
INVISIBLE = " \u00a0\u200b\ufeff"


def csv_download(name: str, rows: Iterable[Sequence[str]]) -> StreamingHttpResponse:
    """Return rows, the head first, as a file of this name that streams; no cell of it is run."""
    return StreamingHttpResponse(
        _lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def escape_formula(text: str) -> str:
    """Return a cell that no spreadsheet runs: one that looks like a formula starts with a quote.

    Also where a full-width sign or something invisible stands before.
    """
    start = unicodedata.normalize("NFKC", text.lstrip(INVISIBLE)[:1])
    return f"'{text}" if start.startswith(FORMULA_STARTS) else text


class _Echo:
    """What csv.writer writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([escape_formula(cell) for cell in row])
