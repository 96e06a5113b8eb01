"""Ten nearest places x first five free times, one modality, four weeks: against two controls."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import connection
from geopy.distance import geodesic

from benchmarks.scene import DAYS, NOW, SLOTS
from benchmarks.timing import in_turns, verdict
from booking.exams import fit
from booking.exams.needed import Needed
from booking.models import Exam, Slot
from booking.search import places as search_places
from booking.search.criteria import SearchCriteria
from booking.search.found import FreeTime
from sites import places, travel
from sites.postcodes import Origin

ORIGIN = Origin("PR1 4LF", 53.76, -2.68, approximate=False)
EXAM = Exam(modality="MR", minutes=30, contrast="gadolinium")
NEEDED = Needed(weight_kg=120, hoist=True)
"""With contrast and needs: the rule of what fits is then a condition in full."""
BARE = SearchCriteria("MR", NOW.date(), NOW.date() + timedelta(days=DAYS))
WANTED = replace(BARE, exam=EXAM, needed=NEEDED)
TWO_VISITS = Exam(
    modality="MR", minutes=30, visits=2, second_minutes=30, gap_min_minutes=120, gap_max_minutes=240
)
"""As a bone scan: an injection, and the pictures some hours later."""
TWICE = replace(BARE, exam=TWO_VISITS)
PLACES, TIMES = 10, 5
NAIVE_AT_LEAST, FLOOR_AT_MOST, FIT_AT_MOST = 30, {"sqlite": 7, "postgresql": 4}, 1.3
Found = dict[int, list[tuple[int, str]]]


def ours() -> Found:
    """Search as the pages do."""
    return _found(WANTED)


def bare() -> Found:
    """Search for a modality, whatever the exam and whoever the patient."""
    return _found(BARE)


def two_visits() -> Found:
    """Search for a scan in two visits."""
    return _found(TWICE)


def _found(wanted: SearchCriteria) -> Found:
    found = search_places.places(ORIGIN, wanted, now=NOW, limit=PLACES, times=TIMES)
    return {
        one.place.id: [(free.slot, free.start.isoformat()) for free in one.times] for one in found
    }


def naive() -> Found:
    """Read every free slot, measure each with geopy, sort in Python; what fits is not asked."""
    here = (ORIGIN.lat, ORIGIN.lon)
    measured = []
    free = Slot.objects.filter(modality="MR", free_at__lte=NOW, start__gt=NOW)
    for slot in free.select_related("site"):
        km = geodesic(here, (slot.site.lat, slot.site.lon)).km
        measured.append((km, slot.site_id, slot.start, slot.pk))
    measured.sort()
    found: Found = {}
    for _, site, start, pk in measured:
        times = found.setdefault(site, [])
        if len(times) < TIMES:
            times.append((pk, start.isoformat()))
    return dict(list(found.items())[:PLACES])


def floor() -> Found:
    """Ask in raw SQL for ten places that are known already, from when one can be there, and read
    the answer as ours is. It does not ask what fits: here everything does.
    """
    one = (
        'SELECT * FROM (SELECT min(site_id), min(id), start, min("end") FROM booking_slot'
        " WHERE modality = %s AND site_id = %s AND free_at <= %s AND start >= %s AND start < %s"
        " GROUP BY start ORDER BY start LIMIT 5) AS one"
    )
    adapt = connection.ops.adapt_datetimefield_value
    now, last = adapt(NOW), adapt(NOW + timedelta(days=DAYS))
    parameters = [
        value
        for site, earliest in _nearest.items()
        for value in ("MR", site, now, adapt(earliest), last)
    ]
    found: Found = {site: [] for site in _nearest}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(_nearest)), parameters)
        for site, pk, start, end in cursor.fetchall():
            free = FreeTime(pk, _utc(start), _utc(end))
            found[site].append((free.slot, free.start.isoformat()))
    return found


def _utc(moment: datetime | str) -> datetime:
    """SQLite gives a column as a datetime and min() of it as text, both without an offset."""
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return read.replace(tzinfo=UTC)


_nearest: dict[int, datetime] = {}
"""Ten sites, and from when a time there is offered."""


def run() -> None:
    """Check that ours and the floor agree, then print the table."""
    ranked = travel.rank(ORIGIN, places.places_with("MR"))
    for one in ranked[:PLACES]:
        _nearest[one.site_id] = fit.earliest_start(EXAM, now=NOW, travel=one.minutes)
    if ours() != floor():
        raise SystemExit("search and the floor do not find the same times")
    fast = in_turns(200, ours=ours, bare=bare, floor=floor)
    twice = in_turns(50, two_visits=two_visits)["two_visits"]  # apart: it empties the caches
    slots = Slot.objects.count()
    print(f"Search, {slots:,} slots, {connection.vendor} (ms, median, in turns)")
    if slots <= SLOTS:
        slow = in_turns(5, naive=naive, ours=ours)
        times = slow["naive"] / slow["ours"]
        print(f"  naive     {slow['naive']:10.2f}")
    for name, taken in fast.items():
        print(f"  {name:<10}{taken:10.2f}")
    print(f"  two visits{twice:10.2f}")
    if slots <= SLOTS:
        print(
            f"  {times:.0f} x naive (target {NAIVE_AT_LEAST}): {verdict(times >= NAIVE_AT_LEAST)}"
        )
    over = fast["ours"] / fast["floor"]
    most = FLOOR_AT_MOST[connection.vendor]
    print(f"  {over:.1f} x the floor (target {most}): {verdict(over <= most)}")
    fits = fast["ours"] / fast["bare"]
    what = "what fits an exam with contrast, a weight and a hoist"
    print(f"  {fits:.2f} x bare: {what} (target {FIT_AT_MOST}): {verdict(fits <= FIT_AT_MOST)}")
    print(f"  {twice / fast['ours']:.1f} x ours: a scan in two visits\n")
