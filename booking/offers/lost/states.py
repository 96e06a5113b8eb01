"""The states of a lost clinic and of its people: each step by one conditional UPDATE.

Whoever is second learns it by the number of rows, and does nothing. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q

from booking.models import LostClinic, LostPerson, Referral
from booking.waits.targets import TARGET_DAYS

State, Person = LostClinic.State, LostPerson.State
LEASE = timedelta(minutes=1)
"""How long somebody who works on a clinic keeps others out without a word: longer than any step."""
BEFORE_IT = timedelta(hours=12)
"""Nobody is left untold until later than this before the time that they lost."""
TIMES_LOOKED = 3
"""How often another time is looked for, where the one that was found was gone a moment later."""


def move(clinic: LostClinic, was: Collection[str], to: str, **fields: Any) -> bool:
    """Take a clinic from one of the states `was` to another; False if somebody else was first."""
    moved = LostClinic.objects.filter(pk=clinic.pk, state__in=was).update(state=to, **fields)
    if moved:
        clinic.refresh_from_db()
    return bool(moved)


def claim(clinic: LostClinic, now: datetime) -> bool:
    """Keep others from working on a clinic for LEASE; False if somebody does."""
    free = Q(busy_until=None) | Q(busy_until__lte=now)
    return bool(LostClinic.objects.filter(free, pk=clinic.pk).update(busy_until=now + LEASE))


def let_go(clinic: LostClinic) -> None:
    """Let others work on a clinic."""
    LostClinic.objects.filter(pk=clinic.pk).update(busy_until=None)


def set_person(
    person: LostPerson, was: Collection[str], to: str, now: datetime, **fields: Any
) -> bool:
    """Take a person from one of the states `was` to another; False if somebody else was first."""
    moved = LostPerson.objects.filter(pk=person.pk, state__in=was).update(
        state=to, changed_at=now, **fields
    )
    if moved:  # nothing else of it is known to have changed
        for name, value in {"state": to, "changed_at": now, **fields}.items():
            setattr(person, name, value)
    return bool(moved)


def goes_on_at(urgency: str, start: datetime, now: datetime) -> datetime:
    """Return until when a lead may decide about somebody: then they are told all the same."""
    hours = dict(zip(TARGET_DAYS, settings.LOST_GOES_ON_HOURS, strict=True))
    at = now + timedelta(hours=hours[Referral.Urgency(urgency)])
    return max(now, min(at, start - BEFORE_IT))


def numbers(clinic: LostClinic) -> dict[str, int]:
    """Return how many people are in each state. One query, so that they always add up."""
    rows = LostPerson.objects.filter(clinic=clinic).order_by().values_list("state")
    found = dict(rows.annotate(Count("pk")))
    return {str(state): found.get(state, 0) for state in Person}
