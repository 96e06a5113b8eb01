"""Codes and references that people read out on the phone.

The alphabet has no vowels, so that no code spells a word, and none of the letters and digits
that are mistaken for one another (0 1 I L N O S U Z).
"""

import secrets
import unicodedata

from received.text import tidy

ALPHABET = "23456789BCDFGHJKMPQRTVWXY"
LENGTH = 8


def new_reference() -> str:
    """Return a new random reference of eight characters (25^8, about 150 thousand million)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalise_code(typed: str) -> str | None:
    """Return a code as it is kept, or None if what was typed cannot be one.

    Case, spaces, hyphens, what cannot be seen and full-width letters do not matter: "7kq4 9crb" is
    7KQ49CRB.
    """
    plain = tidy(unicodedata.normalize("NFKC", typed[:64]))
    code = "".join(plain.split()).replace("-", "").upper()
    if len(code) == LENGTH and all(letter in ALPHABET for letter in code):
        return code
    return None


def format_code(code: str) -> str:
    """Return a code in two groups of four, as people read and type it."""
    return f"{code[:4]} {code[4:]}"
