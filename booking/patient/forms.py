"""What patients type, read with plain-word errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


@dataclass(frozen=True)
class FieldError:
    """What is wrong with a field, for the summary and beside it. `part` is what to focus."""

    text: str
    href: str
    part: str = ""


def read_date_of_birth(typed: Mapping[str, str], today: date) -> date | FieldError:
    """Return the date in fields born[day], born[month], born[year], or what is wrong with it."""
    parts = {part: typed.get(f"born[{part}]", "").strip() for part in ("day", "month", "year")}
    missing = [part for part, value in parts.items() if not value]
    if len(missing) == 3:
        return FieldError("Enter your date of birth", "#born-day")
    if missing:
        return FieldError(
            f"Date of birth must include a {' and a '.join(missing)}",
            f"#born-{missing[0]}",
            missing[0],
        )
    month = parts["month"].lower()[:3]
    if month in MONTHS:
        parts["month"] = str(MONTHS.index(month) + 1)
    try:
        if any(len(value) > 4 or not value.isascii() for value in parts.values()):
            raise ValueError
        born = date(int(parts["year"]), int(parts["month"]), int(parts["day"]))
    except ValueError:
        return FieldError("Date of birth must be a real date, like 27 3 1968", "#born-day")
    if born > today:
        return FieldError("Date of birth must be in the past", "#born-day")
    if born.year < 1890:
        return FieldError("Year of birth must have 4 numbers, like 1968", "#born-year", "year")
    return born
