"""The network's file of exams (docs/exams-file.md): read and checked whole, and written again.

Nothing here touches the database. Every fault of every line is found before anything is said.
"""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from booking.exams.preparation import TIME, PreparationUnreadable, read_lines
from booking.models import Exam
from received.csv_table import FileRefused, read_table
from received.numbers import whole_number
from received.text import is_fit, tidy
from sites.models import MODALITIES

Fields = dict[str, Any]
"""The columns of an Exam, as the model has them."""
_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9-]{0,30}[A-Z0-9])?")
_NO_FOOD = re.compile(
    r"\b(not eat|nothing to eat|no food|eat nothing|nil by mouth|fast|fasting)\b", re.I
)
_QUOTED = re.compile(r"'[=+\-@]")
LONGEST_LINE = 200
NO_CONTRAST = "none"


class FileFaulty(FileRefused):
    """Lines of the file cannot be used. `faults` has every one, with its line; nothing is taken."""

    def __init__(self, faults: list[str]) -> None:
        """Keep the faults, in the order of the file."""
        super().__init__("\n".join(faults))
        self.faults = faults


class CellWrong(ValueError):
    """One cell cannot be used; the text says what to type."""


@dataclass(frozen=True)
class ExamRow:
    """One exam of the file: the number of its line, and its fields."""

    line: int
    fields: Fields


def read(content: bytes) -> list[ExamRow]:
    """Return the exams of a file. Raises FileRefused; FileFaulty names all that is wrong in it."""
    (_, names), *rows = read_table(content)
    header = [name.strip().lower() for name in names]
    _check_header(header)
    faults: list[str] = []
    found: dict[str, ExamRow] = {}
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        fields, wrong = _read_row(header, cells)
        code = fields.get("code", "")
        if code in found:
            wrong.append(f"code {code} is on line {found[code].line} already; give each exam one")
        elif code:
            found[code] = ExamRow(line, fields)
        faults += [f"line {line}: {words}" for words in wrong]
    if not found and not faults:
        faults.append("The file has no exam.")
    if faults:
        raise FileFaulty(faults)
    return list(found.values())


