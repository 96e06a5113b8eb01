"""How far moments may lie that other systems send.

A datetime ends at the years 1 and 9999, and so does every sum with it: another zone, a day more.
"""

from datetime import UTC, datetime

FIRST = datetime(1900, 1, 1, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)


def is_usual(moment: datetime) -> bool:
    """Return whether a moment, aware, is near enough for anything to be worked out with it."""
    return FIRST <= moment < LAST


def bring_near(moment: datetime) -> datetime:
    """Return a moment, or the first or last that we work with: to search from, or up to.

    "Since the year 1" means since ever, and finds the same.
    """
    return min(max(moment, FIRST), LAST)
