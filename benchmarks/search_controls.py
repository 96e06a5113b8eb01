"""The search as a good engineer would write it otherwise, each with what it does not do.

None asks what fits an exam and a patient, what overlaps, what is kept for others, or how old a
trust's times are: here all fits and is fresh. Those that rank by road use our own ranking, in
memory. Statements are prepared where ours is, and read as ours is.
"""

import json
import math
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import DatabaseError, connection, transaction
from django.db.models import Min
from geopy.distance import geodesic, great_circle

from benchmarks.scene import NOW
from benchmarks.search_asked import BEFORE, EXAM, ORIGIN, PLACES, TIMES, Found
from booking.exams import fit
from booking.models import Slot
from booking.models.prepared import Statement
from booking.search.by_site import read_moment
from booking.search.found import FreeTime
from sites import places, travel
from sites.models import Site

HERE = (ORIGIN.lat, ORIGIN.lon)
AMONG = 80
"""Of the nearest places, so many are handed to a statement: as many as ours looks at."""
NOTICE = fit.earliest_start(EXAM, now=NOW)
"""When a time may start at the soonest, whatever the journey."""
WHERE = (
    "modality = 'MR' AND site_id = s.id AND free_at <= %(now)s"
    " AND start >= s.soonest AND start < %(before)s"
)
FIRST = (
    'SELECT min(id) AS slot, start, min("end") AS finish FROM booking_slot'
    f" WHERE {WHERE} GROUP BY start ORDER BY start LIMIT {TIMES}"
)
TEN_FULL = {
    "postgresql": "SELECT s.id, r.times FROM {sites} s, LATERAL (SELECT json_agg(json_build_array("
    f"f.slot, f.start, f.finish))::text AS times FROM ({FIRST}) f) r"
    f" WHERE r.times IS NOT NULL LIMIT {PLACES}",
    "sqlite": "SELECT s.id, (SELECT json_group_array(json_array(f.slot, f.start, f.finish))"
    f" FROM ({FIRST}) f) FROM {{sites}} s"
    f" WHERE EXISTS (SELECT 1 FROM booking_slot WHERE {WHERE}) LIMIT {PLACES}",
}
"""The first five times of ten places that have some, in the order of {sites}."""
GIVEN = {
    "postgresql": "(SELECT (value ->> 0)::bigint AS id, (value ->> 1)::timestamptz AS soonest"
    " FROM json_array_elements(%(sites)s::json))",
    "sqlite": "(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS soonest"
    " FROM json_each(%(sites)s))",
}
SHRINK = math.cos(math.radians(ORIGIN.lat))
"""How much shorter a degree of longitude is here than one of latitude."""
BY_DEGREES = (
    "SELECT id, {soonest} AS soonest FROM sites_site WHERE NOT closed"
    f" ORDER BY (lat - {ORIGIN.lat}) * (lat - {ORIGIN.lat})"
    f" + (lon - ({ORIGIN.lon})) * (lon - ({ORIGIN.lon})) * {SHRINK * SHRINK}"
)
BY_KNN = (
    "SELECT id, {soonest} AS soonest FROM bench_place"
    f" ORDER BY at <-> ST_MakePoint({ORIGIN.lon}, {ORIGIN.lat})::geography"
)
MAKE_PLACES = (
    "CREATE EXTENSION IF NOT EXISTS postgis",
    "DROP TABLE IF EXISTS bench_place",
    "CREATE TABLE bench_place AS SELECT id, ST_MakePoint(lon, lat)::geography AS at"
    " FROM sites_site WHERE NOT closed",
    "CREATE INDEX ON bench_place USING gist (at)",
    "ANALYZE bench_place",
)


class Control(NamedTuple):
    """Another way to search. `order`: the sites as it ranks them; None ranks by road as ours."""

    name: str
    act: Callable[[], Found]
    lacks: str
    order: Callable[[Site], float] | None = None


def naive() -> Found:
    """Read every free slot in one query, measure each site once with geopy, sort in Python."""
    free = Slot.objects.filter(
        modality="MR", free_at__lte=NOW, start__gte=NOTICE, start__lt=BEFORE
    ).values_list("site_id", "site__lat", "site__lon", "start", "pk")
    km: dict[int, float] = {}
    starts: dict[int, dict[datetime, int]] = {}
    for site, lat, lon, start, pk in free:
        if site not in km:
            km[site], starts[site] = geodesic(HERE, (lat, lon)).km, {}
        starts[site][start] = min(pk, starts[site].get(start, pk))
    return {
        site: [(starts[site][start], start.isoformat()) for start in sorted(starts[site])[:TIMES]]
        for site in sorted(km, key=lambda site: km[site])[:PLACES]
    }


def query_a_place() -> Found:
    """Ask by the ORM for one place after the other, the nearest first, until ten have times."""
    found: Found = {}
    for site, soonest in ranked():
        times = Slot.objects.filter(
            modality="MR", site_id=site, free_at__lte=NOW, start__gte=soonest, start__lt=BEFORE
        )
        rows = times.values("start").annotate(slot=Min("pk"), finish=Min("end")).order_by("start")
        if some := [(row["slot"], row["start"].isoformat()) for row in rows[:TIMES]]:
            found[site] = some
        if len(found) == PLACES:
            break
    return found


