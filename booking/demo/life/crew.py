"""Who does what in the demo's life, and when it is now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.demo.life.people import Invented
from booking.demo.life.times import Times
from booking.models import Referral, Staff

A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class Crew:
    """The demo's staff, by role, the times that are left, and now."""

    now: datetime
    clerk: Staff
    lead: Staff
    imaging: Staff
    times: Times

    def ago(self, hours: float) -> datetime:
        """Return the moment so many hours before now."""
        return self.now - hours * AN_HOUR


@dataclass(frozen=True)
class Part:
    """One invented person in a story, and their request."""

    who: Invented
    referral: Referral

    @property
    def place(self) -> int:
        """Their number in the story, from 0 on."""
        return self.who.place


def spread(part: Part) -> float:
    """Return how many hours ago something happened to them: between four, and three days."""
    return 4 + part.place % 6 * 14
