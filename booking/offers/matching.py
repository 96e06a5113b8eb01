"""Who gets which slot: a small matching, class by class. Pure.

A loop that gives each in turn the best that is left strands people whom one swap would have
placed. Here each class of urgency is solved as a whole, the most pressing first, so that no sum of
minutes outweighs a day of somebody with suspected cancer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from booking.models import Referral

Numbers = NDArray[np.int64]

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


@dataclass(frozen=True, eq=False)
class Fits(Mapping[int, Fit]):
    """What each of somebody's slots would mean for them, as columns: a clinic's people have a
    million such pairs, and a loop over them takes longer than the matching.

    `slots` are in the order of their keys; `days` are ordinals.
    """

    slots: Numbers
    minutes: Numbers
    days_moved: Numbers
    days: Numbers

    @classmethod
    def of(cls, pairs: Mapping[int, Fit]) -> "Fits":
        """Return the same pairs as columns."""
        if isinstance(pairs, cls):
            return pairs
        rows = [
            (pk, fit.minutes, fit.days_moved, fit.day.toordinal())
            for pk, fit in sorted(pairs.items())
        ]
        return cls(*np.array(rows, np.int64).reshape(-1, 4).T)

    def __getitem__(self, slot: int) -> Fit:
        """Return what one slot would mean. Raises KeyError of one that does not fit."""
        n = int(np.searchsorted(self.slots, slot))
        if n == len(self.slots) or self.slots[n] != slot:
            raise KeyError(slot)
        day = date.fromordinal(int(self.days[n]))
        return Fit(int(self.minutes[n]), int(self.days_moved[n]), day)

    def __iter__(self) -> Iterator[int]:
        """Yield the keys of the slots."""
        return iter(self.slots.tolist())

    def __len__(self) -> int:
        """Return how many slots fit."""
        return len(self.slots)


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


def costs_of(person: Person, fits: Fits) -> Numbers:
    """Return what it costs that a person gets each of these slots, which fit."""
    late: Numbers = np.maximum(fits.days - person.last_day.toordinal(), 0)
    return late * LATE_DAY + (fits.minutes + fits.days_moved) * MINUTE


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

    own_slots = [Fits.of(one.pairs) for one in people]
    prices = [costs_of(one, own) for one, own in zip(people, own_slots, strict=True)]
    left_out = costs_left_out(people, max(int(own.max(initial=0)) for own in prices))
    # A pair that does not fit costs what leaving out costs, and is no pair in the answer. With as
    # many columns as people everybody has one, so that leaving out is paid for.
    width = max(len(slots), len(people))
    costs = np.repeat(np.array(left_out, dtype=np.float64)[:, None], width, axis=1)
    in_order = np.array(slots, np.int64)
    for row, (own, price) in enumerate(zip(own_slots, prices, strict=True)):
        column = np.minimum(np.searchsorted(in_order, own.slots), len(slots) - 1)
        is_there = in_order[column] == own.slots
        costs[row, column[is_there]] = price[is_there]
    rows, columns = linear_sum_assignment(costs)
    found = ((people[row], int(n)) for row, n in zip(rows, columns, strict=True))
    return {
        person.id: slots[n] for person, n in found if n < len(slots) and slots[n] in person.pairs
    }
