"""The end of offers that nobody answered, or that are not needed or there any more."""

from collections.abc import Iterable
from datetime import datetime

from booking.identifiers.actors import Actor
from booking.models import Offer


def state_of(offer: Offer, *, now: datetime) -> Offer.State:
    """Return what has become of an offer as of now, whether or not it is written down yet."""
    raise NotImplementedError


def end_due(*, now: datetime) -> int:
    """End the offers whose time is up, or whose slot is gone; return how many."""
    raise NotImplementedError


def withdraw(offers: Iterable[Offer], *, now: datetime, actor: Actor) -> int:
    """Take back offers that are not needed any more; return how many were still open."""
    raise NotImplementedError
