"""Who gets which slot: a small matching, class by class. Pure.

A loop that gives each in turn the best that is left strands people whom one swap would have
placed. Here each class of urgency is solved as a whole, the most pressing first, so that no sum of
minutes outweighs a day of somebody with suspected cancer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from booking.models import Referral

MINUTE = 1_000
"""What a minute of travel costs; a day that the scan moves costs as much."""
LATE_DAY = 10_000 * MINUTE
"""What a day past a person's own last day costs: more than any journey."""
SOONER_LAST_DAY = 2 * LATE_DAY
"""What it costs to leave out somebody whose last day is a day sooner than another's, rather than
that other: more than how much later they would be."""
CLASSES = list(Referral.Urgency.values)
"""Most pressing first."""


@dataclass(frozen=True)
class Fit:
    """What a slot would mean for a person: minutes of travel, the days that their scan moves, and
    its day in England."""

    minutes: int
    days_moved: int
    day: date


@dataclass(frozen=True)
class Person:
    """Somebody who needs a slot. `pairs` has only slots that fit; `last_day` is their own limit."""

    id: int
    urgency: str
    last_day: date
    pairs: Mapping[int, Fit]


def match(people: Sequence[Person], slots: Sequence[int]) -> dict[int, int]:
    """Return which of the slots each person gets, by their keys; who is left out gets none.

    Of each class as many as can be get one; of those who cannot all, whose last day is nearest;
    then with the fewest days past it, then the least travel. Of two alike the lower key is first:
    the order in which they are given says nothing.
    """
    left = sorted(set(slots))
    given: dict[int, int] = {}
    for urgency in CLASSES:
        of_class = sorted((one for one in people if one.urgency == urgency), key=lambda one: one.id)
        given |= _match_class(of_class, left)
        taken = set(given.values())
        left = [pk for pk in left if pk not in taken]
    return given


def cost_of(person: Person, fit: Fit) -> int:
    """Return what it costs that a person gets a slot that fits."""
    late = max(0, (fit.day - person.last_day).days)
    return late * LATE_DAY + (fit.minutes + fit.days_moved) * MINUTE


def costs_left_out(people: Sequence[Person]) -> list[int]:
    """Return what it costs to leave out each of these, who are in the order of their keys.

    More than all the pairs together that it could make room for, and the more the nearer their last
    day; of two alike the one who comes first.
    """
    if not people:
        return []
    latest = max(one.last_day for one in people)
    dearest = max((cost_of(one, fit) for one in people for fit in one.pairs.values()), default=0)
    pressing = [(latest - one.last_day).days * SOONER_LAST_DAY for one in people]
    all_else = (dearest + max(pressing) + MINUTE) * len(people)
    return [all_else + days + len(people) - n for n, days in enumerate(pressing)]


def _match_class(people: list[Person], slots: list[int]) -> dict[int, int]:
    """Return who of one class gets which of these slots."""
    # Half a second and 40 MB, which only who matches should pay for.
    from scipy.optimize import linear_sum_assignment

    if not people or not slots:
        return {}
    left_out = costs_left_out(people)
    column = {pk: n for n, pk in enumerate(slots)}
    # A pair that does not fit costs what leaving out costs, and is no pair in the answer. With as
    # many columns as people everybody has one, so that leaving out is paid for.
    costs: Any = np.repeat(
        np.array(left_out, dtype=np.float64)[:, None], max(len(slots), len(people)), axis=1
    )
    for row, person in enumerate(people):
        for pk, fit in person.pairs.items():
            if pk in column:
                costs[row, column[pk]] = cost_of(person, fit)
    rows, columns = linear_sum_assignment(costs)
    found = ((people[row], int(n)) for row, n in zip(rows, columns, strict=True))
    return {
        person.id: slots[n] for person, n in found if n < len(slots) and slots[n] in person.pairs
    }
