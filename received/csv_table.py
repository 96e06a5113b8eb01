"""A table that somebody keeps in a spreadsheet: CSV, whatever the spreadsheet made of it."""

import codecs
import csv


class FileRefused(ValueError):
    """A file as a whole cannot be used; the text says what to change."""


def read_table(content: bytes) -> list[tuple[int, list[str]]]:
    """Return the rows of a file with their line numbers, the row of names first.

    Read are UTF-8, UTF-16 and what Windows calls Latin-1; commas, semicolons and tabs. Lines that
    start with # are comments, and empty ones are passed over. Raises FileRefused.
    """
    lines = [
        (number, line)
        for number, line in enumerate(_text(content).splitlines(keepends=True), 1)
        if line.strip() and not line.startswith("#")
    ]
    if not lines:
        raise FileRefused("The file is empty.")
    table = csv.reader((line for _, line in lines), delimiter=_delimiter(lines[0][1]))
    try:
        return [(lines[table.line_num - 1][0], row) for row in table]
    except csv.Error as error:
        raise FileRefused(f"This is not CSV: {error}.") from None


def _text(content: bytes) -> str:
    """Return the text: UTF-8, or what Windows calls Latin-1, with or without a byte order mark."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)
