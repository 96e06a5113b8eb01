"""Why not here? The places that scan this modality, but not this patient or this exam."""

from dataclasses import dataclass, replace

from booking.exams.able import refusal, sites_that_can
from booking.exams.misfit import Misfit
from booking.exams.needed import Needed
from booking.models import Exam
from booking.search.criteria import SearchCriteria
from sites import places, travel
from sites.places import Place
from sites.postcodes import Origin
from sites.travel import Journey


@dataclass(frozen=True)
class LeftOut:
    """A place that is left out of a list, and why.

    `is_mixed`: another scanner there can, but nobody knows which one a time is at: a person can
    ask. `journey` is None where nobody knows from where.
    """

    place: Place
    misfit: Misfit
    is_mixed: bool
    journey: Journey | None = None


def left_out(origin: Origin, wanted: SearchCriteria) -> list[LeftOut]:
    """Return the places that what is wanted leaves out for the patient or the exam, nearest first.

    One query at most, however many places: what scanners can do is in memory.
    """
    can = sites_that_can(wanted.exam, wanted.needed) if wanted.exam else None
    if wanted.exam is None or can is None:
        return []
    scan = places.places_with(wanted.modality, wanted.kinds, wanted.needs, wanted.opening)
    journeys = travel.rank(origin, [place for place in scan if place.id not in can])
    found = (
        (_why_not(places.get(one.site_id), wanted.exam, wanted.needed), one) for one in journeys
    )
    return [replace(one, journey=journey) for one, journey in found if one]


def why_left_out(place: Place, wanted: SearchCriteria) -> LeftOut | None:
    """Return why one place is left out, None if it is not."""
    can = sites_that_can(wanted.exam, wanted.needed) if wanted.exam else None
    if wanted.exam is None or can is None or place.id in can:
        return None
    return _why_not(place, wanted.exam, wanted.needed)


def _why_not(place: Place, exam: Exam, needed: Needed) -> LeftOut | None:
    table = places.table()
    there = [table.scanners[pk] for pk in table.scanners_at(exam.modality).get(place.id, [])]
    misfit = refusal(exam, needed, there)
    is_mixed = any(refusal(exam, needed, [one]) is None for one in there)
    return LeftOut(place, misfit, is_mixed) if misfit else None
