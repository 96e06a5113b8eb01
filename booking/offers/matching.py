"""Who gets which slot: a small matching, class by class. Pure.

A loop that gives each in turn the best that is left strands people whom one swap would have
placed. Here each class of urgency is solved as a whole, the most pressing first, so that no sum of
minutes outweighs a day of somebody with suspected cancer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from booking.models import Referral

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


def costs_of(person: Person, fits: Sequence[Fit]) -> "NDArray[np.int64]":
    """Return what it costs that a person gets each of these slots, which fit."""
    days = np.fromiter((fit.day.toordinal() for fit in fits), np.int64, len(fits))
    minutes = np.fromiter((fit.minutes + fit.days_moved for fit in fits), np.int64, len(fits))
    late = np.maximum(days - person.last_day.toordinal(), 0)
    return late * LATE_DAY + minutes * MINUTE


def costs_left_out(people: Sequence[Person], dearest: int) -> list[int]:
    """Return what it costs to leave out each of these, who are in the order of their keys.

    `dearest` is what the dearest of all their slots costs. To leave one out costs more than all
    that it could make room for, and the more the nearer their last day; of two alike the one who
    comes first.
    """
    latest = max(one.last_day for one in people)
    pressing = [(latest - one.last_day).days * SOONER_LAST_DAY for one in people]
    all_else = (dearest + max(pressing) + MINUTE) * len(people)
    return [all_else + days + len(people) - n for n, days in enumerate(pressing)]


def _match_class(people: list[Person], slots: list[int]) -> dict[int, int]:
    """Return who of one class gets which of these slots."""
    if not people or not slots:
        return {}
    # Half a second and 40 MB, which only who matches should pay for.
    from scipy.optimize import linear_sum_assignment

    prices = [costs_of(one, list(one.pairs.values())) for one in people]
    left_out = costs_left_out(people, max(int(own.max(initial=0)) for own in prices))
    # A pair that does not fit costs what leaving out costs, and is no pair in the answer. With as
    # many columns as people everybody has one, so that leaving out is paid for.
    width = max(len(slots), len(people))
    costs = np.repeat(np.array(left_out, dtype=np.float64)[:, None], width, axis=1)
    column = {pk: n for n, pk in enumerate(slots)}
    for row, (person, own) in enumerate(zip(people, prices, strict=True)):
        there = np.fromiter((column.get(pk, -1) for pk in person.pairs), np.int64, len(own))
        costs[row, there[there >= 0]] = own[there >= 0]
    rows, columns = linear_sum_assignment(costs)
    found = ((people[row], int(n)) for row, n in zip(rows, columns, strict=True))
    return {
        person.id: slots[n] for person, n in found if n < len(slots) and slots[n] in person.pairs
    }
