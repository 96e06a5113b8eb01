"""A table too large to be held at once: CSV, plain, gzipped or zipped, read line by line."""

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from received.csv_table import FileRefused

LONGEST = 1 << 20
"""Bytes of a line: what is longer is no table."""
UTF_8_MARK, UTF_16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")

Line = tuple[int, list[str]]


@contextmanager
def open_table(path: Path) -> Iterator[Iterator[Line]]:
    """Give the rows of a file with their line numbers, one at a time: memory stays flat.

    Read are UTF-8, UTF-16 and what Windows calls Latin-1; commas, semicolons and tabs. Empty rows
    are passed over. Raises FileRefused and OSError.
    """
    try:
        with _open(path) as file:
            yield _rows(file)
    except (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        raise FileRefused(f"{path.name} cannot be unpacked: {error}.") from None


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    with path.open("rb") as plain:
        start = plain.peek(4)[:4]
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(plain) as unpacked:
                yield io.BufferedReader(unpacked)
        elif start == b"PK\x03\x04":
            with zipfile.ZipFile(plain) as archive, archive.open(_only_table(archive)) as member:
                yield member
        else:
            yield plain


def _only_table(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    tables = [one for one in archive.infolist() if one.filename.lower().endswith(".csv")]
    if len(tables) != 1:
        names = ", ".join(one.filename for one in tables[:5]) or "none"
        raise FileRefused(
            f"The zip holds {len(tables)} CSV files ({names}), and one is read. Unpack it first."
        )
    return tables[0]


def _rows(file: Any) -> Iterator[Line]:
    lines = _lines(file)
    first = next(lines, "")
    delimiter = max(",;\t", key=first.count)

    def both() -> Iterator[str]:
        yield first
        yield from lines

    reader = csv.reader(both(), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise FileRefused(f"Line {reader.line_num}: this is not CSV: {error}.") from None


def _lines(file: Any) -> Iterator[str]:
    """Yield lines of text; each is UTF-8 or Latin-1 by itself, so that nothing is read twice."""
    start = file.peek(3)[:3]
    if start.startswith(UTF_16_MARKS):
        yield from io.TextIOWrapper(file, encoding="utf-16", errors="replace", newline="")
        return
    if start == UTF_8_MARK:
        file.read(3)
    number = 0
    while line := file.readline(LONGEST):
        number += 1
        if len(line) >= LONGEST and not line.endswith(b"\n"):
            raise FileRefused(f"Line {number} is too long: this is no table.")
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            yield line.decode("cp1252", errors="replace")
