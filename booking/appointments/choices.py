"""Which slots somebody has who chooses one: that slot, or the first of several (exams/runs.py).

Choosing is by the first slot alone; the rest is found here, by the same rule for a hold, a booking
and a page. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from booking.changes import feed_locks
from booking.exams import fit, overlaps, reserved, runs
from booking.exams.needed import needed_of
from booking.exams.runs import Choice, Piece, Pool
from booking.models import Appointment, AppointmentPart, Referral, Slot
from booking.models.appointment import LIVE, Visit

A_DAY = timedelta(hours=24)
"""What is chosen with a slot starts less than that after it."""


def on_slots(slot_ids: Collection[int] | QuerySet[Any, Any]) -> Q:
    """Return what is true of live appointments that have one of these slots, as whatever part.

    `slot_ids` is a list of them, or a query.
    """
    parts = AppointmentPart.objects.filter(slot__in=slot_ids, live=True)
    return Q(slot__in=slot_ids) | Q(pk__in=parts.values("appointment"))


def free_for(referral: Referral, slot: Slot, *, now: datetime) -> Choice | None:
    """Return what a referral can have now with a slot as the first; None if there is too little.

    What it has already, held or booked, it can have. Nothing is asked about the slot itself.
    """
    is_open = reserved.is_open(needed_of(referral, now=now), now=now)
    return _choose(referral, slot, Q(free_at__lte=now) & is_open, now)


def kept_for(referral: Referral, slot: Slot, *, now: datetime) -> Choice | None:
    """Return what a referral has now, held or booked, with a slot as the first.

    Nothing is asked about the slot itself.
    """
    return _choose(referral, slot, Q(), now)


def visits_of(referral: Referral, slot: Slot, *, now: datetime) -> list[Visit]:
    """Return when a referral would be there that chooses a slot, or has chosen it.

    Where too little is free any more it is the slot alone.
    """
    live = Appointment.objects.filter(referral=referral, slot=slot, status__in=LIVE).first()
    if live is not None:
        return live.visits()
    choice = kept_for(referral, slot, now=now) or free_for(referral, slot, now=now)
    return choice.visits() if choice else [(slot.start, slot.end)]


def booked_slots(referral: Referral) -> list[int]:
    """Return the keys of the slots of a referral's live appointment, if it has one."""
    live = Appointment.objects.filter(referral=referral, status__in=LIVE).first()
    return live.slot_ids() if live else []


def lock_several(trust: str, slot_ids: Collection[int]) -> None:
    """Lock slots of one choice in the order of their keys, after the feed of their trust.

    Of one slot nothing is done: the UPDATE of it locks it. Until the transaction ends.
    """
    if len(slot_ids) > 1:
        feed_locks.lock_feeds_shared([trust])
        slots = Slot.objects.select_for_update(no_key=True).filter(pk__in=slot_ids)
        list(slots.order_by("pk").values_list("pk", flat=True))


def _choose(referral: Referral, slot: Slot, which: Q, now: datetime) -> Choice | None:
    exam = referral.exam
    first = Piece(
        slot.pk,
        slot.trust_id,
        slot.schedule_id,
        None,
        slot.site_id,
        slot.modality,
        slot.start,
        slot.end,
    )
    if not runs.takes_more(exam, first):
        return Choice((first,))
    has = Q(held_by=referral, free_at__gt=now) | Q(pk__in=booked_slots(referral))
    near = Slot.objects.filter(
        which | has if which else has,
        trust_id=slot.trust_id,
        site_id=slot.site_id,
        start__gt=slot.start,
        start__lt=slot.start + A_DAY,
    )
    can_be_had = overlaps.without_blocked(
        fit.able(near, exam, needed=needed_of(referral, now=now)), now=now, referral=referral
    )
    return runs.choose(exam, first, Pool(runs.pieces(can_be_had)))
