"""The times nearest to one that was lost, on the row that asks somebody to offer another."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase

from booking.clerk.screen.origin import origin_of
from booking.exams.needed import needed_of
from booking.models import WorklistRow
from booking.pages.subject import subject_now, subject_token
from booking.search import places
from booking.search.found import FreeTime
from booking.worklists.due import TO_REBOOK
from sites.places import Place
from sites.travel import Journey


@dataclass(frozen=True)
class Instead:
    """What a press holds: `about` is what the form carries, `journeys` the ways by place."""

    times: list[tuple[Place, FreeTime]]
    journeys: dict[int, Journey]
    about: str


def show_instead(row: WorklistRow, session: SessionBase, now: datetime) -> Instead | None:
    """Return what may be offered instead of the time that a row is about.

    None of a row that asks for no other time, or whose patient has one by now.
    """
    referral, lost = row.referral, row.appointment
    if row.closed_at or row.kind not in TO_REBOOK or referral is None or lost is None:
        return None
    if referral.ended_at or referral.patient.died_at:
        return None
    about = subject_now(referral)
    if about.appointment:
        return None
    origin = origin_of(session, referral.patient)
    times = places.nearest_alternatives(
        lost.slot,
        origin,
        now=now,
        exam=referral.exam,
        needed=needed_of(referral, now=now),
        at_once=True,
    )
    return Instead(times, places.journeys_to(times, origin), subject_token(about))
