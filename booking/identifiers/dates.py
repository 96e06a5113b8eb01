"""The one reader of dates that people type: a birthday, a day to come, the day a wait began.

Day first, as people in the UK write: 12/3/61, 12.3.1961, 12 March 1961, 12-Mar-1961, 04051950,
March 12 1961; and 1961-03-12, as computers do. What machines send in FHIR is not read here: it is
strict.
"""

import re
from datetime import date
from enum import Enum

OLDEST = date(1900, 1, 1)
YEARS_AHEAD = 2
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NAMES = ("january", "february", "march", "april", "may", "june", "july", "august",
               "september", "october", "november", "december", "sept")  # fmt: skip
LONGEST = 40
"""Characters that a date alone may have: more is no date."""

_GAP = r"(?:\s*[/.,\-]\s*|\s+)"
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_FORMS = [
    re.compile(rf"(?<![\w])(?P<year>[0-9]{{4}}){_GAP}(?P<month>[0-9]{{1,2}}){_GAP}"
               r"(?P<day>[0-9]{1,2})(?!\w)"),
    re.compile(rf"(?<!\w)(?P<day>[0-9]{{1,2}}){_GAP}(?P<month>[0-9]{{1,2}}){_GAP}{_YEAR}(?!\w)"),
    re.compile(
        rf"(?<!\w)(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?{_GAP}?(?P<month>[a-z]{{3,9}})\.?{_GAP}?"
        rf"{_YEAR}(?!\w)",
        re.IGNORECASE | re.ASCII,
    ),
    re.compile(r"(?<!\w)(?P<day>[0-9]{2})(?P<month>[0-9]{2})(?P<year>[0-9]{4})(?!\w)"),
    re.compile(
        rf"(?<!\w)(?P<month>[a-z]{{3,9}})\.?\s+(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?{_GAP}{_YEAR}(?!\w)",
        re.IGNORECASE | re.ASCII,
    ),
]  # fmt: skip
_SIX_DIGITS = re.compile(r"(?<!\w)(?P<day>[0-9]{2})(?P<month>[0-9]{2})(?P<year>[0-9]{2})(?!\w)")
"""120361, as it is typed beside a name. Alone, and in files, it might be 2012-03 and something."""


class DayKind(Enum):
    """What a date is of: it decides the century of a two-digit year, and how far it may be."""

    BIRTHDAY = "birthday"
    """In the past: 61 is 1961, and never a year to come. From 1900 to today."""
    TO_COME = "to come"
    """27 is 2027. From today to two years on."""
    CLOCK_START = "clock start"
    """The day a wait began: 26 is 2026. From 1900 to two years on."""


class DateInvalid(ValueError):
    """What was typed is no date. `part` is day, month or year if one is wrong, else empty;
    the text says what is wrong with it, empty if it is not like a date at all.

    The text never repeats what was typed: it may be printed where no birthday may be.
    """

    def __init__(self, detail: str = "", part: str = "") -> None:
        """Keep what is wrong, and with which part."""
        super().__init__(detail)
        self.part = part

    def message(self, subject: str) -> str:
        """Return the error as a sentence about `subject`, like "Date of birth"."""
        return f"{subject} must be a real date{f': {self}' if str(self) else ', like 27 3 1968'}"


class DateOutOfRange(DateInvalid):
    """A real date, but too early or too late to be meant."""

    def message(self, subject: str) -> str:
        """Return the error as a sentence about `subject`, like "Date of birth"."""
        return f"{subject} {self}"


class DateTooEarly(DateOutOfRange):
    """Before 1900, or a day to come that has passed."""


class DateTooLate(DateOutOfRange):
    """A birthday in the future, or a day too far ahead."""


def read_day(typed: str, kind: DayKind, today: date) -> date:
    """Return the date that somebody typed. Raises DateInvalid, which says what is wrong."""
    text = typed.strip()
    for form in _FORMS:
        match = form.fullmatch(text) if len(text) <= LONGEST else None
        if match:
            return read_parts(match["day"], match["month"], match["year"], kind, today)
    raise DateInvalid


def find_day(words: str, kind: DayKind, today: date) -> tuple[date | None, str]:
    """Return the first date among other words, None if there is none, and the words around it.

    Raises DateInvalid for one that is no real date.
    """
    for form in (*_FORMS, _SIX_DIGITS):
        for match in form.finditer(words):
            if not _is_month(match["month"]):
                continue  # "2 Smith 1961" is a name, not a month
            day = read_parts(match["day"], match["month"], match["year"], kind, today)
            around = f"{words[: match.start()]} {words[match.end() :]}"
            return day, " ".join(around.split()).strip(" ,")
    return None, words


def read_parts(day: str, month: str, year: str, kind: DayKind, today: date) -> date:
    """Return the date of a day, a month (a number or its name) and a year of two or four digits.

    Raises DateInvalid, which says which part is wrong.
    """
    month_number = _read_month(month)
    day_number = _read_number(day, 2, 31, "the day is a number from 1 to 31", "day")
    digits = year.strip()
    if not re.fullmatch(r"[0-9]{4}|[0-9]{2}", digits):
        raise DateInvalid("the year must have 4 numbers, like 1968", "year")
    years = [int(digits)] if len(digits) == 4 else _centuries(int(digits), kind, today)
    found = None
    for number in years:
        try:
            found = date(number, month_number, day_number)
        except ValueError:
            continue
        if kind is not DayKind.BIRTHDAY or found <= today:
            break
    if found is None:
        if years == [0]:
            raise DateTooEarly("must be in 1900 or later", "year")
        raise DateInvalid("that month has fewer days", "day")
    return _in_range(found, kind, today)


def two_years_on(today: date) -> date:
    """Return the last day that a day to come may be."""
    try:
        return today.replace(year=today.year + YEARS_AHEAD)
    except ValueError:  # 29 February
        return today.replace(year=today.year + YEARS_AHEAD, day=28)


def _centuries(two_digits: int, kind: DayKind, today: date) -> list[int]:
    """Return the years that two digits may mean, the likeliest first."""
    century = today.year // 100 * 100
    here = century + two_digits
    return [here, here - 100] if kind is DayKind.BIRTHDAY else [here]


def _in_range(found: date, kind: DayKind, today: date) -> date:
    ahead = two_years_on(today)
    if kind is DayKind.BIRTHDAY and found > today:
        raise DateTooLate("must be in the past", "year" if found.year > today.year else "")
    if found > ahead:
        raise DateTooLate(f"must be on or before {ahead.day} {ahead:%B} {ahead.year}", "year")
    if kind is DayKind.TO_COME and found < today:
        raise DateTooEarly("must be today or later")
    if found < OLDEST:
        raise DateTooEarly("must be in 1900 or later", "year")
    return found


def _is_month(word: str) -> bool:
    return word.isdigit() or word.lower() in MONTHS or word.lower() in MONTH_NAMES


def _read_month(typed: str) -> int:
    word = typed.strip().rstrip(".").lower()
    if word in MONTHS or word in MONTH_NAMES:
        return MONTHS.index(word[:3]) + 1
    return _read_number(
        word, 2, 12, "the month is a number from 1 to 12, or a name like March", "month"
    )


def _read_number(typed: str, longest: int, most: int, wrong: str, part: str) -> int:
    digits = typed.strip()
    if re.fullmatch(rf"[0-9]{{1,{longest}}}", digits) and 1 <= int(digits) <= most:
        return int(digits)
    raise DateInvalid(wrong, part)
