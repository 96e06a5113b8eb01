"""What the page of a lost clinic shows: its people in order, and numbers that add up."""

from dataclasses import dataclass

from django.db.models import Case, QuerySet, Value, When

from booking.models import LostClinic, LostPerson
from booking.offers.lost import states
from booking.worklists.rows import PRESSING

State = LostPerson.State
SHOWN = [
    (State.WAITING, "Nothing held yet"),
    (State.HELD, "Another time held, not told yet"),
    (State.ASKED, "Asked by text, not answered yet"),
    (State.MOVED, "Moved to the time that we held"),
    (State.CHOSE, "Chose another time themselves"),
    (State.TO_PHONE, "To be phoned"),
    (State.KEPT, "Kept their time"),
    (State.CANCELLED, "Cancelled, or need no scan any more"),
]


@dataclass(frozen=True)
class Numbers:
    """How many people are where, and how many there are: read at one moment, so they add up."""

    rows: list[tuple[str, str, int]]
    total: int


def numbers_shown(clinic: LostClinic) -> Numbers:
    """Return the numbers of a clinic's people, each with its state and words."""
    found = states.numbers(clinic)
    rows = [(str(state), words, found[state]) for state, words in SHOWN]
    return Numbers(rows, sum(found.values()))


def people_of(clinic: LostClinic) -> QuerySet[LostPerson]:
    """Return the people of a clinic, the most pressing first."""
    ranks = [When(referral__urgency=one, then=Value(at)) for at, one in enumerate(PRESSING)]
    people = LostPerson.objects.filter(clinic=clinic).annotate(rank=Case(*ranks))
    return people.select_related(
        "referral__patient", "referral__exam", "appointment__site", "slot__site"
    )
