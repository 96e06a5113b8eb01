"""Who the invented people are: shares by decile of deprivation, age and needs."""

from insights.demo.line import Cells, cut
from insights.demo.story import KINDS
from insights.models.figures import Age

Person = tuple[int, int]
"""Decile, and age as Age has it."""
DECILES = {
    "RXL": (4, 24, 14, 11, 10, 9, 8, 7, 5, 5, 3),
    "RXR": (4, 21, 14, 12, 10, 9, 8, 7, 6, 5, 4),
    "RXN": (4, 12, 10, 10, 10, 11, 11, 10, 9, 7, 6),
    "RTX": (4, 9, 9, 10, 11, 12, 12, 11, 9, 7, 6),
}
"""Unknown first, then from the most deprived tenth on."""
ANY = (4, 15, 12, 11, 10, 10, 10, 9, 8, 6, 5)
NEEDS = ((1, 70), (2, 35), (3, 8), (4, 55), (5, 14), (6, 5), (7, 2), (0, 811))
"""Bits of Needs, in thousandths."""
ONE_NEED = ((1, 75), (2, 40), (4, 60), (0, 825))
ONE_AGE = (Age.OLDER, Age.OLD, Age.MIDDLE, Age.OLDER, Age.YOUNG, Age.OLD, Age.MIDDLE)
"""Where only a few rows are wanted: by decile, in turn."""
LATE_BAND = "06"
WORSE = 0.05
"""How much more of those who wait long each more deprived decile has than the next."""


def cut_by_person(
    count: int, trust: str, modality: str, group: str, *, fine: bool
) -> Cells[Person]:
    """Return people by decile and age: `fine` each decile by all ages, else each by one."""
    deciles = cut(count, _deciles(trust, group))
    ages = list(enumerate(KINDS[modality].ages, 1))
    if fine:
        return [((decile, age), n) for decile, some in deciles for age, n in cut(some, ages)]
    return [((decile, ONE_AGE[decile % len(ONE_AGE)]), n) for decile, n in deciles]


def cut_by_needs(count: int, *, fine: bool) -> Cells[int]:
    """Return people by what they need; not `fine`, by one need each."""
    return cut(count, NEEDS if fine else ONE_NEED)


def _deciles(trust: str, group: str) -> list[tuple[int, float]]:
    shares = DECILES.get(trust, ANY)
    if not (group.isdigit() and group >= LATE_BAND):
        return list(enumerate(shares))
    return [(tenth, share * (1 + WORSE * (5 - tenth))) for tenth, share in enumerate(shares)]
