"""Codes and references that people read out on the phone.

The alphabet has no vowels, so that no code spells a word, and none of the letters and digits
that are mistaken for one another (0 1 I L N O S U Z).
"""

import secrets
import unicodedata

from received.text import tidy

ALPHABET = "23456789BCDFGHJKMPQRTVWXY"
LENGTH = 8
LOOKS_LIKE = str.maketrans("0OSZUN", "QQ52VM")
"""What no code has, and the one sign of a code that it is taken for. 1, I and L have no such twin:
who types one is told to look again."""
NEVER_IN_CODES = "A, E, I, L or the number 1"
"""What is left of letters and digits that neither is in a code nor looks like one that is."""


def new_reference() -> str:
    """Return a new random reference of eight characters (25^8, about 150 thousand million)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalise_code(typed: str) -> str | None:
    """Return a code as it is kept, or None if what was typed cannot be one.

    Case, width, spaces and whatever is no letter or digit do not matter: "7kq4-9crb." is 7KQ49CRB.
    """
    code = _signs(typed)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def read_code(typed: str) -> str | None:
    """Return a code as normalise_code does, where nothing but a code is asked for.

    What looks like a sign of a code is taken as that: "7KO4 9CRB" is 7KQ49CRB. Always as the same
    one, whichever codes exist: the answer must not tell a stranger that. Most surnames of eight
    letters would be codes so.
    """
    return normalise_code(_signs(typed).translate(LOOKS_LIKE))


def read_misread_code(typed: str) -> str | None:
    """Return a code as read_code does, if what was typed is nothing else that a caller can say.

    It stands as codes do, in eight or four and four, with a letter and a digit: no name, no date.
    """
    groups = typed.replace("-", " ").split()
    signs = _signs(typed)
    is_mixed = any(sign.isdigit() for sign in signs) and any(sign.isalpha() for sign in signs)
    stands_so = [len(_signs(group)) for group in groups] in ([LENGTH], [LENGTH // 2] * 2)
    return read_code(typed) if is_mixed and stands_so else None


def format_code(code: str) -> str:
    """Return a code in two groups of four, as people read and type it."""
    return f"{code[:4]} {code[4:]}"


def _signs(typed: str) -> str:
    usual = tidy(unicodedata.normalize("NFKC", typed[:64])).upper()
    return "".join(letter for letter in usual if letter.isalnum())
