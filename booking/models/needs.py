"""What a patient may need: one file, in the terms of the Accessible Information Standard.

`booking/data/needs.csv`, one need a row: our code, which of the standard's sets it is of, its words
for the patient and for staff, the facilities of a place (sites.models.NEEDS, split at |) that meet
it, and the standard's own term where it has one. A code that was given out keeps its meaning.
"""

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from received.text import is_fit
from sites.models import NEEDS as FACILITIES

FILE = Path(__file__).resolve().parents[1] / "data" / "needs.csv"
COLUMNS = ["code", "set", "patient", "staff", "facilities", "term"]
LONGEST_CODE = 30


class NeedSet(StrEnum):
    """The standard's sets, in the order in which a patient is asked."""

    ENVIRONMENT = "environment"
    PROFESSIONAL = "professional"
    SUPPORT = "support"
    FORMAT = "format"
    CONTACT = "contact"


class NeedsFileInvalid(ValueError):
    """The file cannot be used; the text says each row that is wrong, and how."""


@dataclass(frozen=True)
class Need:
    """One thing that a patient may need. `patient` completes "You need ..."."""

    code: str
    set: NeedSet
    patient: str
    staff: str
    facilities: frozenset[str]
    term: str


def read_needs(path: Path) -> dict[str, Need]:
    """Return the needs of a file by code, in its order. Raises NeedsFileInvalid."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            raise NeedsFileInvalid(f"{path.name}: the columns must be {', '.join(COLUMNS)}")
        rows = list(reader)
    found: dict[str, Need] = {}
    wrong: list[str] = []
    for number, row in enumerate(rows, 2):
        problems = _problems(row, found.values())
        wrong += [f"{path.name} row {number}: {what}" for what in problems]
        if not problems:
            found[row["code"]] = _need(row)
    if wrong:
        raise NeedsFileInvalid("\n".join(wrong))
    return found


def _need(row: dict[str, str]) -> Need:
    facilities = frozenset(row["facilities"].split("|")) - {""}
    return Need(
        row["code"], NeedSet(row["set"]), row["patient"], row["staff"], facilities, row["term"]
    )


def _problems(row: dict[str, str], before: Iterable[Need]) -> list[str]:
    """Return what is wrong with a row, by itself and beside those before it."""
    if None in row or None in row.values():
        return [f"it must have {len(COLUMNS)} cells"]
    problems = []
    code = row["code"]
    is_word = code.isascii() and code.replace("_", "a").isalnum() and code == code.lower()
    if not is_word or len(code) > LONGEST_CODE:
        problems.append(f"the code must be small letters, digits and _, at most {LONGEST_CODE}")
    if code in {one.code for one in before}:
        problems.append(f"{code} is there twice")
    if row["set"] not in set(NeedSet):
        problems.append(f"set must be one of {', '.join(NeedSet)}")
    for name in ("patient", "staff"):
        if not row[name].strip() or not is_fit(row[name]):
            problems.append(f"{name} must hold words")
    if unknown := set(row["facilities"].split("|")) - set(FACILITIES) - {""}:
        problems.append(f"no place has {', '.join(sorted(unknown))}")
    if row["term"] and row["term"] in {one.term for one in before}:
        problems.append("its term is there twice")
    return problems


ALL_NEEDS = read_needs(FILE)
"""Every need by its code, in the order in which they are shown."""
NEEDS = {code: need.staff for code, need in ALL_NEEDS.items()}
"""What staff must know before they offer a time: code in data, words on pages."""


def in_order(codes: Collection[str]) -> list[str]:
    """Return those of the codes that are needs, each once, as they are kept and shown."""
    return [code for code in ALL_NEEDS if code in codes]


def facilities_for(codes: Collection[str]) -> frozenset[str]:
    """Return what a place must have for somebody with these needs, as far as places say it."""
    return frozenset().union(*(ALL_NEEDS[code].facilities for code in in_order(codes)))
