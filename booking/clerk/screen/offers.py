"""The times that are kept for the patient, who was asked whether they want them."""

from dataclasses import dataclass

from booking.clerk.screen.case import Case
from booking.models import Appointment
from booking.models.appointment import Visit
from booking.offers.showing import Shown, kept_visits


@dataclass(frozen=True)
class OfferLine:
    """One offer that can be answered; `mine` is the time that they keep unless they say yes."""

    shown: Shown
    visits: list[Visit]
    mine: Appointment | None


def show_offers(case: Case) -> list[OfferLine]:
    """Return the offers of the patient's requests that can be answered now."""
    return [
        OfferLine(
            one,
            kept_visits(one.offer, now=case.now),
            case.appointment_to_come(one.offer.referral),
        )
        for one in case.offers
    ]
