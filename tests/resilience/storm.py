"""Hostile answers and kills at random: the same for the service and for the naive control."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.resilience.crew import SECOND, Crew
from tests.resilience.fake_twilio import (
    DOWN_AFTER,
    DOWN_BEFORE,
    FINE,
    GARBAGE,
    RESET_AFTER,
    RESET_BEFORE,
    TOO_MANY,
    WRONG_TOKEN,
    Fault,
)
from tests.resilience.texts import OPEN

HOSTILE = (
    *(TOO_MANY, DOWN_BEFORE, DOWN_AFTER, RESET_BEFORE, RESET_AFTER, GARBAGE) * 3,
    WRONG_TOKEN,
)
"""Time-outs have tests of their own: each takes a second of real time."""
ROUND = 20 * SECOND
LONGEST = timedelta(hours=7)
"""Of the harness's clock, from noon: after that it is night."""


@dataclass(frozen=True)
class Storm:
    """`hostile`: the share of calls that go wrong; `lag`: the most seconds that a listing lags."""

    texts: int = 60
    hands: int = 3
    kills: int = 10
    hostile: float = 0.3
    lag: int = 60
    seed: int = 1

    def write(self, write: Callable[[int], Any]) -> None:
        """Write the texts."""
        for number in range(self.texts):
            write(number)

    def treat(self, to: str, body: str, call: int) -> Fault:
        """Return what becomes of a call: it depends on nothing but the text and the try."""
        chance = random.Random(f"{self.seed}{to}{body}{call}")
        return chance.choice(HOSTILE) if chance.random() < self.hostile else FINE

    def rage(self, crew: Crew, job: str) -> None:
        """Go on round by round, killing workers, until every text has come to an end."""
        from notifications.models import Message

        chance, start = random.Random(self.seed), crew.now
        crew.fake.treat = self.treat
        crew.fake.lag = lambda sid: random.Random(f"{self.seed}{sid}").randint(0, self.lag) * SECOND
        while Message.objects.filter(state__in=OPEN).exists():
            assert crew.now - start < LONGEST, "some texts come to no end"
            crew.random_round(chance, self.hands, job, min(3, self.kills - crew.kills))
            crew.fake.report()
            crew.wait(ROUND)
