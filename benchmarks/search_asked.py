"""What the search is asked: ten nearest places x first five free times, four weeks of MR."""

from dataclasses import replace
from datetime import datetime, timedelta

from benchmarks.scene import DAYS, NOW
from booking.exams.needed import Needed
from booking.models import Exam
from booking.search import places as search_places
from booking.search.bookable import window
from booking.search.criteria import SearchCriteria
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
BEFORE: datetime = window(BARE, NOW)[1]
"""A time starts before this moment."""
PLACES, TIMES = 10, 5
Found = dict[int, list[tuple[int, str]]]
"""Of each site that has any, (slot, start) of its first free times; the nearest site first."""


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
        one.place.id: [(free.slot, free.start.isoformat()) for free in one.times]
        for one in found
        if one.times
    }
