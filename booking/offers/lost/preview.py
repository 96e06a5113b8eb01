"""Who a lost clinic would touch, before anything is done: counts only, nobody is named.

Reads only. `now` is passed in, aware, UTC.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from booking.appointments.choices import on_slots
from booking.models import Appointment, LostClinic, Slot
from booking.models.appointment import LIVE
from booking.offers.lost.candidates import Seeker
from booking.offers.lost.finding import plan
from booking.offers.lost.telling import SOON
from booking.offers.lost.what import Lost, held_back, slots_of
from booking.worklists.rows import PRESSING
from notifications import numbers_reached
from times.london import day_in_england

Status = Appointment.Status
HERE = [*LIVE, Status.ATTENDED]


@dataclass(frozen=True)
class Preview:
    """What would be lost: free times that go off sale, and how many people are booked.

    `urgencies` in order, the most pressing first. `past`: their time has come already, or they were
    scanned: they are left alone. Of the others, `in_time` would get a time by their last day,
    `later` one after it, `nowhere` none.
    """

    free: int
    booked: int
    urgencies: list[tuple[str, int]]
    soon: int
    no_mobile: int
    interpreter: int
    hoist: int
    past: int
    in_time: int
    later: int
    nowhere: int


def preview(what: Lost | LostClinic, *, now: datetime) -> Preview:
    """Return who would be touched, and for how many of them there is a time elsewhere."""
    slots = what.slots() if isinstance(what, Lost) else held_back(what) | slots_of(what)
    keys = slots.values("pk")
    here = Appointment.objects.filter(on_slots(keys), status__in=HERE)
    read = here.select_related("referral__patient", "referral__exam")
    booked = [one for one in read if one.is_live and one.start > now]
    patients = [one.referral.patient for one in booked]
    urgencies = Counter(one.referral.urgency for one in booked)
    reached = numbers_reached.reached({one.mobile for one in patients})
    in_time, later = _elsewhere(booked, slots, now)
    return Preview(
        free=slots.filter(status=Slot.Status.FREE, free_at__isnull=False, start__gt=now).count(),
        booked=len(booked),
        urgencies=[(one, urgencies[one]) for one in PRESSING if urgencies[one]],
        soon=sum(one.start < now + SOON for one in booked),
        no_mobile=sum(one.mobile not in reached or bool(one.died_at) for one in patients),
        interpreter=sum(any("interpreter" in need for need in one.needs) for one in patients),
        hoist=sum("hoist" in one.needs for one in patients),
        past=len(read) - len(booked),
        in_time=in_time,
        later=later,
        nowhere=len(booked) - in_time - later,
    )


def _elsewhere(
    booked: Sequence[Appointment], slots: QuerySet[Slot], now: datetime
) -> tuple[int, int]:
    """Return how many would get a time by their last day, and how many one after it."""
    without = set(slots.values_list("pk", flat=True))
    seekers = [Seeker(one.pk, one.referral, one.start, one.site_id) for one in booked]
    found = plan(seekers, now=now, without=without)
    last_days = {one.pk: one.referral.target_day for one in booked}
    in_time = sum(day_in_england(time.slot.start) <= last_days[key] for key, time in found.items())
    return in_time, len(found) - in_time


def say_urgencies(urgencies: Iterable[tuple[str, int]]) -> str:
    """Return "1 urgent suspected cancer, 4 routine"."""
    return ", ".join(f"{count} {urgency.replace('_', ' ')}" for urgency, count in urgencies)
