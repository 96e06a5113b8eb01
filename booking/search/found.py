"""What a search finds: bookable times, and the places that have them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sites.places import Place
from sites.travel import Journey


class FreeTime(NamedTuple):
    """One bookable time: the id of its first slot, and when (UTC).

    `start` and `end` are of the first visit, whatever slots it takes; of a scan in two visits the
    second is on the same day at the same place, otherwise None.
    """

    slot: int
    start: datetime
    end: datetime
    second_start: datetime | None = None
    second_end: datetime | None = None

    def visits(self) -> list[tuple[datetime, datetime]]:
        """Return from when to when the patient would be there: one visit, or two."""
        first = (self.start, self.end)
        if self.second_start is None or self.second_end is None:
            return [first]
        return [first, (self.second_start, self.second_end)]


@dataclass(frozen=True)
class SiteAvailability:
    """A place, how far it is, and its next free times in order.

    `availability` is some, none, or unknown (the trust's feed is too old to trust: phone).
    `checked_at` is when the trust last told us, None if never; `late` if that is long ago.
    """

    place: Place
    journey: Journey
    availability: str
    checked_at: datetime | None
    late: bool
    times: list[FreeTime]
