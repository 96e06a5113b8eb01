"""What a feed would take away: gathered while its body is read.

It is settled at the end of the body (booking/exchange/feeds/settling.py). What the feed names again
is dropped from it, so that what is done at last is what it still says.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from booking.exchange.feeds import brake
from booking.identifiers.actors import Actor, ActorKind
from booking.models import FROZEN, OFF_SALE, Loss, LostSlot, Slot
from booking.worklists import rows, subjects

TO_DO = [Loss.State.PASSED, Loss.State.RELEASED]
"""A loss in one of these is to be done, whoever decided it: also if its process died meanwhile."""
State = Loss.State
NOBODY = (None, None)


def add(
    trust: str,
    slot_ids: Collection[int],
    why: LostSlot.Why,
    *,
    now: datetime,
    line: str = "",
) -> list[datetime]:
    """Put seats into the trust's open loss, and off sale; return their starts.

    What a lead keeps is left alone until then, unless its trust's own `line` says something newer
    than what the lead saw. Belongs in a turn of the trust's feed.
    """
    if not slot_ids:
        return []
    loss, _ = Loss.objects.get_or_create(
        trust_id=trust, state=State.OPEN, defaults={"begun_at": now}
    )
    known = LostSlot.objects.filter(slot_id__in=slot_ids, done_at=None)
    left_alone = known.filter(kept_until__gt=now)
    if line:
        left_alone = left_alone.filter(line=line)
    kept = set(left_alone.values_list("slot_id", flat=True))
    there = set(known.values_list("slot_id", flat=True))
    again = known.exclude(slot_id__in=kept)
    again.update(loss=loss, why=why, line=line, kept_until=None)
    news = [pk for pk in slot_ids if pk not in there]
    holds = _holds(news, now)
    LostSlot.objects.bulk_create(
        LostSlot(
            loss=loss, slot_id=pk, why=why, line=line,
            held_by_id=holds.get(pk, NOBODY)[0], held_until=holds.get(pk, NOBODY)[1],
        )
        for pk in news
    )  # fmt: skip
    return take_off_sale([pk for pk in slot_ids if pk not in kept])


def _holds(slot_ids: Collection[int], now: datetime) -> dict[int, tuple[int, datetime]]:
    """Return who has which of these slots on hold, and until when."""
    held = Slot.objects.filter(
        pk__in=slot_ids, status=Slot.Status.FREE, held_by__isnull=False, free_at__gt=now
    ).exclude(free_at=OFF_SALE)
    found = held.values_list("pk", "held_by", "free_at")
    return {pk: (who, until) for pk, who, until in found if until}


def take_off_sale(slot_ids: Collection[int]) -> list[datetime]:
    """Keep seats from everybody who has not booked them; return their starts.

    Their line is forgotten, so that the next one counts, even the one that we knew.
    """
    slots = Slot.objects.filter(pk__in=slot_ids)
    slots.update(line_digest=0)
    on_sale = slots.filter(status=Slot.Status.FREE, free_at__isnull=False)
    on_sale.exclude(free_at=FROZEN).update(free_at=OFF_SALE, held_by=None)
    return list(slots.values_list("start", flat=True))


def drop(slot_ids: Collection[int], *, now: datetime) -> None:
    """Take seats out of their loss: their feed says that they stand, or what else they are.

    Not those whose place itself has moved or has no scanner any more: of that it knows nothing.
    Belongs before it is written.
    """
    if not slot_ids:  # as of a push of new times alone
        return
    named = LostSlot.objects.filter(slot_id__in=slot_ids)
    _drop(named.exclude(why__in=[LostSlot.Why.SITE, LostSlot.Why.MACHINE]), now)


def drop_moved(slot_ids: Collection[int], *, now: datetime) -> None:
    """Take seats out of their loss that are at their place again, with a scanner there."""
    why = [LostSlot.Why.PLACE, LostSlot.Why.STOP, LostSlot.Why.MACHINE]
    _drop(LostSlot.objects.filter(why__in=why, slot_id__in=slot_ids), now)


def _drop(items: QuerySet[LostSlot], now: datetime) -> None:
    _end_past(items, now)
    items.filter(done_at=None).update(done_at=now, outcome=LostSlot.Outcome.NAMED)


def force(trust: str, *, is_forced: bool) -> None:
    """Have a trust's open loss held whatever it counts, or no longer."""
    Loss.objects.filter(trust_id=trust, state=State.OPEN).update(is_forced=is_forced)


def has_any(trust: str) -> bool:
    """Whether a trust has a loss that is open, or still to be done."""
    unfinished = Q(state__in=TO_DO, slots__done_at=None, slots__isnull=False)
    return Loss.objects.of_trust(trust).filter(Q(state=State.OPEN) | unfinished).exists()


def unfinished(trust: str) -> list[Loss]:
    """Return the losses that were decided and are not yet done."""
    losses = Loss.objects.of_trust(trust).filter(state__in=TO_DO, slots__done_at=None)
    return list(losses.exclude(slots=None).distinct().order_by("pk"))


def held_reason(trust: str, *, now: datetime) -> str:
    """Say what of a trust's feed is held; empty if nothing is."""
    loss = Loss.objects.filter(trust_id=trust, state=State.OPEN).exclude(held_at=None).first()
    if loss is None:
        return ""
    waits = brake.waiting(loss, now)
    return (
        f"Held: {waits.times} times, {waits.booked} of them booked, would be taken away, "
        "more than we do unasked. They are off sale. Nothing else is done until a lead agrees."
    )


def hold(loss: Loss, *, now: datetime) -> None:
    """Ask a lead about a loss, once."""
    if loss.held_at is None:
        Loss.objects.filter(pk=loss.pk).update(held_at=now)
    waits = brake.waiting(loss, now)
    rows.open_row(
        rows.Kind.FEED_HELD,
        subjects.of_feed(loss.trust_id),
        f"{loss.trust.name} would take away {waits.times} times, {waits.booked} of them booked. "
        "A lead decides."[:200],
        now=now,
        actor=Actor(ActorKind.FEED, loss.trust_id),
    )


def close(
    loss: Loss, state: Loss.State, outcome: str, *, now: datetime, actor: Actor | None = None
) -> bool:
    """Decide an open loss; False if somebody else was first. Its row leaves the list."""
    by = actor or Actor(ActorKind.FEED, loss.trust_id)
    closed = Loss.objects.filter(pk=loss.pk, state=State.OPEN).update(
        state=state, decided_at=now, decided_by=by
    )
    if closed:
        about = subjects.of_feed(loss.trust_id)
        rows.close_about(rows.Kind.FEED_HELD, about, outcome, now=now, actor=by)
    return bool(closed)


def end_past(loss: Loss, now: datetime) -> None:
    """Drop the seats whose time has come: nobody can be told of them any more."""
    _end_past(LostSlot.objects.filter(loss=loss), now)


def _end_past(items: QuerySet[LostSlot], now: datetime) -> None:
    past = items.filter(done_at=None, slot__start__lte=now)
    past.filter(slot__status=Slot.Status.FREE, slot__free_at=None).update(was_booked=True)
    past.update(done_at=now, outcome=LostSlot.Outcome.PAST)
