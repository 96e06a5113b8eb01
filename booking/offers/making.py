"""Make an offer: hold the slot, write it down, tell the patient."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from booking.appointments import holds
from booking.appointments.holds import SlotNotSuitable, SlotTaken
from booking.changes import audit, feed_locks
from booking.changes.transactions import must_be_in_transaction
from booking.exams import reserved
from booking.exams.fit import Misfit
from booking.exams.needed import needed_of
from booking.identifiers.actors import Actor
from booking.identifiers.codes import new_reference
from booking.messages import offer_texts, texts
from booking.models import Appointment, AuditAction, Offer, Referral, Slot
from booking.offers import showing

OPEN = Offer.State.OPEN


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

    What the referral has on hold already stays; the offered slot may be among it. Of a wave only
    the first in order has the slot held, the others wait behind. One transaction; inside another it
    comes before whatever locks slots. Raises SlotTaken, SlotNotSuitable, ReferralEnded and
    AlreadyOffered: nothing is then held or written.
    """
    slot = Slot.objects.select_related("site").filter(pk=slot_id).first()
    if slot is None:
        raise SlotNotSuitable
    with transaction.atomic():
        locked = Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        holds.require_open(locked)
        feed_locks.lock_feeds_shared([slot.trust_id])
        _must_be_new(referral, slot_id, terms)
        kept_until = terms.kept_until or terms.until
        if terms.rank == 0:
            slot = holds.hold(referral, slot_id, now=now, until=kept_until)
            kept_until = slot.hold_limit or kept_until
        else:
            kept_until = _must_be_behind(referral, slot, terms, now)
        try:
            with transaction.atomic():
                offer = _write(referral, slot, terms, kept_until, now)
        except IntegrityError:
            raise AlreadyOffered from None
        audit.write(
            AuditAction.OFFERED,
            now=now,
            actor=actor,
            referral=referral,
            offer=offer.reference,
            slot=slot.pk,
            why=str(terms.why),
        )
    return offer


def tell(offer: Offer, *, now: datetime) -> None:
    """Write the text that asks, unless a person phones or their page says it (`offer.channel`).

    Belongs in the transaction that made the offer, or a later one; twice it is one text.
    """
    must_be_in_transaction("Telling of an offer")
    if offer.channel == Offer.Channel.TEXT and offer.is_open:
        offer_texts.ask(offer, now, showing.kept_visits(offer, now=now))


def _must_be_new(referral: Referral, slot_id: int, terms: Terms) -> None:
    """Look before anything is held; two at once are told apart by the unique constraints."""
    asked = Offer.objects.filter(state=OPEN, referral=referral, why=terms.why)
    taken = Offer.objects.filter(state=OPEN, slot=slot_id, rank=terms.rank)
    if asked.exists() or taken.exists():
        raise AlreadyOffered


def _must_be_behind(referral: Referral, slot: Slot, terms: Terms, now: datetime) -> datetime:
    """Return until when the slot is kept for the wave that this offer is one of.

    Raises SlotTaken if it is not kept for it, and SlotNotSuitable.
    """
    holds.must_fit(referral, slot, now=now)
    needed = needed_of(referral, now=now)
    if reserved.is_kept_from(slot, needed, now=now):
        raise SlotNotSuitable(Misfit.RESERVED)
    before = Offer.objects.filter(state=OPEN, slot=slot, wave=terms.wave, rank__lt=terms.rank)
    first = before.order_by("rank").first()
    if first is None or not slot.free_at or slot.free_at <= now:
        raise SlotTaken(slot, referral.exam, needed)
    return first.kept_until


def _write(
    referral: Referral, slot: Slot, terms: Terms, kept_until: datetime, now: datetime
) -> Offer:
    lost = terms.appointment
    return Offer.objects.create(
        reference=new_reference(),
        code=texts.new_code(referral.patient),
        referral=referral,
        slot=slot,
        why=terms.why,
        channel=terms.channel,
        made_at=now,
        until=terms.until,
        kept_until=kept_until,
        is_kept=terms.rank == 0,
        appointment=lost,
        version=lost.version if lost else None,
        wave=terms.wave,
        rank=terms.rank,
        depth=terms.depth,
    )
