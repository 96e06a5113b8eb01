"""Another time of the same person that is at the same time, or too near to travel between.

It is about the patient's other requests: a booking moves the appointment of its own. `now` is
passed in, aware, UTC.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.models import Appointment, Referral, Slot
from booking.models.appointment import LIVE
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

    @property
    def is_way_known(self) -> bool:
        """Whether a way between the two was found."""
        return math.isfinite(self.travel)


class TimesOverlap(Exception):
    """The patient has another appointment at that time. Carries it, and the slot not taken."""

    def __init__(self, clash: Clash, slot: Slot) -> None:
        """Remember both, so that the door can say what stands in the way of what."""
        super().__init__(f"slot {slot.pk} overlaps slot {clash.slot_id}")
        self.clash, self.slot = clash, slot


def clashes_with(
    referral: Referral, slot: Slot, *, now: datetime, way: str = Way.CAR
) -> list[Clash]:
    """Return the same patient's booked and held times that a slot clashes with, the first first.

    `way` is how they travel.
    """
    others = [*_booked(referral, slot, way), *_held(referral, slot, now, way)]
    found = [clash for clash in others if clash.overlaps or _is_too_near(clash)]
    return sorted(found, key=lambda clash: clash.start)


def must_not_overlap(referral: Referral, slot: Slot) -> None:
    """Raise TimesOverlap if another appointment of the patient is at the time of a slot."""
    for clash in _booked(referral, slot):
        if clash.overlaps:
            raise TimesOverlap(clash, slot)


def _booked(referral: Referral, slot: Slot, way: str = Way.CAR) -> Iterator[Clash]:
    live = Appointment.objects.filter(
        referral__patient=referral.patient_id,
        status__in=LIVE,
        start__lt=slot.end + AROUND,
        end__gt=slot.start - AROUND,
    ).exclude(referral=referral)
    for one in live.select_related("referral__exam"):
        yield _clash(slot, one.referral, one.slot_id, one, way)


def _held(referral: Referral, slot: Slot, now: datetime, way: str) -> Iterator[Clash]:
    held = Slot.objects.filter(
        held_by__patient=referral.patient_id,
        free_at__gt=now,
        start__lt=slot.end + AROUND,
        end__gt=slot.start - AROUND,
    ).exclude(held_by=referral)
    for one in held.select_related("held_by__exam"):
        if one.held_by:
            yield _clash(slot, one.held_by, one.pk, one, way)


def _clash(
    slot: Slot, referral: Referral, slot_id: int, other: Appointment | Slot, way: str
) -> Clash:
    first, second = sorted((slot, other), key=lambda one: one.start)
    # On two days nobody goes from one straight to the other.
    is_one_day = service_day(first.end) == service_day(second.start)
    by_public = way == Way.PUBLIC and is_one_day
    return Clash(
        referral,
        slot_id,
        places.get(other.site_id),
        other.start,
        other.end,
        isinstance(other, Slot),
        overlaps=slot.start < other.end and other.start < slot.end,
        travel=travel.minutes_between(
            places.get(first.site_id),
            places.get(second.site_id),
            by_public_at=first.end if by_public else None,
        ),
        by_public=by_public,
        gap=second.start - first.end,
    )


def _is_too_near(clash: Clash) -> bool:
    return clash.gap.total_seconds() < clash.travel * 60
