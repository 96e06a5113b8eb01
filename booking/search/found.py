"""What a search finds: bookable times, and the places that have them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sites.places import Place
from sites.travel import Journey


class FreeTime(NamedTuple):
    """One bookable time: the id of a slot, and when (UTC)."""

    slot: int
    start: datetime
    end: datetime


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
