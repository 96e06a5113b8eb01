"""Small numbers: what of the figures is said to whom, so that nobody reads of a few people.

Source: NHS England's rule for hospital episodes: counts below the network of 1 to 7 are `*`, others
go to the nearest 5, zero is shown, percentages are of the rounded counts. Trusts see their own as
they are. docs/insights.md says what this protects and what it does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from booking.clerk.permissions import Action, may
from booking.models import Staff
from insights.dm01.providers import all_now, successors, trusts_now
from insights.reading import Filters
from sites import places

SMALL, NEAREST = 7, 5
HIDDEN = "*"
MIDDLE = 4
"""What a number of 1 to 7 counts as in a sum, whichever it is; it is out by at most 3."""
MOST_OUT = 3
A_TENTH = 10
OF_OTHERS = {"trust", "modality"}
"""All that another trust's figures may be asked by: its places and people are its own."""


@dataclass(frozen=True)
class Seen:
    """How somebody sees a table: at all, as it is, or rounded.

    Of what is not `exact` each number is rounded_sum() of its parts: one for each value of the
    fields that `parts` names.
    """

    is_shown: bool
    exact: bool
    parts: tuple[str, ...] = ()


NOTHING = Seen(is_shown=False, exact=False)
AS_IT_IS = Seen(is_shown=True, exact=True)
ROUNDED = Seen(is_shown=True, exact=False, parts=("trust", "modality"))


def seen_by(staff: Staff | None, filters: Filters, old: dict[str, str] | None = None) -> Seen:
    """Decide how this person sees the figures of these filters; None is everybody.

    One's own trust's, and those of its places, are exact, whatever else is asked. The network's are
    rounded for whoever is not of all its trusts. Another trust's are for who may compare, rounded,
    and by month and scan alone; its places are not shown. Trusts are those of now; `old` says of a
    code what came after it, read here unless it is given.
    """
    table = successors() if old is None else old
    own = all_now(staff.trust_codes, table) if staff else frozenset()
    asked = filters.asked()
    place = places.table().by_id.get(filters.site) if filters.site is not None else None
    asked_of = [filters.trust, place.trust if place else None]
    whose = all_now([one for one in asked_of if one], table)
    if whose & own or (own and own >= set(trusts_now(table))):
        return AS_IT_IS
    if "site" not in asked and "trust" not in asked:
        return ROUNDED
    is_compared = "trust" in asked and asked.keys() <= OF_OTHERS
    if is_compared and staff is not None and may(staff, Action.COMPARE):
        return ROUNDED
    return NOTHING


def is_small(n: int) -> bool:
    """Return whether a number is not said to others."""
    return 1 <= n <= SMALL


def rounded(n: int) -> int | None:
    """Return a number as others may see it, to the nearest 5; None where it is not said.

    Each number by itself: 7 is not said, 8 is 10, 12 is 10, 13 is 15. Raises ValueError below 0.
    """
    if n < 0:
        raise ValueError(f"{n} is no count")
    return None if is_small(n) else _nearest(n)


def rounded_sum(parts: Iterable[int]) -> int | None:
    """Return the sum of several numbers as others may see it; None where it is not said.

    A part of 1 to 7 counts as 4, whichever it is: so the sum says no more of it than its own `*`,
    also to who knows all the others and takes them away. Where such parts could put the sum out
    by more than a tenth it is not said. Of one part it is what rounded() says.
    """
    some = list(parts)
    if any(n < 0 for n in some):
        raise ValueError("a count is below zero")
    small = sum(1 for n in some if is_small(n))
    about = _nearest(sum(MIDDLE if is_small(n) else n for n in some))
    return about if MOST_OUT * small * A_TENTH <= about else None


def count(n: int, exact: bool) -> str:
    """Return a number in figures: as it is, or as others may see it."""
    return _figures(n if exact else rounded(n))


def percent(top: int, bottom: int, exact: bool) -> str:
    """Return a share in percent: of the numbers as they are, or of the rounded ones.

    Empty where there is nothing to divide by.
    """
    return say_percent(top, bottom) if exact else say_percent(rounded(top), rounded(bottom))


def say_percent(top: int | None, bottom: int | None) -> str:
    """Return a share of two numbers as they may be seen: None is one that is not said."""
    if top is None or bottom is None:
        return HIDDEN
    return f"{100 * top / bottom:.1f}%" if bottom else ""


def mean(total: int, n: int, exact: bool) -> str:
    """Return what each of `n` has of a total: of others' in whole units, and not of a few.

    With decimals the share of one person would show when somebody comes or goes.
    """
    if not exact and is_small(n):
        return HIDDEN
    if not n:
        return ""
    return f"{total / n:,.1f}" if exact else f"{total / n:,.0f}"


def _nearest(n: int) -> int:
    return (2 * n + NEAREST) // (2 * NEAREST) * NEAREST


def _figures(n: int | None) -> str:
    return HIDDEN if n is None else f"{n:,}"
