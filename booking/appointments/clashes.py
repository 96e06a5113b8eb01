"""Another time of the same person that is at the same time, or too near to travel between.

It is about the patient's other requests: a booking moves the appointment of its own. Of a scan in
two visits each visit is looked at by itself: between them the patient may be somewhere else, if
there is time to travel. `now` is passed in, aware, UTC.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from booking.appointments.choices import visits_of
from booking.models import Appointment, Referral, Slot
from booking.models.appointment import LIVE, Visit
from sites import places, travel
from sites.places import Place
from sites.travel.bands import service_day
from sites.ways import Way

AROUND = timedelta(days=1)
"""Longer than any slot, and any journey in the region: what is further away is not looked at."""


@dataclass(frozen=True)
class Clash:
    """Another time that stands in the way: booked, or only held. `travel`: minutes between, by car
    or, `by_public`, by bus, train or on foot: infinite if no way was found."""

    referral: Referral
    slot_id: int
    place: Place
    start: datetime
    end: datetime
    is_held: bool
    overlaps: bool
    travel: float
    by_public: bool
    gap: timedelta
    visits: Sequence[Visit]
    """All of the other time, of which `start` to `end` is the one that is nearest."""

    @property
    def is_way_known(self) -> bool:
        """Whether a way between the two was found."""
        return math.isfinite(self.travel)


class TimesOverlap(Exception):
    """The patient has another appointment at that time. Carries it, and the slot not taken with
    the visits that begin with it."""

    def __init__(self, clash: Clash, slot: Slot, visits: Sequence[Visit]) -> None:
        """Remember them, so that the door can say what stands in the way of what."""
        super().__init__(f"slot {slot.pk} overlaps slot {clash.slot_id}")
        self.clash, self.slot, self.visits = clash, slot, visits


def clashes_with(
    referral: Referral, slot: Slot, *, now: datetime, way: str = Way.CAR
) -> list[Clash]:
    """Return the same patient's booked and held times that a slot clashes with, the first first.

    With the other slots that are, or would be, chosen with it. `way` is how they travel.
    """
    chosen = _Chosen(slot, visits_of(referral, slot, now=now), way)
    others = [*_booked(referral, chosen), *_held(referral, chosen, now)]
    found = [clash for clash in others if clash.overlaps or _is_too_near(clash)]
    return sorted(found, key=lambda clash: clash.start)


def must_not_overlap(
    referral: Referral,
    slot: Slot,
    visits: Sequence[Visit],
    others: Iterable[Appointment] | None = None,
) -> None:
    """Raise TimesOverlap if another appointment of the patient is at the time of one of the visits
    that begin with a slot. `others` are those of other_booked, if they are read already.
    """
    for clash in _booked(referral, _Chosen(slot, visits), others):
        if clash.overlaps:
            raise TimesOverlap(clash, slot, visits)


def other_booked(referral: Referral) -> QuerySet[Appointment]:
    """Return what the patient of a referral has booked on their other referrals."""
    return booked_otherwise(referral.pk, referral.patient_id)


def booked_otherwise(referral_id: Any, patient_id: Any) -> QuerySet[Appointment]:
    """Return what a patient has booked on their referrals but one, by keys or places for them."""
    live = Appointment.objects.filter(referral__patient_id=patient_id, status__in=LIVE)
    return live.exclude(referral_id=referral_id)


@dataclass(frozen=True)
class _Chosen:
    """The slot that somebody chooses, the visits that begin with it, and how they travel."""

    slot: Slot
    visits: Sequence[Visit]
    way: str = Way.CAR


def _booked(
    referral: Referral, chosen: _Chosen, others: Iterable[Appointment] | None = None
) -> Iterator[Clash]:
    until, since = chosen.visits[-1][1] + AROUND, chosen.visits[0][0] - AROUND
    if others is None:
        near = other_booked(referral).filter(start__lt=until, end__gt=since)
        others = near.select_related("referral__exam").prefetch_related("parts")
    for one in others:
        if one.start >= until or one.end <= since:
            continue
        other = _Other(one.referral, one.slot_id, one.site_id, one.visits(), is_held=False)
        for visit in other.visits:
            yield _clash(chosen, other, visit)


def _held(referral: Referral, chosen: _Chosen, now: datetime) -> Iterator[Clash]:
    held = Slot.objects.filter(
        held_by__patient=referral.patient_id,
        free_at__gt=now,
        start__lt=chosen.visits[-1][1] + AROUND,
        end__gt=chosen.visits[0][0] - AROUND,
    ).exclude(held_by=referral)
    found = _adjoining(held.select_related("held_by__exam").order_by("held_by", "start"))
    visits: dict[int | None, list[Visit]] = {}
    for slots in found:
        visits.setdefault(slots[0].held_by_id, []).append((slots[0].start, slots[-1].end))
    for slots in found:
        first = slots[0]
        if first.held_by:
            every = visits[first.held_by_id]
            other = _Other(first.held_by, first.pk, first.site_id, every, is_held=True)
            yield _clash(chosen, other, (first.start, slots[-1].end))


def _adjoining(slots: Iterable[Slot]) -> list[list[Slot]]:
    """Return slots that are held for one referral and adjoin as one list each."""
    found: list[list[Slot]] = []
    for slot in slots:
        before = found[-1][-1] if found else None
        if before and (before.held_by_id, before.end) == (slot.held_by_id, slot.start):
            found[-1].append(slot)
        else:
            found.append([slot])
    return found


@dataclass(frozen=True)
class _Other:
    """Whose the other time is, which slot begins it, where, and all its visits."""

    referral: Referral
    slot_id: int
    site_id: int
    visits: Sequence[Visit]
    is_held: bool


def _clash(chosen: _Chosen, other: _Other, at: Visit) -> Clash:
    """Return how another time stands to the nearest of the visits that begin with a slot."""
    visit = min(chosen.visits, key=lambda visit: _gap(visit, at))
    here, there = chosen.slot.site_id, other.site_id
    sites = (here, there) if visit[0] <= at[0] else (there, here)
    first, second = sorted((visit, at), key=lambda one: one[0])
    # On two days nobody goes from one straight to the other.
    is_one_day = service_day(first[1]) == service_day(second[0])
    by_public = chosen.way == Way.PUBLIC and is_one_day
    return Clash(
        other.referral,
        other.slot_id,
        places.get(other.site_id),
        *at,
        other.is_held,
        overlaps=visit[0] < at[1] and at[0] < visit[1],
        travel=travel.minutes_between(
            *map(places.get, sites), by_public_at=first[1] if by_public else None
        ),
        by_public=by_public,
        gap=_gap(visit, at),
        visits=other.visits,
    )


def _gap(one: Visit, other: Visit) -> timedelta:
    """Return the time between the end of the earlier and the start of the later."""
    first, second = sorted((one, other), key=lambda visit: visit[0])
    return second[0] - first[1]


def _is_too_near(clash: Clash) -> bool:
    if not clash.is_way_known:
        return True
    return clash.gap < timedelta(minutes=clash.travel)
