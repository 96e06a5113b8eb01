"""What is one slip away from what was typed or heard: a birthday, a code. Pure.

Each slip is looked for by equality, which an index answers, and is said where it is shown.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from booking.identifiers.codes import ALPHABET, LENGTH
from booking.identifiers.dates import OLDEST

SWAPPED = "day and month of birth the other way round"
ONE_DIGIT = "birthday with one digit different"
TWO_DIGITS = "birthday with two digits the other way round"
ONE_YEAR = "year of birth one off"
CENTURY = "year of birth 100 years off"


@lru_cache(maxsize=64)
def days_near(born: date, today: date) -> dict[date, str]:
    """Return the birthdays that may have been meant, each with how it differs. About fifty."""
    near: dict[date, str] = {}
    for why, year, month, day in _parts_near(born):
        try:
            other = date(year, month, day)
        except ValueError:
            continue
        if other != born and OLDEST <= other <= today:
            near.setdefault(other, why)
    return near


def _parts_near(born: date) -> Iterator[tuple[str, int, int, int]]:
    year, month, day = born.year, born.month, born.day
    yield SWAPPED, year, day, month
    for off in (-100, 100):
        yield CENTURY, year + off, month, day
    for off in (-1, 1):
        yield ONE_YEAR, year + off, month, day
    digits = f"{day:02}{month:02}{year % 100:02}"
    century = year - year % 100
    for place, digit in enumerate(digits):
        for other in "0123456789":
            if other != digit:
                changed = digits[:place] + other + digits[place + 1 :]
                yield ONE_DIGIT, century + int(changed[4:]), int(changed[2:4]), int(changed[:2])
    for place in range(0, 6, 2):
        two = digits[place : place + 2]
        changed = digits[:place] + two[::-1] + digits[place + 2 :]
        yield TWO_DIGITS, century + int(changed[4:]), int(changed[2:4]), int(changed[:2])


def codes_near(typed: str) -> frozenset[str]:
    """Return the codes that are one letter away from what was typed; empty if that is no code.

    One letter is another, is missing, is too much, or changed places with the next. A letter that
    no code has (O, 1) is a slip by itself. A code that is right has about two hundred beside it.
    """
    code = "".join(typed[:64].split()).replace("-", "").upper()
    if not (code.isascii() and code.isalnum()) or code.isdigit():
        return frozenset()
    wrong = [place for place, letter in enumerate(code) if letter not in ALPHABET]
    if len(wrong) > 1 or abs(len(code) - LENGTH) > 1:
        return frozenset()
    if len(code) > LENGTH:
        near = {code[:place] + code[place + 1 :] for place in range(len(code))}
    elif len(code) < LENGTH:
        near = {
            code[:place] + letter + code[place:]
            for place in range(len(code) + 1)
            for letter in ALPHABET
        }
    else:
        near = {
            code[:place] + letter + code[place + 1 :]
            for place in wrong or range(len(code))
            for letter in ALPHABET
        }
        near |= {
            code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            for place in range(len(code) - 1)
        }
    return frozenset(one for one in near if all(letter in ALPHABET for letter in one)) - {code}
