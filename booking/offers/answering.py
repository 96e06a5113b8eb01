"""The answer to an offer: yes or no, by whatever door it comes."""

from datetime import datetime

from booking.identifiers.actors import Actor
from booking.models import Appointment, Offer


class OfferOver(Exception):
    """The offer can be answered no more. Carries it, and what became of it."""

    def __init__(self, offer: Offer, state: Offer.State) -> None:
        """Remember which, and its state as of now: its time may be up and nothing written yet."""
        super().__init__(f"offer {offer.pk} is {state}")
        self.offer, self.state = offer, state


def accept(offer: Offer, *, now: datetime, actor: Actor) -> Appointment | None:
    """Book what is offered. None if they must wait: somebody before them may still say yes.

    Saying yes again to what was accepted answers the appointment. Raises OfferOver, and what
    booking.book raises of safety and clashes: the offer is then open as before.
    """
    raise NotImplementedError


def decline(offer: Offer, *, now: datetime, actor: Actor) -> None:
    """Let the offered slot go. Saying no again changes nothing. Raises OfferOver."""
    raise NotImplementedError