def write(exams: list[Exam]) -> str:
    """Return exams as a file that `read` reads as the same."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for exam in exams:
        table.writerow([_say(name, getattr(exam, name)) for name in _COLUMNS])
    return text.getvalue()


def _check_header(header: list[str]) -> None:
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise FileRefused(f"The first line has no column named {', '.join(missing)}.")
    unknown = [name for name in header if name not in _COLUMNS]
    if unknown:
        raise FileRefused(
            f"There is no column {', '.join(map(repr, unknown))}. Known: {', '.join(_COLUMNS)}."
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise FileRefused(f"The first line names {', '.join(twice)} twice.")


def _read_row(header: list[str], cells: list[str]) -> tuple[Fields, list[str]]:
    """Return what could be read of a row, and every fault of it."""
    if len(cells) > len(header):
        return {}, [
            f"it has {len(cells)} cells, the first line {len(header)}: put a cell that has a comma"
            ' in it between quotes, "like, this"'
        ]
    row = dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))
    fields: Fields = {}
    wrong = []
    for name in header:
        try:
            fields[name] = _COLUMNS[name](_seen(row[name]))
        except CellWrong as fault:
            wrong.append(f"{name} {fault}")
    if not wrong:
        wrong = _at_odds(fields)
        lines = read_lines(fields["preparation"])
        fields["prepare_minutes"] = max((line.minutes for line in lines), default=0)
    return fields, wrong


def _at_odds(fields: Fields) -> list[str]:
    """Return what is wrong with cells that are right alone and do not go together."""
    get = {**dict.fromkeys(_OF_TWO, 0), "visits": 1, "visit_minutes": 0, **fields}
    wrong = []
    if get["visits"] == 1 and any(get[name] for name in _OF_TWO):
        wrong.append(f"visits is 1: leave {', '.join(_OF_TWO)} empty, or type 2")
    if get["visits"] == 2:
        wrong += [
            f"visits is 2 and {name} is empty: type its minutes"
            for name in _OF_TWO
            if not get[name]
        ]
        if get["gap_min_minutes"] > get["gap_max_minutes"] > 0:
            wrong.append(
                f"gap_min_minutes {get['gap_min_minutes']} is more than gap_max_minutes"
                f" {get['gap_max_minutes']}"
            )
    least = get["minutes"] + get["gap_min_minutes"] + get["second_minutes"]
    if 0 < get["visit_minutes"] < least:
        wrong.append(f"visit_minutes is {get['visit_minutes']}; the scan alone takes {least}")
    return wrong + _fast_at_odds(fields)


def _fast_at_odds(fields: Fields) -> list[str]:
    timed = [line for line in read_lines(fields["preparation"]) if line.unit]
    is_fasting = fields.get("fasting", False)
    if is_fasting and not any(f"after {TIME}" in line.words for line in timed):
        return [
            "fasting is yes, and no line of preparation says from when: type one like"
            f" 6h: Do not eat after {TIME}"
        ]
    if not is_fasting and _NO_FOOD.search(fields["preparation"]):
        return ["preparation says not to eat: type yes at fasting, so that diabetes is thought of"]
    return []


def _seen(cell: str) -> str:
    if not is_fit(cell) or "\ufffd" in cell:
        raise CellWrong("holds characters that cannot be shown; type it again")
    cell = tidy(cell).strip()
    # A page that hands the file out puts a quote before what a spreadsheet would run.
    return cell[1:] if _QUOTED.match(cell) else cell


def _code(cell: str) -> str:
    if not _CODE.fullmatch(cell):
        raise CellWrong(f"is {cell[:40]!r}; type capital letters, digits and hyphens, as MR-KNEE")
    return cell


def _text(cell: str, longest: int) -> str:
    if not cell:
        raise CellWrong("is empty; type its words")
    if len(cell) > longest:
        raise CellWrong(f"is {len(cell)} characters long; {longest} are allowed")
    return " ".join(cell.split())


def _one_of(cell: str, allowed: list[str]) -> str:
    if cell not in allowed:
        raise CellWrong(f"is {cell[:40]!r}; type one of {', '.join(allowed)}")
    return cell


def _contrast(cell: str) -> str:
    kinds = [str(kind) for kind in Exam.Contrast if kind]
    return _one_of(cell, [NO_CONTRAST, *kinds]).replace(NO_CONTRAST, Exam.Contrast.NONE)


def _number(cell: str, least: int, most: int, empty: int | None = None) -> int:
    if not cell and empty is not None:
        return empty
    number = whole_number(cell, least, most)
    if number is None:
        raise CellWrong(f"is {cell[:40]!r}; type a whole number from {least} to {most}")
    return number


def _yes_or_no(cell: str) -> bool:
    return _one_of(cell.lower() or "no", ["yes", "no"]) == "yes"


def _sentences(cell: str) -> str:
    """Return sentences, a line each, of a cell in which | or a line break stands between them."""
    lines = [" ".join(line.split()) for line in re.split(r"[|\r\n]", cell) if line.strip()]
    for line in lines:
        if len(line) > LONGEST_LINE:
            raise CellWrong(f"has a sentence of {len(line)} characters; {LONGEST_LINE} are allowed")
    return "\n".join(lines)


def _preparation(cell: str) -> str:
    lines = _sentences(cell)
    if not lines:
        raise CellWrong("is empty; type what to do, or: You do not need to prepare")
    wrong = []
    for line in lines.splitlines():
        try:
            read_lines(line)
        except PreparationUnreadable as fault:
            wrong.append(str(fault))
    if wrong:
        raise CellWrong("; ".join(wrong))
    return lines


def _say(name: str, value: Any) -> str:
    if name == "contrast":
        return value or NO_CONTRAST
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("\n", "|")


_HALF_A_DAY = 12 * 60
_COLUMNS: dict[str, Callable[[str], Any]] = {
    "code": _code,
    "name": partial(_text, longest=120),
    "modality": partial(_one_of, allowed=list(MODALITIES)),
    "region": partial(_one_of, allowed=[str(region) for region in Exam.Region]),
    "body_part": partial(_text, longest=60),
    "minutes": partial(_number, least=1, most=480),
    "contrast": _contrast,
    "visits": partial(_number, least=1, most=2, empty=1),
    "gap_min_minutes": partial(_number, least=0, most=_HALF_A_DAY, empty=0),
    "gap_max_minutes": partial(_number, least=0, most=_HALF_A_DAY, empty=0),
    "second_minutes": partial(_number, least=0, most=480, empty=0),
    "notice_days": partial(_number, least=0, most=60, empty=0),
    "arrive_minutes": partial(_number, least=0, most=120, empty=15),
    "visit_minutes": partial(_number, least=0, most=24 * 60, empty=0),
    "fasting": _yes_or_no,
    "preparation": _preparation,
    "bring": _sentences,
}
"""Each column, and how a cell of it is read."""
_OF_TWO = ("gap_min_minutes", "gap_max_minutes", "second_minutes")
_NEEDED = (
    "code", "name", "modality", "region", "body_part", "minutes", "contrast", "preparation",
)  # fmt: skip
COLUMNS = tuple(_COLUMNS)
"""The names of the columns, in the order in which they are written."""
