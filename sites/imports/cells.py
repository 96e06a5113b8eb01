"""What the cells of a row may hold. Each function raises RowRefused with what to type instead."""

import re
from datetime import date, datetime, time

from received.moments import FIRST, LAST
from received.numbers import whole_number
from sites import changes
from sites.imports.table import Row
from sites.models import DAYS, NEEDS

YES, NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0"}
_HOURS = re.compile(r"([a-z]{3})[a-z]*(?:\s*-\s*([a-z]{3})[a-z]*)?\s+(\S+)\s*-\s*(\S+)")
_EXAM = re.compile(r"[A-Z0-9-]{1,32}")
Week = dict[int, tuple[time, time]]
"""Opening and closing time by weekday, 0 is Monday."""


class RowRefused(ValueError):
    """One row cannot be used; the others can. The text says what to change, `column` where."""

    def __init__(self, words: str, column: str = "") -> None:
        """Keep which column is wrong, empty where it is none alone."""
        super().__init__(words)
        self.column = column


def needed(row: Row, name: str, longest: int) -> str:
    """Return a cell that must not be empty."""
    if name not in row:
        raise RowRefused(f"the file has no column {name}", name)
    if not row[name]:
        raise RowRefused(f"{name} is empty", name)
    return text(row, name, longest)


def text(row: Row, name: str, longest: int) -> str:
    """Return a cell that may be empty."""
    cell = row.get(name, "")
    if len(cell) > longest:
        raise RowRefused(f"{name} is {len(cell)} characters long; {longest} are allowed", name)
    if any(ord(letter) < 32 for letter in cell):
        raise RowRefused(f"{name} holds characters that cannot be shown", name)
    return cell


def one_of(row: Row, name: str, allowed: list[str]) -> str:
    """Return a cell that holds one of these words."""
    cell = needed(row, name, 80)
    if cell not in allowed:
        raise RowRefused(f"{name} is {cell!r}; type one of {', '.join(allowed)}", name)
    return cell


def whole(row: Row, name: str, least: int, most: int) -> int | None:
    """Return a whole number between two, None if the cell is empty."""
    cell = row.get(name, "")
    if not cell:
        return None
    number = whole_number(cell, least, most)
    if number is None:
        raise RowRefused(f"{name} is {cell!r}; type a whole number from {least} to {most}", name)
    return number


def yes_or_no(row: Row, name: str) -> bool | None:
    """Return a yes or a no, None if the cell is empty."""
    cell = row.get(name, "").lower()
    if cell and cell not in YES | NO:
        raise RowRefused(f"{name} is {cell!r}; type yes or no", name)
    return cell in YES if cell else None


def day(row: Row, name: str) -> date:
    """Return a date, typed like 2026-12-03 or 3/12/2026."""
    cell = needed(row, name, 20)
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            found = datetime.strptime(cell, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if FIRST.date() <= found < LAST.date():
            return found
    raise RowRefused(f"{name} is {cell!r}; type a date like 2026-12-03 or 3/12/2026", name)


def clock(cell: str, name: str) -> time:
    """Return a time of day, typed like 08:30 or 8:30."""
    try:
        return datetime.strptime(cell, "%H:%M").time()  # noqa: DTZ007 - a time of any day
    except ValueError:
        raise RowRefused(f"{name} holds {cell!r}; type a time like 08:30", name) from None


def week(row: Row) -> Week:
    """Return opening hours, typed like "Mon-Fri 08:00-20:00; Sat 09:00-17:00"."""
    found: Week = {}
    for part in row.get("hours", "").split(";"):
        if not part.strip():
            continue
        match = _HOURS.fullmatch(part.strip().lower())
        names = [name.lower() for name in DAYS]
        if not match or not {match[1], match[2] or match[1]} <= set(names):
            raise RowRefused(
                f"hours hold {part.strip()!r}; type like Mon-Fri 08:00-20:00; Sat ...", "hours"
            )
        first, last = names.index(match[1]), names.index(match[2] or match[1])
        opens, closes = clock(match[3], "hours"), clock(match[4], "hours")
        if closes <= opens:
            raise RowRefused(f"hours hold {part.strip()!r}, which closes before it opens", "hours")
        found |= dict.fromkeys(range(first, last + 1), (opens, closes))
    return found


def facilities(row: Row) -> list[str]:
    """Return the codes of facilities, in our order, typed like "parking; hearing_loop"."""
    codes = {code.strip() for code in row.get("facilities", "").split(";") if code.strip()}
    if codes - set(NEEDS):
        wrong = ", ".join(sorted(codes - set(NEEDS)))
        raise RowRefused(
            f"facilities hold {wrong[:60]!r}; known are {', '.join(NEEDS)}", "facilities"
        )
    return [code for code in NEEDS if code in codes]


def exams(row: Row, name: str) -> list[str]:
    """Return codes of exams, in order, typed like "MR-HEAD; CT-COLON"."""
    codes = {code.strip().upper() for code in row.get(name, "").split(";") if code.strip()}
    wrong = {code for code in codes if not _EXAM.fullmatch(code)} or changes.unknown_exams(codes)
    if wrong:
        raise RowRefused(
            f"{name} holds {', '.join(sorted(wrong))[:60]!r}; type codes of exams that are loaded, "
            "with ; between them",
            name,
        )
    return sorted(codes)


def say_week(hours: Week) -> str:
    """Return opening hours as they are typed."""
    parts: list[list[int]] = []
    for weekday in sorted(hours):
        joins = parts and parts[-1][-1] == weekday - 1 and hours[parts[-1][-1]] == hours[weekday]
        if joins:
            parts[-1].append(weekday)
        else:
            parts.append([weekday])
    said = []
    for days in parts:
        opens, closes = hours[days[0]]
        name = DAYS[days[0]] if len(days) == 1 else f"{DAYS[days[0]]}-{DAYS[days[-1]]}"
        said.append(f"{name} {opens:%H:%M}-{closes:%H:%M}")
    return "; ".join(said)
