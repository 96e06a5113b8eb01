"""The chain of people whom an alert goes through, until one of them acknowledges it.

Places, not people: who stands at one is looked up when its turn comes (booking/alerts/rota.py), so
that nobody is told whose shift is over. Each place has the minutes until the next is told.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from booking.alerts.rota import Duty
from booking.models import Shift

PAGE_VERSION = 1
"""Of every text to staff: each has a reference of its own, and no newer version."""
NOBODY_AGAIN = timedelta(minutes=15)
"""When nobody can be reached at any place, how long until the rota is looked at again."""

Chain = list[tuple[str, int]]


class Step(NamedTuple):
    """One step of a chain: who is told, who was passed over, and where it stands after it."""

    told: Duty | None
    passed_over: list[Duty]
    level: int
    round: int
    next_at: datetime


def as_set() -> Chain:
    """Return the chain that an alert takes a copy of, as the settings have it."""
    return list(zip(Shift.Level.values, settings.ALERT_CHAIN_MINUTES, strict=True))


def has_ended(round: int) -> bool:
    """Whether everybody has been told as often as the settings say."""
    return round >= settings.ALERT_ROUNDS


def step(
    chain: Chain, level: int, round: int, duties: Mapping[str, Duty], *, now: datetime
) -> Step:
    """Return the step of an alert whose turn has come.

    Whoever cannot be texted is passed over at once. A round in which nobody can be is none: it is
    tried again, so that a night without a rota does not use up the rounds.
    """
    order = list(range(level, len(chain))) + list(range(level))
    passed_over: list[Duty] = []
    for at in order:
        duty = duties[chain[at][0]]
        if not duty.why_not:
            after = at + 1
            rounds = round + (at < level) + (after == len(chain))
            wait = timedelta(minutes=chain[at][1])
            return Step(duty, passed_over, after % len(chain), rounds, now + wait)
        passed_over.append(duty)
    return Step(None, passed_over, level, round, now + NOBODY_AGAIN)
