"""Who gets which slot: a small matching, class by class. Pure.

A loop that gives each in turn the best that is left strands people whom one swap would have
placed. Here each class of urgency is solved as a whole, the most pressing first, so that no sum of
minutes outweighs a day of somebody with suspected cancer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Fit:
    """What a slot would mean for a person: minutes of travel, the days that their scan moves."""

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
    """Return which of the slots each person gets, by their keys; who is left out gets none."""
    raise NotImplementedError
