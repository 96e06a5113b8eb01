"""How much a feed may take away by itself: beyond that a lead is asked first.

A feed that suddenly says little is more often broken than a clinic is lost. So what it takes away
is counted together: what waits now, and what it took in the last WINDOW without anybody being
asked, so that many small pushes count like one large one. A time is lost for good only to whoever
is booked on it: a booked one weighs as BOOKED_WEIGHT others.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q, QuerySet

from booking.models import Appointment, AppointmentPart, Loss, LostSlot, Slot

WINDOW = timedelta(hours=24)
"""What was taken away within it counts, unless its trust has given it back since."""
BOOKED_WEIGHT = 10
"""A time that nobody has is gone for somebody who may choose another; one that is booked is a
journey planned, a day off taken, perhaps a tracer ordered."""


class Tally(NamedTuple):
    """Seats that are on offer or booked here, and how many people are booked on them."""

    times: int
    booked: int

    @property
    def weight(self) -> int:
        """What it weighs: a booked one more."""
        return self.times + (BOOKED_WEIGHT - 1) * self.booked


def is_too_much(lost: Tally, offered: Tally) -> bool:
    """Whether a loss out of what was `offered`, the lost ones among it, is for a person to decide.

    Either more people lose their time than a clerk rings before lunch, or it is both many and a
    large part of what these schedules have to come.
    """
    if lost.booked > settings.FEED_BRAKE_PEOPLE:
        return True
    is_many = lost.weight > settings.FEED_BRAKE_TIMES
    return is_many and lost.weight * 100 > settings.FEED_BRAKE_PERCENT * offered.weight


def waiting(loss: Loss, now: datetime) -> Tally:
    """Return what of a loss still waits to be taken away."""
    return _tally(Slot.objects.filter(pk__in=open_slots(loss, now).values("slot_id")))


def open_slots(loss: Loss, now: datetime) -> QuerySet[LostSlot]:
    """Return the seats of a loss that are still to be decided, or done."""
    return LostSlot.objects.filter(loss=loss, done_at=None, kept_until=None, slot__start__gt=now)


def exceeds(loss: Loss, *, now: datetime) -> bool:
    """Whether what waits of a loss, with what its trust took lately, is for a person to decide.

    A loss that is held is measured as when it was held, but for what was named again: that its
    days pass makes it no smaller.
    """
    as_of = loss.held_at or now
    items = open_slots(loss, now)
    lately = _taken_lately(loss.trust_id, as_of)
    past = LostSlot.objects.filter(loss=loss, outcome=LostSlot.Outcome.PAST, slot__start__gt=as_of)
    waits = waiting(loss, now)
    # Each seat once, however often it was taken.
    gone = _seats(lately | past)
    schedules = {
        *items.values_list("slot__schedule_id", flat=True),
        *(lately | past).values_list("slot__schedule_id", flat=True),
    }
    standing = Slot.objects.filter(
        schedule_id__in=schedules, status=Slot.Status.FREE, start__gt=now
    )
    offered = _tally(standing)
    lost = Tally(waits.times + gone.times, waits.booked + gone.booked)
    return is_too_much(lost, Tally(offered.times + gone.times, offered.booked + gone.booked))


def _seats(items: QuerySet[LostSlot]) -> Tally:
    booked = Slot.objects.filter(pk__in=items.filter(was_booked=True).values("slot_id"))
    taken = AppointmentPart.objects.filter(appointment__status=Appointment.Status.DISPLACED)
    # Told apart here: a database that counts them goes through all that was ever lost.
    return Tally(len(set(items.values_list("slot_id", flat=True))), _people(booked, taken))


def _taken_lately(trust: str, as_of: datetime) -> QuerySet[LostSlot]:
    given_back = Q(slot__status=Slot.Status.FREE, was_booked=False)
    return (
        LostSlot.objects.of_trust(trust)
        .filter(
            loss__state=Loss.State.PASSED,
            outcome=LostSlot.Outcome.TAKEN,
            done_at__gt=as_of - WINDOW,
            slot__start__gt=as_of,
        )
        .exclude(given_back)
    )


def _tally(slots: QuerySet[Slot]) -> Tally:
    free = slots.filter(status=Slot.Status.FREE)
    booked = free.filter(free_at=None)
    return Tally(free.count(), _people(booked, AppointmentPart.objects.filter(live=True)))


def _people(booked: QuerySet[Slot], parts: QuerySet[AppointmentPart]) -> int:
    """Return how many people have these seats: a scan may take several, its `parts` among them."""
    here = parts.filter(slot__in=booked.values("pk"))
    further = here.values("slot").distinct().count()
    if not further:
        return booked.count()
    without_first = here.exclude(appointment__slot__in=booked.values("pk"))
    return booked.count() - further + without_first.values("appointment").distinct().count()
