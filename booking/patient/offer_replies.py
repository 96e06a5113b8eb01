"""What a patient's reply does to an offer: YES or NO with its code, or bare if it was the question.

Nothing but a plain yes or no is an answer: a yes to an offer gives up the time that they have.
"""

from datetime import datetime

from booking.identifiers.actors import PATIENT
from booking.messages import offer_texts
from booking.models import Offer, Patient
from booking.offers import answering, standing
from booking.worklists import rows, subjects
from notifications import outbox
from notifications.models import OFFERS
from notifications.replies import Reply

State = Offer.State
OVER: dict[str, str] = {
    State.ACCEPTED: "answer_offer_yes_already",
    State.DECLINED: "answer_offer_no_already",
    State.LAPSED: "answer_offer_late",
    State.WITHDRAWN: "answer_offer_over",
    State.GONE: "answer_offer_gone",
}
"""What to say, by what became of the offer, to a reply that comes too late."""
TO_ASK = "They said yes to an offered time, and must be asked something first. Phone them."


def find_offer(reply: Reply) -> Offer | None:
    """Return the offer that a reply is about: by its code, or because it was the last question."""
    theirs = Offer.objects.select_related(
        "referral__patient", "slot__site", "appointment__site"
    ).filter(referral__patient__in=Patient.with_mobile(reply.number))
    if reply.code:
        return theirs.filter(code=reply.code).first()
    asked = outbox.last_question(reply.number_hash)
    if asked is None or asked.kind not in OFFERS:
        return None
    return theirs.filter(reference=asked.subject).first()


def is_plain(reply: Reply) -> bool:
    """Whether a reply is a yes or a no to an offer, and nothing more."""
    return reply.command in ("yes", "no") and not reply.more


def act_on(offer: Offer, reply: Reply, now: datetime) -> str:
    """Answer an offer by a plain reply, and the reply by what is so; return what was done."""
    state = standing.state_of(offer, now=now)
    if state == State.OPEN or standing.can_be_taken(offer, now=now):
        try:
            return _yes(offer, reply, now) if reply.command == "yes" else _no(offer, reply, now)
        except answering.OfferOver as over:
            state = over.state
    offer_texts.answer(offer, OVER[state], reply.inbound_id, now)
    return f"offer was {state} already"


def _yes(offer: Offer, reply: Reply, now: datetime) -> str:
    try:
        booked = answering.accept(offer, now=now, actor=PATIENT)
    except answering.booking_refusals():
        rows.open_row(
            rows.Kind.NEEDS_PERSON,
            subjects.of_reply(reply.inbound_id, offer.referral),
            TO_ASK,
            now=now,
            actor=PATIENT,
        )
        offer_texts.answer(offer, "answer_offer_ask", reply.inbound_id, now)
        return "said yes to an offer; must be asked"
    if booked is None:
        offer_texts.answer(offer, "answer_offer_wait", reply.inbound_id, now)
        return "said yes to an offer; waits"
    return "offer accepted"  # its own text says so


def _no(offer: Offer, reply: Reply, now: datetime) -> str:
    answering.decline(offer, now=now, actor=PATIENT)
    keeps = offer.appointment is not None and offer.appointment.is_live
    wording = "answer_offer_no_kept" if keeps else "answer_offer_no"
    offer_texts.answer(offer, wording, reply.inbound_id, now)
    return "offer declined"
