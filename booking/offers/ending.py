"""The end of offers: nobody answered, nobody needs them any more, or their time is gone.

An end is one conditional UPDATE of the row. The slot of one that nobody took is let go in a
transaction of its own, right after the commit, as slots are locked before anything else
(docs/locking.md); what a killed process leaves the clock lets go.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from booking.appointments import holds
from booking.changes import feed_locks
from booking.identifiers.actors import CLOCK, Actor
from booking.messages import offer_texts
from booking.models import Appointment, AuditAction, AuditEntry, Offer, Referral
from booking.models.appointment import LIVE
from booking.offers import standing
from booking.offers.freed import note_freed
from booking.offers.signals import offer_ended

State = Offer.State
ANSWERS = (State.ACCEPTED, State.DECLINED)
BATCH = 500
"""Offers that one transaction ends."""
_OPEN = Q(state=State.OPEN)
_ANSWERABLE = _OPEN | Q(state=State.LAPSED, is_kept=True, why__in=standing.PRESSES)


def end_due(*, now: datetime, actor: Actor = CLOCK) -> int:
    """End the offers whose time is up or whose slot is gone; return how many.

    The number of queries does not depend on how many are open. What nobody took is let go.
    """
    open_ones = Offer.objects.filter(state=State.OPEN)
    late = open_ones.filter(until__lte=now, answered_at=None)
    gone = open_ones.exclude(standing.kept(now))
    ended = _end_all(gone.exclude(pk__in=late.values("pk")), State.GONE, now, actor)
    ended += _end_all(late, State.LAPSED, now, actor)
    let_go(now=now)
    return ended


def withdraw(offers: Iterable[Offer], *, now: datetime, actor: Actor) -> int:
    """Take back offers that are not needed any more; return how many were still open.

    The patient is not told by this, and a text that has not left is not sent.
    """
    open_ones = Offer.objects.filter(pk__in=[one.pk for one in offers], state=State.OPEN)
    return _end_all(open_ones, State.WITHDRAWN, now, actor)


def withdraw_all_of(
    referrals: Collection[Referral], *, now: datetime, actor: Actor, why: Collection[str] = ()
) -> int:
    """Take back every open offer of these referrals, or those that were made for these reasons.

    Belongs in the transaction of what ended, merged or changed them.
    """
    theirs = Offer.objects.filter(referral__in=referrals, state=State.OPEN)
    return _end_all(theirs.filter(why__in=why) if why else theirs, State.WITHDRAWN, now, actor)


def end_gone_of(trust: str, *, now: datetime, actor: Actor) -> int:
    """End the open offers at a trust whose slots are not kept any more: its feed took them away."""
    gone = Offer.objects.filter(state=State.OPEN).exclude(standing.kept(now))
    # Whose they are is told here: asked for those of the trust, all of its slots would be read.
    keys = [pk for pk, whose in gone.values_list("pk", "slot__trust") if whose == trust]
    return _end_all(gone.filter(pk__in=keys), State.GONE, now, actor) if keys else 0


def end_as_gone(slot_ids: Collection[int], *, now: datetime, actor: Actor) -> int:
    """End the open offers of slots that their trust took away, or somebody else has."""
    about = Offer.objects.filter(slot__in=slot_ids, state=State.OPEN)
    return _end_all(about, State.GONE, now, actor)


def end_as_missed(offer: Offer, *, now: datetime, actor: Actor) -> None:
    """End one offer that somebody said yes to and cannot have: they are told, others still may."""
    _end_all(Offer.objects.filter(pk=offer.pk, state=State.OPEN), State.GONE, now, actor)


def lapse(offers: Iterable[Offer], *, now: datetime, actor: Actor) -> int:
    """End offers that nobody answered in time; return how many were still open."""
    open_ones = Offer.objects.filter(pk__in=[one.pk for one in offers], state=State.OPEN)
    return _end_all(open_ones, State.LAPSED, now, actor)


def end_answered(offers: QuerySet[Offer], state: Offer.State, now: datetime, actor: Actor) -> int:
    """End offers by an answer, in the transaction of what it does; return how many there were.

    One that lapsed while its slot is kept may be answered all the same: then its end is told again.
    """
    return _end_locked(offers, state, now, actor, still=_ANSWERABLE)


def let_go(*, now: datetime) -> int:
    """Free the slots of offers that ended and that nobody took; return how many offers.

    Not where somebody of the same wave is still asked, nor what is kept although nobody answered,
    unless they booked otherwise. Belongs in no transaction.
    """
    rest = Offer.objects.filter(slot=OuterRef("slot"), state=State.OPEN)
    done = Q(kept_until__lte=now) | ~Q(state=State.LAPSED, why__in=standing.PRESSES) | Q(_done())
    waiting = Offer.objects.filter(done, ~Exists(rest), is_kept=True).exclude(state=State.OPEN)
    found = list(waiting.select_related("referral", "slot").order_by("ended_at", "pk")[:BATCH])
    for offer in found:
        with transaction.atomic():
            feed_locks.lock_feeds_shared([offer.slot.trust_id])
            freed = holds.release_offered(offer.referral, offer.kept_until)
            if Offer.objects.filter(pk=offer.pk, is_kept=True).update(is_kept=False):
                note_freed(freed, now=now, depth=offer.depth)
    return len(found)


def let_go_on_commit(now: datetime) -> None:
    """Let go of what ended in this transaction as soon as it is committed."""
    transaction.on_commit(lambda: let_go(now=now), robust=True)


def _done() -> Q:
    """Return what is true of offers whose referral needs them no more."""
    live = Appointment.objects.filter(
        referral=OuterRef("referral"), status__in=LIVE, booked_at__gte=OuterRef("made_at")
    )
    return Q(Exists(live)) | Q(referral__ended_at__isnull=False)


def _end_all(offers: QuerySet[Offer], state: Offer.State, now: datetime, actor: Actor) -> int:
    """End open offers, a batch a transaction; return how many."""
    total = 0
    while True:
        with transaction.atomic():
            ended = _end_locked(offers, state, now, actor)
            if ended:
                let_go_on_commit(now)
        total += ended
        if ended < BATCH:
            return total


def _end_locked(
    offers: QuerySet[Offer], state: Offer.State, now: datetime, actor: Actor, still: Q = _OPEN
) -> int:
    """End a batch of offers that are `still` so once they are locked; tell who asked for them."""
    keys = list(offers.order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not keys:
        return 0
    # An answer that waits for this lock finds the offer ended; one that has the lock ends it.
    same = Offer.objects.filter(still, pk__in=keys)
    locked = list(
        same.select_for_update(no_key=True, of=("self",))
        .select_related("referral__patient", "referral__exam", "slot__site", "appointment__site")
        .order_by("pk")
    )
    answered = {"answered_at": now} if state in ANSWERS else {}
    Offer.objects.filter(pk__in=[one.pk for one in locked]).update(
        state=state, ended_at=now, **answered
    )
    AuditEntry.objects.bulk_create(_entry(one, state, now, actor) for one in locked)
    for offer in locked:
        offer.state, offer.ended_at = state, now
        offer.answered_at = answered.get("answered_at", offer.answered_at)
        if state != State.LAPSED:
            offer_texts.take_back(offer, now)
        if state == State.GONE and offer.answered_at:
            offer_texts.answer(offer, "answer_offer_missed", "missed", now)
        offer_ended.send(sender=Offer, offer=offer, now=now, actor=actor)
    return len(locked)


def _entry(offer: Offer, state: Offer.State, now: datetime, actor: Actor) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor=actor,
        action=AuditAction.OFFER_ENDED,
        patient_id=offer.referral.patient_id,
        referral_id=offer.referral_id,
        detail={"offer": offer.reference, "state": str(state)},
    )
