"""Works out how long people travelled to their scans, some thousand a night, the last ones first.

Our own roads answer, in memory: nobody else is told where anybody lives. `now` is passed in.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from booking.models import Appointment, Exam
from insights.models import Travelled
from sites import places
from sites.models import Postcode
from sites.places import Place
from sites.postcodes import Origin
from sites.travel import embedded

BATCH = 500
A_NIGHT = 20_000
"""So many are done in one run: after a rebuild older ones follow, night by night."""


def fill(now: datetime, at_most: int = A_NIGHT) -> int:
    """Fill in what is not there yet; return of how many scans."""
    done = 0
    ways = _Ways()
    while some := list(_without()[: min(BATCH, at_most - done)]):
        Travelled.objects.bulk_create(_found(some, ways, now), ignore_conflicts=True)
        done += len(some)
        if done >= at_most:
            break
    return done


def _without() -> QuerySet[Appointment]:
    done = Appointment.objects.filter(status=Appointment.Status.ATTENDED, travelled=None)
    return done.select_related("referral__exam", "referral__patient").order_by("-start", "pk")


def _found(some: Iterable[Appointment], ways: "_Ways", now: datetime) -> Iterable[Travelled]:
    some = list(some)
    homes = _homes({one.referral.patient.postcode for one in some})
    for one in some:
        home = homes.get(one.referral.patient.postcode)
        minutes, nearest = ways.to(home, one) if home else (None, None)
        yield Travelled(appointment=one, minutes=minutes, nearest=nearest, found_at=now)


def _homes(codes: set[str]) -> dict[str, Origin]:
    """Return where whole postcodes are: a part of one, or a wrong one, is not known."""
    found = Postcode.objects.filter(code__in=codes - {""})
    return {one.code: Origin(one.code, one.lat, one.lon, approximate=False) for one in found}


class _Ways:
    """Minutes from homes, and which places do which scan, each looked up once a run."""

    def __init__(self) -> None:
        self._able: dict[int, list[Place]] = {}

    def to(self, home: Origin, one: Appointment) -> tuple[int, int]:
        """Return the minutes to where it was, and to the nearest place that does such a scan."""
        exam = one.referral.exam
        if exam.pk not in self._able:
            self._able[exam.pk] = [place for place in places.open_places() if _does(place, exam)]
        there = places.get(one.site_id)
        ways = embedded.journeys(home, [there, *self._able[exam.pk]])
        return round(ways[0].minutes), round(min(way.minutes for way in ways))


def _does(place: Place, exam: Exam) -> bool:
    """Whether a place has a scanner that does this scan; one that only a mobile one visits too."""
    own = [one for one in place.machines if one.modality == exam.modality]
    able = any(exam.code not in one.abilities.excluded_exams for one in own)
    return able or any(one.modality == exam.modality for one in place.visits)
