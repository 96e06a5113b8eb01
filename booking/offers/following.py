"""What offers hear of appointments: slots that became free, and who has booked.

Receives booking.appointments.signals.appointment_changed (connected in BookingConfig.ready): in
the transaction of the act, whose slots and appointment are written.
"""

from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Q
from django.dispatch import receiver

from booking.appointments.signals import anything_of, appointment_changed, told_where
from booking.identifiers.actors import CLOCK, Actor
from booking.models import Appointment, AuditAction, Offer
from booking.offers import ending
from booking.offers.freed import note_freed
from times.written import Filled

State = Offer.State
BOOKED = (AuditAction.BOOKED, AuditAction.MOVED)
_STANDS = Q(state=State.OPEN) | Q(state=State.LAPSED, is_kept=True)
NOTHING_TO_BRING_FORWARD = (Appointment.Status.CANCELLED, Appointment.Status.ATTENDED)
"""Whose appointment became so has no time any more that could be sooner. Whom the hospital took
the time from is not among them: they need the one that is kept for them more than before."""


def _offers(
    *, appointment: Appointment, action: AuditAction, freed: list[int], **_said: Any
) -> Filled | None:
    """Ask for the offers that an act may end; None where slots became free, which is told."""
    if freed:
        return None
    if action in BOOKED:
        return _OF_REFERRAL(referral=appointment.referral_id)
    return _OF_APPOINTMENT(appointment=appointment.pk)


_OF_REFERRAL = anything_of(
    lambda referral: Offer.objects.filter(_STANDS, referral_id=referral),
    referral=BigIntegerField(),
)
_OF_APPOINTMENT = anything_of(
    lambda appointment: Offer.objects.filter(appointment_id=appointment, state=State.OPEN),
    appointment=BigIntegerField(),
)


@receiver(appointment_changed, dispatch_uid="booking.offers.following.follow_appointment")
@told_where(_offers)
def follow_appointment(
    *,
    appointment: Appointment,
    action: AuditAction,
    now: datetime,
    actor: Actor,
    freed: list[int],
    **_signal: Any,
) -> None:
    """End the offers of who has booked or needs nothing sooner, by whatever door; write down which
    slots became free."""
    depth = 0
    if action in BOOKED:
        depth = _follow_booking(appointment, now, actor)
    elif appointment.status in NOTHING_TO_BRING_FORWARD:
        sooner = Offer.objects.filter(appointment=appointment, why=Offer.Why.SOONER)
        ending.withdraw(sooner.filter(state=State.OPEN), now=now, actor=actor)
    note_freed(freed, now=now, depth=depth)


def _follow_booking(appointment: Appointment, now: datetime, actor: Actor) -> int:
    """End the offers of one referral and slot; return how deep what it freed stands in a chain."""
    theirs = Offer.objects.filter(referral=appointment.referral_id)
    taken = theirs.filter(_STANDS, slot=appointment.slot_id)
    offer = taken.order_by("-pk").first()
    depth = 0
    if offer is not None:
        one = Offer.objects.filter(pk=offer.pk)
        if ending.end_answered(one, State.ACCEPTED, now, actor):
            one.update(is_kept=False)
            depth = offer.depth + 1
            _end_the_wave(offer, now)
    ending.withdraw(theirs.filter(state=State.OPEN), now=now, actor=actor)
    return depth


def _end_the_wave(offer: Offer, now: datetime) -> None:
    """End what others were offered of a slot that is taken; who was late has lapsed."""
    rest = Offer.objects.filter(slot=offer.slot_id, state=State.OPEN).exclude(pk=offer.pk)
    late = rest.filter(until__lte=now, answered_at=None)
    ending.lapse(late, now=now, actor=CLOCK)
    ending.end_as_gone([offer.slot_id], now=now, actor=CLOCK)
