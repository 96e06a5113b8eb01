"""Minutes over the region's main roads: the default engine.

A trip is a leg to a road, the quickest way over the network, and a leg from a road to the place.
Legs start at the nearest junctions, or anywhere along the nearest roads that one can turn into,
never across water. Short trips may also go direct. Legs are geopy's great circles: within 0.33%
of its geodesics here, and six times quicker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from operator import attrgetter
from threading import Lock
from typing import NamedTuple

import numpy as np
from geopy.distance import great_circle

from sites.places import Place, Table, at_hand, before_use
from sites.postcodes import Origin
from sites.travel import water
from sites.travel.journey import KM_PER_MILE, Floats, Journey, NoAnswer, straight_km
from sites.travel.network import ROADS, Ints, network, to_grid

LEG_CIRCUITY, LEG_KMH, LEG_MINUTES = 1.35, 32, 1
"""Through built-up squares (design notes); elsewhere a leg is a lane of the network."""
DIRECT_CIRCUITY, DIRECT_KMH, DIRECT_KM = 1.4, 30, 8
JUNCTIONS = ROADSIDES = 4
TRIED = 12
"""Nearest junctions, and roads, looked at for those that water does not cut off."""
FURTHEST_KM = 30
"""From the nearest junction: further away the network has nothing to say."""
_SAMPLES = (np.arange(8) + 0.5) / 8


@dataclass(frozen=True)
class _Legs:
    """From a point to junctions of the network: which, and minutes and km to each."""

    junctions: Ints
    minutes: Floats
    km: Floats


def journeys(origin: Origin, places: Sequence[Place]) -> list[Journey]:
    """Return a journey to every place, in their order. Raises NoAnswer."""
    if not places:
        return []
    known, columns = _known(places)
    x, y = to_grid().transform(origin.lon, origin.lat)
    legs = _legs(origin.lat, origin.lon, x, y)
    through = legs.minutes[:, None] + known.minutes[legs.junctions[:, None], columns]
    way = through.argmin(axis=0)
    minutes = through[way, np.arange(len(places))]
    km = legs.km[way] + known.km[legs.junctions[way], columns]
    straight = straight_km(origin.lat, origin.lon, known.lats[columns], known.lons[columns])
    _go_direct(x, y, (known.xs[columns], known.ys[columns]), straight, minutes, km)
    if not np.isfinite(minutes).all():
        raise NoAnswer("no road leads there")
    values = (minutes.tolist(), (km / KM_PER_MILE).tolist(), (straight / KM_PER_MILE).tolist())
    # For thousands of places, twice as quick as calling Journey, which is Python.
    journey = partial(tuple.__new__, Journey)
    return list(map(journey, zip(map(_number, places), *values, repeat("roads"), repeat(()))))


@dataclass(frozen=True)
class _ToPoints:
    """From every junction (row) to every point (column), and where the points are."""

    at: dict[tuple[float, float], int]
    minutes: Floats
    km: Floats
    lats: Floats
    lons: Floats
    xs: Floats
    ys: Floats

    def columns(self, places: Sequence[Place]) -> Ints | None:
        """Return the column of each place; None if one is not among the points."""
        try:
            found = list(map(self.at.__getitem__, map(_point, places)))
        except KeyError:
            return None
        return np.array(found)


_point, _number = attrgetter("point"), attrgetter("id")  # in C: for thousands of places
_working = Lock()


def prepare(table: Table, before: Table | None = None) -> _ToPoints:
    """Work out, once for a table of places, what every search over any of them needs.

    Kept with the table, and gone with it. Of points that the table before it had, too, it is taken
    from there.
    """
    with _working:
        known: _ToPoints | None = table.answers.get(_ToPoints)
        if known is None:
            last: _ToPoints | None = before.answers.get(_ToPoints) if before else None
            points = list(dict.fromkeys(map(_point, table.places)))
            known = last if last and list(last.at) == points else _work_out(points, last)
            table.answers[_ToPoints] = known
    return known


def _carry_over(table: Table, before: Table | None) -> None:
    if before is not None and _ToPoints in before.answers:
        prepare(table, before)


before_use.append(_carry_over)


def _known(places: Sequence[Place]) -> tuple[_ToPoints, Ints]:
    """Return what is known of these places, and the column of each in it."""
    table = at_hand()
    known = None
    if table is not None and table.places:
        known = table.answers.get(_ToPoints) or prepare(table)
        columns = known.columns(places)
        if columns is not None:
            return known, columns
    # Places of no table, or some of one that has just gone: for this once.
    points = list(dict.fromkeys(map(_point, places)))
    known = _work_out(points, known)
    return known, np.array([known.at[place.point] for place in places])


def _work_out(points: list[tuple[float, float]], last: _ToPoints | None) -> _ToPoints:
    roads = network()
    minutes = np.full((len(roads.lats), len(points)), np.inf)
    km = np.full_like(minutes, np.inf)
    lats, lons = np.array(points).reshape(-1, 2).T
    xs, ys = map(np.asarray, to_grid().transform(lons, lats))
    had = {} if last is None else last.at
    kept = [column for column, point in enumerate(points) if point in had]
    if last is not None:
        before = [last.at[points[column]] for column in kept]
        minutes[:, kept], km[:, kept] = last.minutes[:, before], last.km[:, before]
    rows = np.arange(len(roads.lats))
    for column, (lat, lon) in enumerate(points):
        if (lat, lon) in had:
            continue
        try:
            legs = _legs(lat, lon, xs[column], ys[column])
        except NoAnswer:
            continue  # a list with this place has no answer, others have
        through = roads.minutes[:, legs.junctions] + legs.minutes
        best = through.argmin(axis=1)
        minutes[:, column] = through[rows, best]
        km[:, column] = (roads.km[:, legs.junctions] + legs.km)[rows, best]
    at = {point: column for column, point in enumerate(points)}
    return _ToPoints(at, minutes, km, lats, lons, xs, ys)


def _legs(lat: float, lon: float, x: float, y: float) -> _Legs:
    """Return the legs from a point (degrees, and metres). Raises NoAnswer."""
    roads, links = network(), network().links
    metres = np.hypot(roads.xs - x, roads.ys - y)
    if metres.min() > FURTHEST_KM * 1000:
        raise NoAnswer("the network is too far away")
    near, by = _nearest(metres), _roadsides(x, y)
    ends_x = np.concatenate([roads.xs[near], by.xs])
    ends_y = np.concatenate([roads.ys[near], by.ys])
    dry = ~water.crosses(x, y, ends_x, ends_y)
    kept = np.concatenate(
        [np.flatnonzero(dry[:TRIED])[:JUNCTIONS], TRIED + np.flatnonzero(dry[TRIED:])[:ROADSIDES]]
    )
    if not len(kept):
        raise NoAnswer("water cuts every road off")
    near, by = near[kept[kept < TRIED]], by.keep(kept[kept >= TRIED] - TRIED)
    heads, tails, along = links.head[by.links], links.tail[by.links], by.shares
    lats = np.concatenate([roads.lats[near], _between(roads.lats, heads, tails, along)])
    lons = np.concatenate([roads.lons[near], _between(roads.lons, heads, tails, along)])
    straight = [
        great_circle((lat, lon), end).km for end in zip(lats.tolist(), lons.tolist(), strict=True)
    ]
    minutes, km = _leg(np.array(straight), x, y, ends_x[kept], ends_y[kept])
    # A leg to the side of a road goes on to both ends of that road.
    on = np.concatenate([np.zeros(len(near)), along, 1 - along])
    leg = np.concatenate([np.arange(len(kept)), np.arange(len(near), len(kept))])
    link = np.concatenate([np.zeros(len(near), dtype=int), by.links, by.links])
    return _Legs(
        np.concatenate([near, heads, tails]),
        minutes[leg] + on * links.minutes[link],
        km[leg] + on * links.km[link],
    )


def _nearest(metres: Floats) -> Ints:
    found = np.argpartition(metres, TRIED)[:TRIED]
    return found[metres[found].argsort()]


class _Roadsides(NamedTuple):
    """The nearest points of the nearest links: which, share of the way from head to tail, where."""

    links: Ints
    shares: Floats
    xs: Floats
    ys: Floats

    def keep(self, which: Ints) -> "_Roadsides":
        return _Roadsides(self.links[which], self.shares[which], self.xs[which], self.ys[which])


def _roadsides(x: float, y: float) -> _Roadsides:
    roads, links = network(), network().links
    from_x, from_y = roads.xs[links.head], roads.ys[links.head]
    wide, high = roads.xs[links.tail] - from_x, roads.ys[links.tail] - from_y
    shares = (((x - from_x) * wide + (y - from_y) * high) / (wide**2 + high**2)).clip(0, 1)
    xs, ys = from_x + shares * wide, from_y + shares * high
    near = _nearest(np.hypot(xs - x, ys - y))
    return _Roadsides(near, shares[near], xs[near], ys[near])


def _between(values: Floats, heads: Ints, tails: Ints, share: Floats) -> Floats:
    found: Floats = values[heads] * (1 - share) + values[tails] * share
    return found


def _leg(straight: Floats, x: float, y: float, xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
    """Return minutes and km of legs of this straight length: streets where built up, else lanes."""
    on_x = ((x + (xs - x)[:, None] * _SAMPLES) // 1000).astype(int)
    on_y = ((y + (ys - y)[:, None] * _SAMPLES) // 1000).astype(int)
    built = network().built
    on_x, on_y = on_x.clip(0, built.shape[0] - 1), on_y.clip(0, built.shape[1] - 1)
    town = built[on_x, on_y].mean(axis=1)
    lane_kmh, lane_circuity = ROADS["lane"]
    street_km, lane_km = straight * town * LEG_CIRCUITY, straight * (1 - town) * lane_circuity
    minutes = (street_km / LEG_KMH + lane_km / lane_kmh) * 60 + LEG_MINUTES
    return minutes, street_km + lane_km


def _go_direct(
    x: float,
    y: float,
    ends: tuple[Floats, Floats],
    straight: Floats,
    minutes: Floats,
    km: Floats,
) -> None:
    """Put in the direct way where it is short, dry, and quicker than over the network."""
    short = np.flatnonzero(straight < DIRECT_KM)
    if not len(short):
        return
    short = short[~water.crosses(x, y, ends[0][short], ends[1][short])]
    way = straight[short] * DIRECT_CIRCUITY
    quicker = way / DIRECT_KMH * 60 < minutes[short]
    short, way = short[quicker], way[quicker]
    minutes[short], km[short] = way / DIRECT_KMH * 60, way
