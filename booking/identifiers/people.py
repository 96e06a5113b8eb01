"""Names and numbers as they are kept for finding: one spelling, whoever types them."""

import unicodedata

LONGEST = 200
"""Letters of a key: as many as a name may have."""
NHS_NUMBER = 10


class WrongCheckDigit(ValueError):
    """Ten digits that are no NHS number: one of them is mistyped."""


def name_key(name: str) -> str:
    """Return a name without case, accents, spaces, hyphens and apostrophes, in any alphabet.

    O’Neill-Rahman, o'neill rahman and ONEILL RAHMAN are one key.
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalnum())[:LONGEST]


def read_nhs_number(typed: str) -> str | None:
    """Return the ten digits of an NHS number, None if it is not ten digits.

    Raises WrongCheckDigit (modulus 11, NHS Data Dictionary).
    """
    digits = "".join(typed.split()).replace("-", "")
    if not (len(digits) == NHS_NUMBER and digits.isascii() and digits.isdigit()):
        return None
    total = sum(
        int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)
    )
    if (11 - total % 11) % 11 != int(digits[-1]):
        raise WrongCheckDigit(digits[-1])
    return digits


def say_nhs_number(number: str) -> str:
    """Return an NHS number as people read it: 999 000 0018."""
    return f"{number[:3]} {number[3:6]} {number[6:]}" if number else "not known"
