"""Make an offer: hold the slot, write it down, tell the patient."""

from dataclasses import dataclass
from datetime import datetime

from booking.identifiers.actors import Actor
from booking.models import Appointment, Offer, Referral


class AlreadyOffered(Exception):
    """Somebody is being asked about this slot, or this person for the same reason, already."""


@dataclass(frozen=True)
class Terms:
    """What is offered besides the slot: why, until when it can be answered, and how they are asked.

    `kept_until` is how long the slot is kept at the longest, `until` if it is left out: later where
    silence does not lose it. `appointment` is what it would replace, or what was lost. `wave`,
    `rank` and `depth` are as in Offer.
    """

    why: Offer.Why
    until: datetime
    channel: Offer.Channel = Offer.Channel.TEXT
    kept_until: datetime | None = None
    appointment: Appointment | None = None
    wave: int = 1
    rank: int = 0
    depth: int = 0


def make(referral: Referral, slot_id: int, terms: Terms, *, now: datetime, actor: Actor) -> Offer:
    """Hold a slot for a referral and write down that it is offered; nobody is told by this.

    Of a wave only the first in order has the slot held. In a transaction it belongs after
    feed_locks.lock_feeds_shared of the slot's trust. Raises SlotTaken, SlotNotSuitable,
    ReferralEnded and AlreadyOffered.
    """
    raise NotImplementedError


def tell(offer: Offer, *, now: datetime) -> None:
    """Write the text that asks, unless a person phones (`offer.channel`). In a transaction."""
    raise NotImplementedError
