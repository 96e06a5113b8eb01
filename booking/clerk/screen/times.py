"""Where the caller travels from, what they want, and the places that have such times."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from booking.clerk.screen.case import Case
from booking.models import Referral
from booking.search import criteria, places
from booking.search.criteria import Wanted
from booking.search.places import PlaceTimes
from notifications.wording.dates import LONDON
from sites.postcodes import Origin

PLACES, TIMES = 12, 5
TICKED = ("daypart", "kind", "need")
"""Filters of which more than one may be ticked."""


@dataclass(frozen=True)
class Times:
    """The search form as it was sent, what could not be read of it, and the places found."""

    referral: Referral
    origin: Origin | None
    wanted: Wanted
    errors: Mapping[str, str]
    places: list[PlaceTimes]
    is_change: bool

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set, or wrong, so that the filters are shown open."""
        wanted = self.wanted
        ticked = wanted.dayparts or wanted.kinds or wanted.needs or wanted.weekend
        return bool(ticked or self.errors)


def show_times(
    query: QueryDict, case: Case, chosen: Referral, origin: Origin | None, *, find: bool
) -> Times:
    """Return the times that the address asks for; none, unless we `find` them and know from where.

    Of filters that cannot be read none is used.
    """
    wanted, errors = _read_filters(query, chosen, case.now)
    found = []
    if origin and find:
        found = places.places(origin, wanted, now=case.now, limit=PLACES, times=TIMES)
    is_change = case.appointment_to_come(chosen) is not None
    return Times(chosen, origin, wanted, errors, found, is_change)


def _read_filters(
    query: QueryDict, referral: Referral, now: datetime
) -> tuple[Wanted, Mapping[str, str]]:
    today, modality = now.astimezone(LONDON).date(), referral.exam.modality
    ticked = {name: query.getlist(name) for name in TICKED}
    try:
        return criteria.read(modality, query, ticked, today), {}
    except criteria.NotUnderstood as wrong:
        return criteria.read(modality, {}, {}, today), wrong.errors
