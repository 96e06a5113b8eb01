"""Which free times fit whom who lost theirs: what the matching chooses among.

Reads only, in few queries however many people there are. `now` is passed in, aware, UTC.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np

from booking.exams import fit
from booking.exams.needed import Needed, needed_of
from booking.exams.questions.asking import read_answers
from booking.models import Exam, Feed, Referral
from booking.offers.matching import Fits
from booking.search import bookable
from sites import places, postcodes
from sites.places import Place
from sites.postcodes import Origin
from sites.travel import embedded
from times.london import day_in_england

FURTHEST, FURTHER = 60.0, 30.0
"""Minutes: nobody is offered a journey that is longer than an hour, unless theirs was: then no more
than half an hour longer than that."""
SOONEST = timedelta(hours=24)
"""No time is offered that starts sooner: people must be asked, answer, and arrange their day."""
NO_WAY = -1
"""Minutes to a place that is too far."""
HORIZON = timedelta(days=42)
"""Later than six weeks after the lost time nothing is looked for: trusts feed no more."""
SPARE, AT_LEAST = 3, 300
"""How many free times are looked at: so many for each person, and never fewer than that."""


@dataclass(frozen=True)
class Seeker:
    """Somebody who needs another time. `key` is the caller's own; `start` and `site_id` are of the
    time that is lost."""

    key: int
    referral: Referral
    start: datetime
    site_id: int


class FreeSlot(NamedTuple):
    """A slot that can be had, and its day in England."""

    pk: int
    site_id: int
    start: datetime
    day: date


def fits(
    seekers: Sequence[Seeker], *, now: datetime, without: Collection[int] = ()
) -> tuple[dict[int, Fits], dict[int, FreeSlot]]:
    """Return what fits each seeker by their keys, and the slots that are spoken of.

    `without` are slots that are not to be had: somebody else gets them.
    """
    groups: dict[tuple[int, Needed], list[Seeker]] = defaultdict(list)
    exams: dict[int, Exam] = {}
    read_answers([one.referral for one in seekers])
    for one in seekers:
        exams[one.referral.exam_id] = one.referral.exam
        groups[one.referral.exam_id, needed_of(one.referral, now=now)].append(one)
    told = {feed.trust_id for feed in Feed.objects.all() if not feed.is_unknown(now)}
    ways = Ways()
    pairs: dict[int, Fits] = {}
    slots: dict[int, FreeSlot] = {}
    for (exam, needed), group in groups.items():
        near = [place for place in places.places_with(exams[exam].modality) if place.trust in told]
        reach = {one.key: ways.from_home(one, near) for one in group}
        free = _free(exams[exam], needed, group, reach.values(), now, without)
        slots |= {slot.pk: slot for slot in free}
        columns = _Columns(free)
        for one in group:
            pairs[one.key] = columns.fits(one, reach[one.key])
    return pairs, slots


class Ways:
    """How long people travel, each postcode looked up once. Our own roads answer, in memory."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._homes: dict[str, Origin | None] = {}
        self._minutes: dict[tuple[Origin, tuple[int, ...]], dict[int, float]] = {}

    def from_home(self, one: Seeker, near: Sequence[Place]) -> dict[int, float]:
        """Return the minutes to each place that a seeker can be asked to go to; from where they
        live, else from the place that is lost."""
        lost = places.get(one.site_id)
        home = self._home(one.referral.patient.postcode)
        if home is None:
            home = Origin(lost.postcode, lost.lat, lost.lon, approximate=False)
        there = [*near, lost]
        asked = home, tuple(place.id for place in there)
        if asked not in self._minutes:
            found = embedded.journeys(home, there)
            self._minutes[asked] = {way.site_id: way.minutes for way in found}
        minutes = self._minutes[asked]
        furthest = max(FURTHEST, minutes[lost.id] + FURTHER)
        return {site: way for site, way in minutes.items() if way <= furthest}

    def _home(self, postcode: str) -> Origin | None:
        if postcode not in self._homes:
            try:
                self._homes[postcode] = postcodes.find(postcode) if postcode else None
            except postcodes.PostcodeError:
                self._homes[postcode] = None
        return self._homes[postcode]


def _free(
    exam: Exam,
    needed: Needed,
    group: Sequence[Seeker],
    reach: Iterable[dict[int, float]],
    now: datetime,
    without: Collection[int],
) -> list[FreeSlot]:
    sites = set().union(*reach)
    latest = max(one.start for one in group) + HORIZON
    soonest = max(now + SOONEST, fit.earliest_start(exam, now=now))
    slots = bookable.free(
        needed, now, site__in=sites, site__closed=False, start__gte=soonest, start__lt=latest
    )
    can = fit.fitting(slots, exam, needed=needed, now=now)
    most = max(AT_LEAST, SPARE * len(group)) + len(without)
    rows = can.order_by("start", "pk").values_list("pk", "site", "start")[:most]
    return [FreeSlot(*row, day_in_england(row[2])) for row in rows if row[0] not in without]


class _Columns:
    """Free slots of one search, by their keys in order: where and on which day each is."""

    def __init__(self, free: Sequence[FreeSlot]) -> None:
        """Take the slots apart."""
        by_key = sorted(free)
        self.sites = sorted({slot.site_id for slot in free})
        place = {site: n for n, site in enumerate(self.sites)}
        self.slots = np.array([slot.pk for slot in by_key], np.int64)
        self.site = np.array([place[slot.site_id] for slot in by_key], np.int64)
        self.days = np.array([slot.day.toordinal() for slot in by_key], np.int64)

    def fits(self, one: Seeker, reach: dict[int, float]) -> Fits:
        """Return those at places within reach of a seeker, with what each would mean for them."""
        way = np.array([round(reach.get(site, NO_WAY)) for site in self.sites], np.int64)
        minutes = way[self.site] if self.sites else self.site
        near = minutes != NO_WAY
        days = self.days[near]
        moved = np.abs(days - day_in_england(one.start).toordinal())
        return Fits(self.slots[near], minutes[near], moved, days)
