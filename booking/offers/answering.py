"""The answer to an offer: yes or no, by whatever door it comes. `now` is passed in, aware, UTC."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from booking.appointments import booking, holds
from booking.appointments.booking import AT_ONCE
from booking.changes import feed_locks
from booking.identifiers.actors import CLOCK, PATIENT, Actor
from booking.models import Appointment, Offer
from booking.offers import ending, standing

State = Offer.State
GONE = (holds.HoldExpired, holds.SlotTaken, holds.SlotNotSuitable)
"""What booking raises of a time that cannot be had."""


class OfferOver(Exception):
    """The offer can be answered no more. Carries it, and what became of it."""

    def __init__(self, offer: Offer, state: Offer.State) -> None:
        """Remember which, and its state as of now: its time may be up and nothing written yet."""
        super().__init__(f"offer {offer.pk} is {state}")
        self.offer, self.state = offer, state


class _EndedMeanwhile(Exception):
    """The slot was had, but the offer had ended in the same moment: nothing is booked."""


def accept(
    offer: Offer, *, now: datetime, actor: Actor, undo_window: timedelta = AT_ONCE
) -> Appointment | None:
    """Book what is offered. None if they must wait: somebody before them may still say yes.

    An appointment that they have moves, and its slot is freed in the same transaction. Saying yes
    again to what was accepted answers the appointment. Raises OfferOver, and what booking.book
    raises of answers and clashes (MustPhone, QuestionsOpen, TimesOverlap): the offer is then as
    before.
    """
    offer = _fresh(offer)
    if offer.state == State.ACCEPTED:
        return _booked_by(offer)
    if not standing.can_be_taken(offer, now=now):
        raise OfferOver(offer, standing.state_of(offer, now=now))
    if _may_be_taken_before(offer, now):
        waits = Offer.objects.filter(pk=offer.pk, state=State.OPEN)
        if not waits.update(answered_at=offer.answered_at or now):
            raise _over(offer, now)
        return None
    return _book(offer, now, actor, undo_window)


def decline(offer: Offer, *, now: datetime, actor: Actor) -> None:
    """Let the offered slot go. Saying no again changes nothing. Raises OfferOver."""
    offer = _fresh(offer)
    if offer.state == State.DECLINED:
        return
    if not standing.can_be_taken(offer, now=now):
        raise OfferOver(offer, standing.state_of(offer, now=now))
    with transaction.atomic():
        one = Offer.objects.filter(pk=offer.pk)
        if not ending.end_answered(one, State.DECLINED, now, actor):
            raise _over(offer, now)
        ending.let_go_on_commit(now)
        transaction.on_commit(lambda: settle(now=now), robust=True)


def settle(*, now: datetime) -> int:
    """Book for those who said yes and waited, once nobody before them can; return how many.

    The actor is the patient: they said so. Who cannot have it after all keeps what they have.
    """
    said_yes = Offer.objects.filter(state=State.OPEN, answered_at__isnull=False)
    booked = 0
    for offer in said_yes.order_by("slot", "wave", "rank").select_related("slot", "referral"):
        fresh = _fresh(offer)
        if fresh.state == State.OPEN and not _may_be_taken_before(fresh, now):
            booked += _book_at_last(fresh, now)
    return booked


def _book_at_last(offer: Offer, now: datetime) -> bool:
    """Book for somebody who waited. The time may have run out while no worker ran."""
    try:
        if not standing.can_be_taken(offer, now=now):
            holds.hold(offer.referral, offer.slot_id, now=now, until=now + holds.HOLD)
        return _book(offer, now, PATIENT, AT_ONCE) is not None
    except (*GONE, OfferOver, holds.ReferralEnded):
        ending.end_as_gone([offer.slot_id], now=now, actor=CLOCK)
    except booking_refusals():
        ending.end_as_missed(offer, now=now, actor=CLOCK)
    return False


def booking_refusals() -> tuple[type[Exception], ...]:
    """Return why a yes is not enough: something must be asked first, or they are elsewhere."""
    from booking.appointments.clashes import TimesOverlap
    from booking.exams.questions.outcomes import MustPhone, QuestionsOpen

    return (TimesOverlap, MustPhone, QuestionsOpen)


def _book(offer: Offer, now: datetime, actor: Actor, undo_window: timedelta) -> Appointment:
    _have_it_kept(offer, now)
    try:
        with transaction.atomic():
            booked = booking.book(
                offer.referral,
                offer.slot_id,
                now=now,
                actor=actor,
                undo_window=undo_window,
                reason=f"offer {offer.reference}",
            )
            # booking/offers/following.py has written it: unless something else became of the
            # offer in the same moment, and then nothing is booked on it.
            if not Offer.objects.filter(pk=offer.pk, state=State.ACCEPTED).exists():
                raise _EndedMeanwhile
    except (*GONE, holds.ReferralEnded, _EndedMeanwhile):
        raise _over(offer, now) from None
    return booked


def _have_it_kept(offer: Offer, now: datetime) -> None:
    """Hand over the slot of a wave to whose turn it is."""
    holder = offer.slot.held_by
    if holder is None or holder.pk == offer.referral_id:
        return
    with transaction.atomic():
        feed_locks.lock_feeds_shared([offer.slot.trust_id])
        if holds.hand_over(holder, offer.referral, offer.kept_until, now=now):
            wave = Offer.objects.filter(slot=offer.slot_id, wave=offer.wave, is_kept=True)
            wave.update(is_kept=False)
            Offer.objects.filter(pk=offer.pk).update(is_kept=True)


def _may_be_taken_before(offer: Offer, now: datetime) -> bool:
    """Return whether somebody before them may still have it: asked in time, or said yes."""
    return (
        standing.comes_before(offer)
        .filter(Q(until__gt=now) | Q(answered_at__isnull=False))
        .exists()
    )


def _fresh(offer: Offer) -> Offer:
    return Offer.objects.select_related(
        "referral__patient", "referral__exam", "slot__site", "slot__held_by", "appointment__site"
    ).get(pk=offer.pk)


def _booked_by(offer: Offer) -> Appointment:
    """Return the appointment that a yes made, if it stands as it was made."""
    live = booking.live_appointment(offer.referral)
    if live is None or live.slot_id != offer.slot_id:
        raise OfferOver(offer, State.ACCEPTED)
    return live


def _over(offer: Offer, now: datetime) -> OfferOver:
    """Return what became of an offer that could not be had a moment ago."""
    offer = _fresh(offer)
    state = standing.state_of(offer, now=now)
    return OfferOver(offer, State.GONE if state == State.OPEN else state)
