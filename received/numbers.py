"""Whole numbers that come in: ids, counts and lengths, which programs write."""

LARGEST = 2**63 - 1
"""Ids are 64-bit, on both databases."""
_DIGITS = len(str(LARGEST))


def whole_number(typed: str, least: int = 0, most: int = LARGEST) -> int | None:
    """Return a number from `least` to `most`, None for anything else.

    Only 0 to 9: Python takes digits of every alphabet for numbers, and fails at "²", which it
    calls a digit. What people type themselves (NHS numbers, phones, codes in a reply) is read in
    every alphabet, by the functions for those.
    """
    if not (typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS):
        return None
    number = int(typed)
    return number if least <= number <= most else None
