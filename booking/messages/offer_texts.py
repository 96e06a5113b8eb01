"""What patients are texted about an offer: the question, and the answer to their reply.

Each belongs inside the transaction of what it tells of. `now` is passed in, aware, UTC.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from booking.changes import transactions
from booking.messages import texts
from booking.models import Appointment, Offer
from booking.models.appointment import Visit
from notifications import outbox
from notifications.models import Kind, Message
from times.london import day_in_england, say_day, say_time, say_times

ONE = 1
"""An offer has no versions: what changes makes another offer."""
KINDS = {
    Offer.Why.DISPLACED: Kind.OFFER_DISPLACED,
    Offer.Why.SOONER: Kind.OFFER,
    Offer.Why.URGENT: Kind.OFFER_URGENT,
}


def ask(offer: Offer, now: datetime, visits: Sequence[Visit] = ()) -> Message | None:
    """Write the text that offers a time, once an offer; of no use once it cannot be answered.

    Of a lost time it is the news, too, that nobody should come: it goes when that may.
    `visits` are when they would be there, if that is more than the slot.
    """
    lost = offer.appointment if offer.why == Offer.Why.DISPLACED else None
    why = Offer.Why(offer.why)
    if why == Offer.Why.DISPLACED and lost is None:
        why = Offer.Why.URGENT  # there is no day of which to say that it cannot go ahead
    return _write(offer, _Text(KINDS[why], lost=lost, visits=visits), now)


def answer(offer: Offer, wording: str, inbound_id: str, now: datetime) -> Message | None:
    """Write the answer to a reply about an offer, once a reply."""
    return _write(offer, _Text(Kind.ANSWER, wording, inbound_id), now)


def take_back(offer: Offer, now: datetime) -> int:
    """Cancel what is not sent yet about an offer that cannot be answered any more."""
    return outbox.cancel_unsent(offer.reference, before_version=ONE + 1, now=now)


def say_until(offer: Offer) -> str:
    """Return until when it can be answered, as texts and pages say it."""
    return f"{say_time(offer.until)} on {say_day(offer.until)}"


class _Text(NamedTuple):
    """One text about an offer. `offset` tells one from the next; `lost` is what it replaces."""

    kind: Kind
    wording: str = ""
    offset: str = ""
    lost: Appointment | None = None
    visits: Sequence[Visit] = ()


def _write(offer: Offer, text: _Text, now: datetime) -> Message | None:
    transactions.must_be_in_transaction("A text")
    patient = offer.referral.patient
    if patient.died_at:
        return None
    lost = text.lost
    return outbox.enqueue(
        kind=text.kind,
        wording=text.wording,
        subject=offer.reference,
        version=ONE,
        offset=text.offset,
        to=patient.mobile,
        context={
            "first_name": patient.given_name,
            **_where(offer, text),
            "by": say_until(offer),
            "link": texts.link(offer.referral),
            "code": offer.code,
            "phone": settings.HELP_PHONE,
            "old_day": say_day(lost.start) if lost else "",
        },
        due_at=now,
        not_after=now + texts.AT_LEAST if text.offset else offer.until,
        on_day=day_in_england(lost.start) if lost else None,
        scan_at=lost.start if lost else None,
        now=now,
    )


def _where(offer: Offer, text: _Text) -> dict[str, str]:
    """Return when and where what is offered is, or the time of their own that they keep."""
    own = offer.appointment if text.wording == "answer_offer_no_kept" else None
    there = own or offer.slot
    visits = own.visits() if own else text.visits or [(there.start, there.end)]
    return {
        "when_time": say_times([start for start, _ in visits]),
        "when_day": say_day(there.start),
        "place": there.site.name,
    }
