"""What the routers that a network runs itself have in common: one matrix call a search.

Whatever goes wrong ends as NoAnswer, or as a cell that is left to the road network: the patient's
page never waits longer than a second, nor shows nonsense.
"""

import hashlib
import json
import logging
import math
import re
from collections.abc import Callable, Sequence
from functools import cache
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
import requests
from django.core.cache import cache as kept

from received import trace
from sites.places import Place
from sites.postcodes import Origin
from sites.travel import embedded, roads, water
from sites.travel.breaker import Breaker
from sites.travel.journey import KM_PER_MILE, Journey, NoAnswer, straight_km
from sites.travel.network import to_grid

TIMEOUT = 1.0
"""Seconds, from the call to the last byte."""
KEPT = 6 * 60 * 60
"""Seconds that a postcode sector's answer is kept."""
SNAP_KM = 2.0
"""A point that the router moved further than this to find a road has no answer; nor does an
answer kept for one end of a large sector serve the other."""
FASTEST_KMH = 150
"""On the straight line: no car is quicker, whatever a router says."""
SLOWEST_KMH, STANDING_MINUTES = 10, 15
"""No journey is slower than a jam all the way, and a wait at a bridge or a level crossing."""
SHORTEST, SHORTEST_NEAR = 0.9, 0.5
"""Of the straight line: a road is no shorter. Within SNAP_KM an answer that is kept for the sector
may be that of a neighbour, who starts nearer."""
DETOUR, DETOUR_DRY_KM, DETOUR_WET_KM = 3, 25, 110
"""A road is no longer than three times the straight line and a way round a fell; where that line
crosses water without a bridge, a way round Morecambe Bay (Furness to Blackpool: 88 km more)."""
MAX_BYTES = 5_000_000
NOT_AN_ANSWER = (
    requests.RequestException, OSError, ValueError, LookupError, TypeError, AttributeError,
    OverflowError, RecursionError,
)  # fmt: skip
"""What reading another server's JSON may raise: of the wire, of another shape, of a number that is
too large, of lists in lists without end."""
_SECTOR = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9]")
log = logging.getLogger(__name__)

Point = tuple[float, float]
"""Latitude, longitude."""


class Answer(NamedTuple):
    """A router's answer for one origin: a cell a place (None: no way), and where the router
    put each point on its roads."""

    minutes: list[float | None]
    km: list[float | None]
    start: Point
    ends: list[Point]


class RouterRefused(Exception):
    """The router is well but says that it cannot answer this."""


class Router(NamedTuple):
    """A kind of router: its name, and how one is asked: (address, origin, places) to an Answer."""

    name: str
    ask: Callable[[str, Point, list[Point]], Answer]


def journeys(router: Router, url: str, origin: Origin, places: Sequence[Place]) -> list[Journey]:
    """Return a journey to every place, in their order. Raises NoAnswer.

    A place that the router has no usable cell for gets the road network's journey, which says so.
    """
    if not places:
        return []
    if not url:
        raise NoAnswer(f"{router.name} has no address")
    answer = _answer(router, url, origin, places)
    starts_off = _km((origin.lat, origin.lon), answer.start)
    if not starts_off <= SNAP_KM:
        raise NoAnswer(f"{router.name} moved the start {starts_off:.1f} km")
    found = [_journey(router.name, origin, place, i, answer) for i, place in enumerate(places)]
    missing = [place for place, journey in zip(places, found, strict=True) if journey is None]
    instead = {journey.site_id: journey for journey in embedded.journeys(origin, missing)}
    return [journey or instead[place.id] for place, journey in zip(places, found, strict=True)]


def _journey(
    name: str, origin: Origin, place: Place, number: int, answer: Answer
) -> Journey | None:
    """Return one cell as a journey, None if it cannot be true."""
    minutes, km = answer.minutes[number], answer.km[number]
    straight = _km((origin.lat, origin.lon), (place.lat, place.lon))
    ends_off = _km((place.lat, place.lon), answer.ends[number])
    if minutes is None or km is None or not ends_off <= SNAP_KM:
        return None
    if not (math.isfinite(minutes) and math.isfinite(km)) or min(minutes, km) < 0:
        return None
    # The router starts and ends on a road: the rest of the way is a street's.
    legs = (_km((origin.lat, origin.lon), answer.start) + ends_off) * roads.LEG_CIRCUITY
    minutes, km = minutes + legs / roads.LEG_KMH * 60, km + legs
    if not _can_drive(minutes, km, straight) or not _can_lead(origin, place, km, straight):
        return None
    return Journey(place.id, minutes, km / KM_PER_MILE, straight / KM_PER_MILE, name)


