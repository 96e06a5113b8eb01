"""Places with their next free times: reads only.

Sites are ranked by travel first, in memory; then one query finds the first free times of the
shortlisted sites, so that a search costs what it shows, not what the table holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from booking.exams import fit
from booking.exams.able import sites_that_can
from booking.exams.needed import NOTHING, Needed
from booking.identifiers.dates import two_years_on
from booking.models import Exam, Feed, Slot
from booking.search import by_site, free_times, freshness, two_visits, ways_home
from booking.search.addresses import Address, by_address, choose, how_many
from booking.search.bookable import by_start, narrowed
from booking.search.criteria import DAYS_SHOWN, SearchCriteria
from booking.search.found import FreeTime, SiteAvailability
from sites import places as site_places
from sites import travel
from sites.models import MODALITIES
from sites.places import Place
from sites.postcodes import Origin
from sites.travel import Journey
from times.london import LONDON

MAX_QUERIES = 4
"""A sparse search widens its shortlist by doubling, at most this often."""
SOONEST_AMONG = 80
"""Sorting by soonest looks at this many of the nearest places."""
ALTERNATIVES = 3
"""Times that are offered to somebody who lost one."""
DAYS_A_PAGE = 10
"""Dates with free times on one page of one place (NBS: far fewer people then look for more)."""

AS_SAID = 0.5
"""Minutes: pages say the nearest whole one, so that 30.4 minutes are 30."""
MICROSECOND = timedelta(microseconds=1)
NO_LATER: Mapping[int, datetime] = MappingProxyType({})
"""Times of no place are to be later than the first."""


@dataclass(frozen=True)
class NextTime:
    """The next free time of one modality at one place; availability as PlaceTimes has it."""

    modality: str
    availability: str
    first: FreeTime | None


def places(
    origin: Origin, wanted: SearchCriteria, *, now: datetime, limit: int = 10, times: int = 5
) -> list[SiteAvailability]:
    """Return up to `limit` places that scan what is wanted, each with its first `times` times.

    Places with free times come before all others in filling the limit; the result is then in
    the order asked for: by minutes of travel, or by the first free time.
    """
    near = ways(origin, wanted)[: _first_width(wanted, limit) * 2 ** (MAX_QUERIES - 1)]
    found, _ = _search([[journey] for journey in near], wanted, now, limit, times)
    return [door for address in found for door in address.doors]


def addresses(
    origin: Origin, wanted: SearchCriteria, *, now: datetime, limit: int = 10, times: int = 5
) -> list[Address]:
    """Return what `places` does, with places at one address as one of up to `limit`."""
    return _search(by_address(ways(origin, wanted)), wanted, now, limit, times)[0]


def ways(origin: Origin, wanted: SearchCriteria) -> list[Journey]:
    """Return the ways to the places that scan what is wanted and are near enough, nearest first."""
    return _near_enough(travel.rank(origin, _places_that_can(wanted)), wanted)


def how_many_near(origin: Origin, wanted: SearchCriteria) -> tuple[int, int]:
    """Return how many places scan what is wanted and are near enough; at how many addresses."""
    if wanted.within is None and not wanted.has_way_home:
        ids = [place.id for place in _places_that_can(wanted)]
    else:
        ids = [one.site_id for one in ways(origin, wanted)]
    return len(ids), how_many(ids)


@dataclass(frozen=True)
class Found:
    """Addresses with their next times. `total`: how many scan what is wanted and are near enough,
    `with_times`: how many of these have such times, `too_far`: how many are farther away."""

    addresses: list[Address]
    total: int
    with_times: int
    too_far: int


def find(
    origin: Origin,
    wanted: SearchCriteria,
    *,
    now: datetime,
    limit: int,
    times: int,
    later: Mapping[int, datetime] = NO_LATER,
) -> Found:
    """Return what `addresses` does and how many there are, asking once how far each is.

    `later`: of some sites, after which moment their times are shown; what is counted stays.
    """
    every = travel.rank(origin, _places_that_can(wanted))
    near = _near_enough(every, wanted)
    shown, feeds = _search(by_address(near), wanted, now, limit, times, later)
    total = how_many(one.site_id for one in near)
    with_times = sum(one.first_start is not None for one in shown)
    if len(shown) < total or later:
        with_times = _how_many_with_times(near, wanted, now, feeds)
    return Found(shown, total, with_times, how_many(one.site_id for one in every) - total)


def times_at(
    site_id: int,
    wanted: SearchCriteria,
    *,
    now: datetime,
    origin: Origin | None = None,
    days: int = DAYS_A_PAGE,
) -> dict[date, list[FreeTime]]:
    """Return one site's free times, by day in England, of the first `days` days that have any.

    From a known `origin` none that starts before one could be there.
    """
    by_day: dict[date, list[FreeTime]] = {}
    journey = journey_to(site_id, origin)
    earliest = _earliest(wanted, now, journey.known_minutes if journey else None)
    for free in _of_site(site_id, earliest, wanted, journey, now):
        day = free.start.astimezone(LONDON).date()
        if day not in by_day and len(by_day) == days:
            break
        by_day.setdefault(day, []).append(free)
    return by_day


def next_times(place: Place, *, now: datetime) -> tuple[list[NextTime], datetime | None]:
    """Return the next free time of each modality of a place, and when its trust last told us."""
    feed = Feed.objects.filter(trust_id=place.trust).first()
    last_day = now.astimezone(LONDON).date() + timedelta(DAYS_SHOWN)
    found = []
    for modality in (code for code in MODALITIES if code in place.modalities):
        wanted = SearchCriteria(modality, now.astimezone(LONDON).date(), last_day)
        if feed is None or feed.is_unknown(now):
            found.append(NextTime(modality, "unknown", None))
            continue
        where = {"site_id": place.id, "start__gte": _earliest(wanted, now)}
        soon = by_start(narrowed(wanted, now, **where)).order_by("start")
        first = free_times.read_times(soon[:1], wanted, now)
        found.append(NextTime(modality, "some" if first else "none", first[0] if first else None))
    return found, feed.checked_at if feed else None


def day_after(by_day: dict[date, list[FreeTime]], days: int = DAYS_A_PAGE) -> date | None:
    """Return where the next page of `times_at` starts, None if this was the last."""
    return max(by_day) + timedelta(days=1) if len(by_day) == days else None


def later_day(
    site_id: int,
    wanted: SearchCriteria,
    by_day: dict[date, list[FreeTime]],
    *,
    is_open_ended: bool,
    now: datetime,
    origin: Origin | None = None,
) -> date | None:
    """Return the first day with times after the page `by_day` of `times_at`, None if none has.

    Open-ended, also after the last day that was looked at.
    """
    first = day_after(by_day) or wanted.last_day + timedelta(days=1)
    furthest = two_years_on(now.astimezone(LONDON).date())
    last = furthest if is_open_ended else wanted.last_day
    if first > min(last, furthest):
        return None
    later = replace(wanted, first_day=first, last_day=last)
    if wanted.has_way_home:
        # Only whether there is a way home needs the way: nobody else pays for it.
        journey = journey_to(site_id, origin)
        times = _of_site(site_id, now, later, journey, now)
        start = next((free.start for free in times), None)
    else:
        start = free_times.first_start(site_id, now, later, now)
    return start.astimezone(LONDON).date() if start else None


def nearest_alternatives(
    lost: Slot,
    origin: Origin | None,
    *,
    now: datetime,
    exam: Exam | None = None,
    needed: Needed = NOTHING,
    at_once: bool = False,
) -> list[tuple[Place, FreeTime]]:
    """Return up to ALTERNATIVES free times to offer to somebody who lost one, for their exam and
    what they need of a scanner, if known.

    The times at the same place nearest to the lost one; where it has too few, the first times
    of the next nearest places (from `origin`, or from the lost place itself). `at_once` as
    SearchCriteria has it.
    """
    here = site_places.get(lost.site_id)
    day = lost.start.astimezone(LONDON).date()
    wanted = SearchCriteria(
        lost.modality,
        min(day, now.astimezone(LONDON).date()),
        day + timedelta(60),
        exam=exam,
        at_once=at_once,
        needed=needed,
    )
    earliest = _earliest(wanted, now, minutes_to(here.id, origin))
    times = free_times.around(lost, earliest, wanted, now, ALTERNATIVES)
    times.sort(key=lambda free: abs(free.start - lost.start))
    if freshness.of_trust(here.trust, now=now).unknown:
        times = []
    offers = [(here, free) for free in sorted(times[:ALTERNATIVES], key=lambda free: free.start)]
    if len(offers) < ALTERNATIVES:
        start = origin or Origin(here.postcode, here.lat, here.lon, approximate=False)
        others = places(start, wanted, now=now, limit=ALTERNATIVES + 1, times=1)
        offers += [
            (found.place, free)
            for found in others
            if found.place.id != here.id
            for free in found.times[:1]
        ]
    return offers[:ALTERNATIVES]


def journey_to(site_id: int, origin: Origin | None) -> Journey | None:
    """Return the way to a site; None where nobody knows from where."""
    return travel.rank(origin, [site_places.get(site_id)])[0] if origin else None


def journeys_to(offers: list[tuple[Place, FreeTime]], origin: Origin | None) -> dict[int, Journey]:
    """Return the way to each place of some offers by its number; none where nobody knows from
    where."""
    if origin is None:
        return {}
    return {one.site_id: one for one in travel.rank(origin, [place for place, _ in offers])}


def minutes_to(site_id: int, origin: Origin | None) -> float | None:
    """Return the minutes to a site; None where nobody knows from where, or no way was found."""
    journey = journey_to(site_id, origin)
    return journey.known_minutes if journey else None


def _search(
    grouped: list[list[Journey]],
    wanted: SearchCriteria,
    now: datetime,
    limit: int,
    times: int,
    later: Mapping[int, datetime] = NO_LATER,
) -> tuple[list[Address], Mapping[str, Feed]]:
    """Return up to `limit` of these groups of journeys, each an address with its free times, and
    the feeds as they were read for it.

    One query for as many of the nearest as are shown; more where these have too few.
    """
    feeds = freshness.feeds()
    width = _first_width(wanted, limit)
    described: list[Address] = []
    for _ in range(MAX_QUERIES):
        groups = grouped[len(described) : width]
        journeys = [one for group in groups for one in group]
        found = _first_times(journeys, wanted, now, times, later)
        described += [
            Address(tuple(_describe(one, found[one.site_id], feeds, now) for one in group))
            for group in groups
        ]
        filled = sum(one.first_start is not None for one in described)
        if len(described) == len(grouped) or filled >= limit:
            break
        width *= 2
    return choose(described, wanted.sort, limit), feeds


def _first_width(wanted: SearchCriteria, limit: int) -> int:
    """Return at how many of the nearest a search looks first."""
    return SOONEST_AMONG if wanted.sort == "soonest" else limit


def _of_site(
    site_id: int, earliest: datetime, wanted: SearchCriteria, journey: Journey | None, now: datetime
) -> Iterator[FreeTime]:
    """Yield the free times of one site at the end of a journey, if it is known, the first first."""
    for free in free_times.of_site(site_id, earliest, wanted, now):
        if not wanted.has_way_home or journey is None or ways_home.has_way_home(journey, free):
            yield free


def _places_that_can(wanted: SearchCriteria) -> list[Place]:
    """Return the places that scan what is wanted, at a scanner that can."""
    scan = site_places.places_with(wanted.modality, wanted.kinds, wanted.needs, wanted.opening)
    can = sites_that_can(wanted.exam, wanted.needed) if wanted.exam else None
    return [place for place in scan if can is None or place.id in can]


def _earliest(wanted: SearchCriteria, now: datetime, minutes: float | None = None) -> datetime:
    """Return when a time may start at the soonest, at a place that is so many minutes away."""
    return now if wanted.at_once else fit.earliest_start(wanted.exam, now=now, travel=minutes)


def _near_enough(journeys: list[Journey], wanted: SearchCriteria) -> list[Journey]:
    """Return those that are no farther than wanted; none without a known way, if that counts."""
    if wanted.within is not None:
        return [one for one in journeys if one.minutes <= wanted.within + AS_SAID]
    if wanted.has_way_home:
        return [one for one in journeys if one.known_minutes is not None]
    return journeys


def _how_many_with_times(
    journeys: Sequence[Journey], wanted: SearchCriteria, now: datetime, feeds: Mapping[str, Feed]
) -> int:
    """Return how many addresses at the end of these journeys have a time that is wanted."""
    told = {trust for trust, feed in feeds.items() if not feed.is_unknown(now)}
    asked = [one for one in journeys if site_places.get(one.site_id).trust in told]
    if two_visits.takes_two(wanted) or wanted.has_way_home:
        found = _first_times(asked, wanted, now, 1)
        return how_many(site for site, times in found.items() if times)
    return how_many(by_site.with_times(_soonest(asked, wanted, now), wanted, now))


def _first_times(
    journeys: Sequence[Journey],
    wanted: SearchCriteria,
    now: datetime,
    times: int,
    later: Mapping[int, datetime] = NO_LATER,
) -> dict[int, list[FreeTime]]:
    """Return the first free times at the end of each of these journeys, in one query; in some more
    where there must be a way home."""
    soonest = _soonest(journeys, wanted, now)
    for site in soonest.keys() & later.keys():
        soonest[site] = max(soonest[site], later[site] + MICROSECOND)

    def read(soonest: Mapping[int, datetime], times: int) -> dict[int, list[FreeTime]]:
        if two_visits.takes_two(wanted):
            return two_visits.first_of_sites(soonest, wanted, now=now, times=times)
        return free_times.first_of_sites(soonest, wanted, now, times)

    if wanted.has_way_home:
        return ways_home.first_of_sites(journeys, soonest, read, times=times)
    return read(soonest, times)


def _soonest(
    journeys: Sequence[Journey], wanted: SearchCriteria, now: datetime
) -> dict[int, datetime]:
    """Return, of each site at the end of these journeys, when a time may start at the soonest."""
    return {one.site_id: _earliest(wanted, now, one.known_minutes) for one in journeys}


def _describe(
    journey: Journey, times: list[FreeTime], feeds: Mapping[str, Feed], now: datetime
) -> SiteAvailability:
    place = site_places.get(journey.site_id)
    fresh = freshness.of_feed(feeds.get(place.trust), now)
    if fresh.unknown:
        return SiteAvailability(place, journey, "unknown", fresh.checked_at, True, [])
    availability = "some" if times else "none"
    return SiteAvailability(place, journey, availability, fresh.checked_at, fresh.late, times)
