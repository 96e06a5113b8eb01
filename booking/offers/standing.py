"""How an offer stands at a moment, whether or not that is written down yet: conditions only."""

from datetime import datetime

from django.db.models import F, Q, QuerySet

from booking.models import Offer

State = Offer.State
PRESSES = (Offer.Why.DISPLACED, Offer.Why.URGENT)
"""Of these, silence may leave the slot kept beyond the deadline (`kept_until`)."""


def kept(now: datetime) -> Q:
    """Return what is true of offers whose slot is still kept for them, or for their wave."""
    return Q(slot__held_by__isnull=False, slot__hold_limit=F("kept_until"), slot__free_at__gt=now)


def open_offers() -> QuerySet[Offer]:
    """Return the offers of which nothing has become yet, with what their texts and pages say."""
    return Offer.objects.filter(state=State.OPEN).select_related(
        "referral__patient", "referral__exam", "slot__site", "appointment__site"
    )


def state_of(offer: Offer, *, now: datetime) -> Offer.State:
    """Return what has become of an offer as of now.

    Its time may be up, or its slot gone, before the clock has written so. Who said yes in time and
    waits for somebody before them is not late.
    """
    if offer.state != State.OPEN:
        return State(offer.state)
    if offer.until <= now and offer.answered_at is None:
        return State.LAPSED
    return State.OPEN if _is_kept(offer, now) else State.GONE


def can_be_taken(offer: Offer, *, now: datetime) -> bool:
    """Return whether a yes counts now: it is open, or late while its slot is kept all the same."""
    state = state_of(offer, now=now)
    if state == State.LAPSED:
        return offer.why in PRESSES and offer.kept_until > now and _is_kept(offer, now)
    return state == State.OPEN


def comes_before(offer: Offer) -> QuerySet[Offer]:
    """Return the offers of the same wave that are before this one and open."""
    return Offer.objects.filter(
        state=State.OPEN, slot=offer.slot_id, wave=offer.wave, rank__lt=offer.rank
    )


def _is_kept(offer: Offer, now: datetime) -> bool:
    return Offer.objects.filter(kept(now), pk=offer.pk).exists()
