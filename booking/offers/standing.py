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


def state_of(offer: Offer, *, now: datetime, is_kept: bool | None = None) -> Offer.State:
    """Return what has become of an offer as of now; `is_kept` if that was read with it.

    Its time may be up, or its slot gone, before the clock has written so. Who said yes in time and
    waits for somebody before them is not late.
    """
    if offer.state != State.OPEN:
        return State(offer.state)
    if offer.until <= now and offer.answered_at is None:
        return State.LAPSED
    is_kept = _is_kept(offer, now) if is_kept is None else is_kept
    return State.OPEN if is_kept else State.GONE


def can_be_taken(offer: Offer, *, now: datetime, is_kept: bool | None = None) -> bool:
    """Return whether a yes counts now: it is open, or late while its slot is kept all the same.

    `is_kept` if that was read with the offer.
    """
    state = state_of(offer, now=now, is_kept=is_kept)
    if state == State.LAPSED and offer.why in PRESSES and offer.kept_until > now:
        return _is_kept(offer, now) if is_kept is None else is_kept
    if state == State.LAPSED:
        return False
    return state == State.OPEN


def comes_before(offer: Offer) -> QuerySet[Offer]:
    """Return the offers of the same wave that are before this one and open."""
    return Offer.objects.filter(
        state=State.OPEN, slot=offer.slot_id, wave=offer.wave, rank__lt=offer.rank
    )


def was_kept(offer: Offer, *, now: datetime) -> bool:
    """Return whether a slot was kept for an offer when both were read together, as `kept` says."""
    slot = offer.slot
    is_held = slot.held_by_id is not None and slot.hold_limit == offer.kept_until
    return is_held and slot.free_at is not None and slot.free_at > now


def _is_kept(offer: Offer, now: datetime) -> bool:
    return Offer.objects.filter(kept(now), pk=offer.pk).exists()
