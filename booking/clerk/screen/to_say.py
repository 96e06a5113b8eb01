"""What may be read to the caller of the chosen request, from what the screen has read already."""

from booking.clerk.screen.appointments import Appointments
from booking.clerk.screen.case import Case
from booking.clerk.screen.offers import OfferLine
from booking.clerk.screen.referrals import ReferralLine
from booking.clerk.script import Standing, what_to_say
from booking.pages.filters import say_journey
from booking.search.places import journey_to
from sites.postcodes import Origin


def show_to_say(
    case: Case,
    lines: list[ReferralLine],
    offers: list[OfferLine],
    appointments: Appointments,
    origin: Origin | None,
) -> list[str]:
    """Return what to say of the chosen request, a paragraph each; empty without one. No query."""
    line = next((one for one in lines if one.chosen), None)
    if line is None:
        return []
    referral, live = line.referral, line.booked
    mine = [one for one in case.appointments if one.referral_id == referral.pk]
    asked = next((one for one in offers if one.shown.offer.referral_id == referral.pk), None)
    coming = (one for one in appointments.coming if live and one.appointment.pk == live.pk)
    journey = journey_to(live.site_id, origin) if live else None
    return what_to_say(
        Standing(
            referral,
            case.now,
            live=live,
            last=next((one for one in mine if not one.is_live), None),
            offer=asked.shown.offer if asked else None,
            offered=asked.visits if asked else (),
            waits=bool(asked and asked.shown.waits),
            stop=next((one.stop for one in coming), None),
            why_not=case.no_text,
            questions_left=line.questions.left if line.questions else 0,
            journey=f"{say_journey(journey)}." if journey else "",
        )
    )
