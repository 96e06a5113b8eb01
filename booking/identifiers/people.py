"""Names and numbers as they are kept for finding: one spelling, whoever types them."""

import unicodedata

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.gb import nhs

LONGEST = 200
"""Letters of a key: as many as a name may have."""


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
    try:
        return nhs.validate("".join(typed.split()))
    except InvalidChecksum:
        raise WrongCheckDigit from None
    except ValidationError:
        return None


def say_nhs_number(number: str) -> str:
    """Return an NHS number as people read it: 999 000 0018."""
    return nhs.format(number) if number else "not known"
