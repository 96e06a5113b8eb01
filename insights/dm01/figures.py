"""The figures of one provider, month and test: what is published, and what we count."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from insights.dm01.catalogue import BANDS, SIX, THIRTEEN


@dataclass(frozen=True)
class Figures:
    """How many wait, by band and in all, and how many tests were done.

    What is not known is None (a band: is not there), and stays so in a sum: part of a sum would
    look like all of it.
    """

    bands: Mapping[str, int] = field(default_factory=dict)
    waiting: int | None = None
    over_six: int | None = None
    over_thirteen: int | None = None
    waiting_list_activity: int | None = None
    planned_activity: int | None = None
    unscheduled_activity: int | None = None
    activity: int | None = None

    def __add__(self, other: "Figures") -> "Figures":
        """Return both together."""
        bands = {
            band: n + other.bands[band] for band, n in self.bands.items() if band in other.bands
        }
        numbers = {
            name: None if mine is None or theirs is None else mine + theirs
            for name in NUMBERS
            for mine, theirs in [(getattr(self, name), getattr(other, name))]
        }
        return Figures(bands, **numbers)

    @property
    def booked_activity(self) -> int | None:
        """Tests that were booked: without the unscheduled ones, which never are with us.

        All of them where an older layout does not say which were.
        """
        parts = (self.waiting_list_activity, self.planned_activity)
        return self.activity if None in parts else sum(one or 0 for one in parts)


NUMBERS = tuple(one.name for one in fields(Figures) if one.name != "bands")
NOTHING = Figures(dict.fromkeys(BANDS, 0), **dict.fromkeys(NUMBERS, 0))
"""Of a test that a provider did not do in a month that is known: it has no row."""


def of_waiting(bands: Mapping[str, int]) -> dict[str, int]:
    """Return how many wait in all, six weeks or more, and thirteen or more, of all bands."""
    return {
        "waiting": sum(bands.values()),
        "over_six": sum(bands[band] for band in SIX),
        "over_thirteen": sum(bands[band] for band in THIRTEEN),
    }
