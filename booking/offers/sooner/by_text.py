"""SOONER and LATER by text: onto the list for something sooner with plain wishes, and off it."""

from datetime import datetime

from booking.identifiers.actors import PATIENT
from booking.messages import texts
from booking.models import Appointment, SoonerWish
from booking.offers.sooner import wishes
from booking.offers.sooner.wishes import NotForSooner, Wanted, WhyNot
from booking.search.origin import home_of

NOTICE_DAYS, MINUTES = 2, 45
"""What somebody wishes who only writes SOONER: the text that answers says so, and where to say
more. Whose home is not known is asked about the place where they are booked alone."""


def join(appointment: Appointment, inbound_id: str, now: datetime) -> str:
    """Put a patient on the list as they wished before, else plainly; return what was done."""
    referral = appointment.referral
    try:
        if wishes.wish_of(referral):
            wishes.keep_on(referral, now=now, actor=PATIENT)
        else:
            home = home_of(referral.patient)
            near = Wanted(NOTICE_DAYS, within_minutes=MINUTES, origin=home)
            wanted = near if home else Wanted(NOTICE_DAYS, sites=(appointment.site_id,))
            wishes.put_on(referral, wanted, door=SoonerWish.Door.TEXT, now=now, actor=PATIENT)
    except NotForSooner as refusal:
        if refusal.why != WhyNot.ORDERED:
            return ""
        texts.answer_reply(appointment, "answer_sooner_not", inbound_id, now)
        return "cannot be sooner"
    texts.answer_reply(appointment, "answer_sooner_on", inbound_id, now)
    return "on the list for sooner"


def leave(appointment: Appointment, inbound_id: str, now: datetime) -> str:
    """Take a patient off the list; empty for whoever never was on it: they mean something else."""
    if wishes.wish_of(appointment.referral) is None:
        return ""
    wishes.take_off(appointment.referral, now=now, actor=PATIENT)
    texts.answer_reply(appointment, "answer_sooner_off", inbound_id, now)
    return "off the list for sooner"
