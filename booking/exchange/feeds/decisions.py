"""A lead decides about what a feed would take away: it goes ahead, or the times are kept.

Refusals are LossDecided (somebody else, or the feed itself, was first) and LossGrew (more is at
stake than was shown). `now` is passed in, aware, UTC.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from booking.appointments import places_changed
from booking.appointments.choices import on_slots
from booking.changes import audit, change_log, feed_locks
from booking.exchange.feeds import brake, losses, renumber, settling
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.identifiers.actors import Actor
from booking.models import EPOCH, OFF_SALE, AuditAction, Loss, LostSlot, Slot
from booking.offers.sooner import fed

KEPT_FOR = timedelta(hours=24)
"""How long times that a lead kept are not asked about again, though the feed still leaves them
out: long enough to mend it, short enough that a time that is really gone is not sold for long."""
LEFT_AFTER = timedelta(minutes=10)
"""A loss that nobody settled for so long was left by a process that died."""


class LossDecided(Exception):
    """There is nothing to decide any more: it was decided, or the feed names the times again."""


class LossGrew(Exception):
    """More would be taken away than whoever decides has seen."""


def held_loss(trust: str) -> Loss | None:
    """Return the loss of a trust that waits for a lead, if one does."""
    return held_losses([trust]).select_related("trust").first()


def held_losses(trusts: Collection[str]) -> QuerySet[Loss]:
    """Return what waits for a lead of any of these trusts."""
    return Loss.objects.of_trusts(trusts).filter(state=Loss.State.OPEN).exclude(held_at=None)


def release(loss: Loss, seen: brake.Tally, *, now: datetime, actor: Actor) -> Report:
    """Let a loss go ahead: what the feed still takes away is taken, and who is booked is told.

    `seen` is what whoever decides was shown. Raises LossDecided and LossGrew.
    """
    report, trust = Report(), loss.trust_id
    with transaction.atomic():
        _must_be(loss, seen, now)
        if not losses.close(loss, Loss.State.RELEASED, "went_ahead", now=now, actor=actor):
            raise LossDecided
        _write_down(AuditAction.LOSS_RELEASED, loss, seen, now, actor)
    transactions = WriteTransactions(trust, now)
    settling.do(loss, report, transactions, now=now)
    report.displaced += transactions.displaced
    return report


def keep(loss: Loss, seen: brake.Tally, *, now: datetime, actor: Actor) -> None:
    """Keep the times of a loss: they are on sale again, and bookings stand.

    The feed is not asked about again for KEPT_FOR. Times whose place moved, or lost its last
    scanner, stay off sale: nobody new is sent to where none stands. Who is booked at a place that
    itself has moved is told where it is now. Raises LossDecided and LossGrew.
    """
    with transaction.atomic():
        _must_be(loss, seen, now)
        if not losses.close(loss, Loss.State.KEPT, "times_kept", now=now, actor=actor):
            raise LossDecided
        _write_down(AuditAction.LOSS_KEPT, loss, seen, now, actor)
        items = brake.open_slots(loss, now)
        gone = [LostSlot.Why.PLACE, LostSlot.Why.STOP, LostSlot.Why.MACHINE]
        stay = items.exclude(why__in=gone)
        slots = Slot.objects.filter(
            trust_id=loss.trust_id, external_id__in=stay.values("slot__external_id")
        )
        back = slots.filter(status=Slot.Status.FREE, free_at=OFF_SALE)
        seats = list(back.values_list("external_id", "seat", "start", "modality"))
        back.update(free_at=EPOCH)
        fed.note_opened(loss.trust_id, seats, now=now)
        moved = list(items.filter(why=LostSlot.Why.SITE).values_list("slot_id", flat=True))
        items.update(kept_until=now + KEPT_FOR)
        told = places_changed.tell_of_place(on_slots(moved), now=now) if moved else []
        change_log.record_changes([(one, one.slot) for one in told], now=now)
        starts = [start for _, _, start, _ in seats]
        change_log.record_slot_changes(loss.trust_id, starts, now=now)


def finish_what_was_left(*, now: datetime) -> None:
    """Settle what a process that died had begun, and end what nobody waits for any more."""
    left = Loss.objects.filter(state=Loss.State.OPEN, begun_at__lt=now - LEFT_AFTER)
    todo = Loss.objects.filter(state__in=losses.TO_DO, slots__done_at=None)
    trusts = {
        *left.values_list("trust_id", flat=True),
        *todo.exclude(slots=None).values_list("trust_id", flat=True),
    }
    for trust in sorted(trusts):
        report, transactions = Report(), WriteTransactions(trust, now)
        # Whether it was there before nobody knows any more: its row is kept.
        report.new_ids = dict.fromkeys(renumber.left_over(trust, now=now), "")
        renumber.find_again(trust, report, transactions, now=now)
        settling.settle(trust, report, transactions, now=now)


def _must_be(loss: Loss, seen: brake.Tally, now: datetime) -> None:
    """Keep the feed out, and refuse if a loss is decided or larger than was seen."""
    feed_locks.lock_feed_exclusively(loss.trust_id)
    if not Loss.objects.filter(pk=loss.pk, state=Loss.State.OPEN).exists():
        raise LossDecided
    waits = brake.waiting(loss, now)
    if waits.times > seen.times or waits.booked > seen.booked:
        raise LossGrew


def _write_down(
    action: AuditAction, loss: Loss, seen: brake.Tally, now: datetime, actor: Actor
) -> None:
    audit.write(
        action, now=now, actor=actor, trust=loss.trust_id, loss=loss.pk,
        times=seen.times, booked=seen.booked,
    )  # fmt: skip