def one_statement() -> Found:
    """Rank by road in memory, then one statement for the first ten of the nearest with times."""
    return _ask(_statement(GIVEN[connection.vendor]), sites=_written(ranked()))


def distance_in_sql() -> Found:
    """Have one statement rank the sites, by straight line, and read the times of the first ten."""
    return _ask(_statement(_in_order(BY_DEGREES)), soonest=_adapted(NOTICE))


def postgis_knn() -> Found:
    """Have one statement rank by PostGIS's nearest neighbours, and read the first ten's times."""
    return _ask(_statement(_in_order(BY_KNN)), soonest=_adapted(NOTICE))


def floor() -> Found:
    """Read the times of ten places that are told: no ranking, no question which have any."""
    return _ask(_statement(GIVEN[connection.vendor]), sites=_written(told))


told: list[tuple[int, datetime]] = []
"""The ten places that `floor` is told, and from when a time there is offered."""


def _by_geopy(site: Site) -> float:
    return float(geodesic(HERE, (site.lat, site.lon)).km)


def _by_degrees(site: Site) -> float:
    return math.hypot(site.lat - HERE[0], (site.lon - HERE[1]) * SHRINK)


def _by_sphere(site: Site) -> float:
    return float(great_circle(HERE, (site.lat, site.lon)).km)


def controls() -> list[Control]:
    """Return those that can be had on this database."""
    straight = "no roads: by straight line, whatever the journey takes"
    found = [
        Control(
            "naive, a site measured once", naive, f"reads every free slot; {straight}", _by_geopy
        ),
        Control("ORM, a query a place", query_a_place, "as many queries as places are looked at"),
        Control("one statement", one_statement, "looks no further than the nearest 80"),
        Control("one statement, distance in SQL", distance_in_sql, straight, _by_degrees),
    ]
    if _has_postgis():
        found.append(Control("one statement, PostGIS KNN", postgis_knn, straight, _by_sphere))
    return found


def expected(control: Control) -> Found:
    """Return what a control must find, worked out in plain Python from every free slot."""
    free: dict[int, dict[datetime, int]] = {}
    rows = Slot.objects.filter(modality="MR", free_at__lte=NOW, start__gt=NOW, start__lt=BEFORE)
    for site, start, pk in rows.values_list("site", "start", "pk"):
        starts = free.setdefault(site, {})
        starts[start] = min(pk, starts.get(start, pk))
    found: Found = {}
    for site, soonest in ranked() if control.order is None else _by(control.order):
        starts = free.get(site, {})
        times = [start for start in sorted(starts) if start >= soonest][:TIMES]
        if times and len(found) < PLACES:
            found[site] = [(starts[start], start.isoformat()) for start in times]
    return found


def tell_floor(found: Found) -> None:
    """Tell `floor` which places ours has found."""
    told[:] = [(site, soonest) for site, soonest in ranked() if site in found]


def ranked() -> list[tuple[int, datetime]]:
    """Return the sites by road, the nearest first, and from when a time there is offered."""
    every = travel.rank(ORIGIN, places.places_with("MR"))
    return [
        (one.site_id, fit.earliest_start(EXAM, now=NOW, travel=one.known_minutes))
        for one in every[:AMONG]
    ]


def _by(order: Callable[[Site], float]) -> list[tuple[int, datetime]]:
    return [(site.pk, NOTICE) for site in sorted(Site.objects.filter(closed=False), key=order)]


def _in_order(sites: str) -> str:
    """Return a query of sites as one that another reads in its order."""
    if connection.vendor == "postgresql":
        return f"({sites.format(soonest='%(soonest)s::timestamptz')})"
    # SQLite would leave the order of a query within another; it keeps that of one made first.
    return f"(WITH near AS MATERIALIZED ({sites.format(soonest='%(soonest)s')}) SELECT * FROM near)"


def _has_postgis() -> bool:
    """Make the table that PostGIS ranks, where it is at hand; return whether it is."""
    if connection.vendor != "postgresql":
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in MAKE_PLACES:
                cursor.execute(statement)
    except DatabaseError:
        return False
    return True


_statements: dict[str, Statement] = {}


def _statement(sites: str) -> Statement:
    if sites not in _statements:
        _statements[sites] = Statement.named(TEN_FULL[connection.vendor].format(sites=sites))
    return _statements[sites]


def _ask(statement: Statement, **given: Any) -> Found:
    rows = statement.rows({"now": _adapted(NOW), "before": _adapted(BEFORE), **given})
    found = {
        site: [FreeTime(slot, read_moment(start), read_moment(end)) for slot, start, end in times]
        for site, times in ((site, json.loads(text)) for site, text in rows)
    }
    return {
        site: [(one.slot, one.start.isoformat()) for one in some] for site, some in found.items()
    }


def _written(sites: Iterable[tuple[int, datetime]]) -> str:
    return json.dumps([(site, str(_adapted(soonest))) for site, soonest in sites])


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