def _can_drive(minutes: float, km: float, straight: float) -> bool:
    """Whether a car can go so far in that time: neither too quick nor too slow."""
    quickest = max(straight, km) / FASTEST_KMH * 60
    return quickest <= minutes <= km / SLOWEST_KMH * 60 + STANDING_MINUTES


def _can_lead(origin: Origin, place: Place, km: float, straight: float) -> bool:
    """Whether a road between two points can be so long."""
    shortest = SHORTEST if straight > SNAP_KM else SHORTEST_NEAR
    if not straight * shortest <= km <= straight * DETOUR + DETOUR_WET_KM:
        return False
    return km <= straight * DETOUR + DETOUR_DRY_KM or _crosses_water(origin, place)


def _crosses_water(origin: Origin, place: Place) -> bool:
    (x, end_x), (y, end_y) = to_grid().transform([origin.lon, place.lon], [origin.lat, place.lat])
    return bool(water.crosses(x, y, np.array([end_x]), np.array([end_y]))[0])


def _answer(router: Router, url: str, origin: Origin, places: Sequence[Place]) -> Answer:
    """Return the kept answer of the postcode sector, or ask."""
    here, ends = (origin.lat, origin.lon), [(place.lat, place.lon) for place in places]
    key = _key(router.name, url, origin.postcode, ends)
    if key:
        start, answer = kept.get(key, (None, None))
        if answer is not None and _km(start, here) <= SNAP_KM:
            found: Answer = answer
            return found
    answer = _ask(router, url, here, ends)
    if key:
        kept.set(key, (here, answer), KEPT)
    return answer


def _ask(router: Router, url: str, here: Point, ends: list[Point]) -> Answer:
    breaker = _breaker(url)
    if not breaker.may_ask():
        raise NoAnswer(f"{router.name} did not answer lately")
    try:
        answer = router.ask(url, here, ends)
        if {len(answer.minutes), len(answer.km), len(answer.ends)} != {len(ends)}:
            raise ValueError("not as many cells as places")
    except RouterRefused as refusal:
        breaker.answered()
        raise NoAnswer(f"{router.name}: {refusal}") from None
    except NOT_AN_ANSWER as fault:
        breaker.failed()
        # The fault's own text may hold the address asked, and that holds where somebody lives.
        log.warning("%s did not answer: %s", router.name, type(fault).__name__)
        raise NoAnswer(f"{router.name} did not answer") from None
    breaker.answered()
    return answer


def fetch(method: str, url: str, **what: Any) -> Any:
    """Return the JSON that a router answers, whatever its status. Raises requests' exceptions
    and ValueError."""
    ends_at = monotonic() + TIMEOUT
    what["headers"] = {**what.get("headers", {}), **trace.headers()}
    with _session().request(method, url, timeout=TIMEOUT, stream=True, **what) as response:
        body = b""
        while piece := response.raw.read1(65536, decode_content=True):
            body += piece
            if monotonic() > ends_at or len(body) > MAX_BYTES:
                raise requests.Timeout
        return json.loads(body)


def only(rows: Any) -> Any:
    """Return the one row of a matrix from one origin. Raises ValueError for another shape."""
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], list):
        raise ValueError("not one row")
    return rows[0]


def point(lat: Any, lon: Any) -> Point:
    """Return degrees as a point. Raises ValueError for what is nowhere on the globe."""
    found = number(lat), number(lon)
    if found[0] is None or found[1] is None or not (abs(found[0]) <= 90 and abs(found[1]) <= 180):
        raise ValueError("a point is nowhere")
    return found[0], found[1]


def number(cell: Any) -> float | None:
    """Return a cell of a matrix as a number, None for null. Raises ValueError for anything else."""
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise ValueError("a cell is not a number")  # noqa: TRY004 - it is the other side's
    return float(cell)


def _key(name: str, url: str, postcode: str, ends: list[Point]) -> str | None:
    """Return what an answer is kept under: the postcode's sector, never the postcode."""
    sector = _SECTOR.match(postcode)
    if sector is None:
        return None
    asked = hashlib.sha256(repr((url, ends)).encode()).hexdigest()[:24]
    return f"travel:{name}:{sector[0].replace(' ', '-')}:{asked}"


def _km(one: Point, other: Point) -> float:
    return float(straight_km(*one, *other))


@cache
def _breaker(_url: str) -> Breaker:
    return Breaker()


@cache
def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # the router is ours: no proxy is to see who travels where
    return session
