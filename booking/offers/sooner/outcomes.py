"""What the end of an offer means for the list: a yes leaves it, a no costs nothing, three silences
pause it. Receives booking.offers.signals.offer_ended (connected in BookingConfig.ready).
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from booking.appointments.signals import appointment_changed
from booking.appointments.undo import UNDO
from booking.identifiers.actors import Actor
from booking.messages import texts
from booking.models import Appointment, AuditAction, Offer
from booking.models.appointment import LIVE
from booking.offers.signals import offer_ended
from booking.offers.sooner import wishes
from booking.worklists import rows, subjects

State = Offer.State
OUTCOMES = {State.ACCEPTED: "booked", State.DECLINED: "reached"}
"""How the row of who was to be phoned closes, by what became of the offer; else: no longer so."""


@receiver(offer_ended, dispatch_uid="booking.offers.sooner.outcomes.follow")
def follow(*, offer: Offer, now: datetime, actor: Actor, **_signal: Any) -> None:
    """Keep the list true when an offer of something sooner is open no more."""
    if offer.why != Offer.Why.SOONER:
        return
    _close_row(offer, now, actor)
    if offer.state == State.LAPSED and not offer.answered_at:
        _note_silence(offer, now, actor)
    elif offer.answered_at or offer.state in (State.ACCEPTED, State.DECLINED):
        took = offer.state == State.ACCEPTED
        wishes.note_answer(offer.referral, took=took, now=now, actor=actor)


@receiver(appointment_changed, dispatch_uid="booking.offers.sooner.outcomes.follow_undo")
def follow_undo(
    *, appointment: Appointment, action: AuditAction, now: datetime, actor: Actor, **_signal: Any
) -> None:
    """Put on the list again whose yes a clerk took back: they have the time of before."""
    if action != AuditAction.UNDONE:
        return
    taken = Offer.objects.filter(
        referral=appointment.referral_id,
        why=Offer.Why.SOONER,
        state=State.ACCEPTED,
        ended_at__gte=now - UNDO,
    )
    if taken.exclude(slot=appointment.slot_id).exists() and wishes.wish_of(appointment.referral):
        with suppress(wishes.NotForSooner):
            wishes.keep_on(appointment.referral, now=now, actor=actor)


def _note_silence(offer: Offer, now: datetime, actor: Actor) -> None:
    """Count it for who was texted; whoever a clerk did not come to phone was not silent."""
    if offer.channel != Offer.Channel.TEXT:
        return
    if wishes.note_silence(offer.referral, now=now, actor=actor):
        for booked in _booked(offer):
            texts.tell_paused(booked, offer.reference, now)


def _booked(offer: Offer) -> Iterable[Appointment]:
    """Return what they have and keep: one at most."""
    live = Appointment.objects.filter(referral=offer.referral, status__in=LIVE)
    return live.select_related("referral__exam", "referral__patient", "site")


def _close_row(offer: Offer, now: datetime, actor: Actor) -> None:
    if offer.channel == Offer.Channel.PHONE and offer.appointment:
        about = subjects.of_appointment(offer.appointment, subjects.Topic.SOONER)
        outcome = OUTCOMES.get(State(offer.state), "resolved")
        rows.close_about(rows.Kind.SOONER, about, outcome, now=now, actor=actor)
