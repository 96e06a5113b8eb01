"""What becomes of a loss: done within the brake's limit, held for a lead beyond it.

Held is: off sale for everybody new; whoever is booked keeps the time and is told nothing; a lead
decides (booking/exchange/feeds/decisions.py). Either way `do` is what does it at last.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from booking.exchange.feeds import brake, losses, match, parse, upsert
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.models import Loss, LostSlot, Slot
from sites import places
from times.london import LONDON

BATCH = {"sqlite": 100, "postgresql": 500}
"""Seats taken away in a turn."""
Why, State = LostSlot.Why, Loss.State
MOVED = (Why.PLACE, Why.SITE, Why.STOP)


def settle(
    trust: str,
    report: Report,
    transactions: WriteTransactions,
    *,
    now: datetime,
    whole: bool = False,
) -> None:
    """Do what is within the limit, hold what is beyond it; count the deferred lines.

    What is held stays held until a lead decides, or the feed names it again; only a `whole` body,
    of which nothing is in doubt, that names enough of it again lets the little go that is left.
    `report.held_reason` says what is held. Belongs at the end of a body.
    """
    if not losses.has_any(trust):
        return
    with transactions.transaction():
        loss = Loss.objects.filter(trust_id=trust, state=State.OPEN).first()
        if loss:
            _decide(loss, now, whole)
    for todo in losses.unfinished(trust):
        do(todo, report, transactions, now=now)
    report.held_reason = losses.held_reason(trust, now=now)
    for line in report.deferred.values():
        report.count(line, "held")
    report.deferred.clear()


def _decide(loss: Loss, now: datetime, whole: bool) -> None:
    losses.end_past(loss, now)
    if not brake.open_slots(loss, now).exists():
        losses.close(loss, State.DROPPED, "resolved", now=now)
    elif loss.is_forced or (loss.held_at and not whole) or brake.exceeds(loss, now=now):
        losses.hold(loss, now=now)
    else:
        losses.close(loss, State.PASSED, "resolved", now=now)


def hold_moved(
    trust: str,
    stays: Collection[int],
    leaves: Collection[int],
    *,
    now: datetime,
    why: LostSlot.Why = Why.PLACE,
) -> set[int]:
    """Return which of the booked seats that a moving scanner `leaves` wait for a lead; or that
    moved with their site, or lost the last scanner there, if that is `why`.

    The others are the caller's to take away now. What `stays` where it was waits no more.
    """
    losses.drop_moved(stays, now=now)
    losses.add(trust, leaves, why, now=now)
    loss = Loss.objects.filter(trust_id=trust, state=State.OPEN).first()
    waiting = LostSlot.objects.filter(slot__in=leaves, done_at=None)
    if loss and brake.open_slots(loss, now).exists():
        if loss.is_forced or loss.held_at or brake.exceeds(loss, now=now):
            losses.hold(loss, now=now)
        else:
            waiting.filter(loss=loss).update(
                done_at=now, outcome=LostSlot.Outcome.TAKEN, was_booked=True
            )
            losses.close(loss, State.PASSED, "resolved", now=now)
    elif loss:
        losses.close(loss, State.DROPPED, "resolved", now=now)
    return set(waiting.values_list("slot_id", flat=True))


def do(loss: Loss, report: Report, transactions: WriteTransactions, *, now: datetime) -> None:
    """Take away what of a loss is not yet done, some seats a turn."""
    size = BATCH[connection.vendor]
    while True:
        with transactions.transaction():
            losses.end_past(loss, now)
            waits = _in_order(brake.open_slots(loss, now))
            items = list(waits[:size])
            # All seats of one line go together.
            also = {item.slot.external_id for item in items if item.why == Why.SAID}
            items += list(
                waits.filter(why=Why.SAID, slot__external_id__in=also).exclude(
                    pk__in=[item.pk for item in items]
                )
            )
            if not items:
                return
            _take_away(loss.trust_id, items, report, transactions, now)


def _in_order(items: QuerySet[LostSlot]) -> QuerySet[LostSlot]:
    return items.select_related("slot__schedule").order_by("slot__external_id", "slot__seat")


def _take_away(
    trust: str,
    items: list[LostSlot],
    report: Report,
    transactions: WriteTransactions,
    now: datetime,
) -> None:
    keys = [item.slot_id for item in items]
    locked = Slot.objects.filter(pk__in=keys).order_by("external_id", "seat")
    booked = [
        pk
        for pk, status, free_at in locked.select_for_update(no_key=True).values_list(
            "pk", "status", "free_at"
        )
        if status == Slot.Status.FREE and free_at is None
    ]
    done = LostSlot.objects.filter(pk__in=[item.pk for item in items])
    done.update(done_at=now, outcome=LostSlot.Outcome.TAKEN)
    done.filter(slot_id__in=booked).update(was_booked=True)
    said = [item for item in items if item.why == Why.SAID]
    silent = [item.slot for item in items if item.why in (Why.MISSING, Why.MACHINE)]
    texts = {item.slot.external_id: item.line for item in said}
    used = do_lines(trust, texts, report, transactions, now)
    silent += [item.slot for item in said if item.slot.external_id not in used]
    silent += _do_places([item for item in items if item.why in MOVED], transactions)
    _withdraw(silent, transactions)
    report.withdrawn += len({slot.external_id for slot in silent})


def _withdraw(slots: Iterable[Slot], transactions: WriteTransactions) -> None:
    keys = [slot.pk for slot in slots]
    Slot.objects.filter(pk__in=keys).update(
        status=Slot.Status.WITHDRAWN, free_at=None, held_by=None, line_digest=0
    )
    transactions.changed({slot.start for slot in slots}, keys)


def do_lines(
    trust: str,
    texts: dict[str, str],
    report: Report,
    transactions: WriteTransactions,
    now: datetime,
) -> set[str]:
    """Do what a trust's own lines say (by the slot's id); return the ids whose line could be used.

    Belongs in a turn of the trust's feed.
    """
    lines: list[match.SlotLine] = []
    for name, text in texts.items():
        slot = parse.parse(text.encode())
        if isinstance(slot, parse.Slot):
            lines.append((report.deferred.get(name, 0), text.encode(), slot))
    if not lines:
        return set()
    snapshot = match.read_snapshot(trust, lines, now=now, lock=True)
    plan = match.plan(trust, lines, snapshot, report.empty_like(), now, take=True)
    upsert.write(upsert.prepared(plan.rows, now=now))
    transactions.changed(plan.touched, plan.endangered)
    plan.report.usable = 0  # they were counted when they came
    report.merge(plan.report)
    used = {fed.external_id for fed in plan.matched}
    for name in used:
        report.deferred.pop(name, None)
    return used


def _do_places(items: list[LostSlot], transactions: WriteTransactions) -> list[Slot]:
    """Take slots to where their schedule or scanner is now; return those that have no place.

    Who is booked on one whose scanner stands elsewhere that day keeps the time, and is asked.
    """
    nowhere = []
    for item in items:
        slot, site = item.slot, _site_now(item.slot)
        if site is None:
            nowhere.append(slot)
            continue
        Slot.objects.filter(pk=slot.pk).update(site_id=site, line_digest=0)
        if item.why == Why.STOP:
            transactions.moved_along({slot.pk: site}, slot.start)
        else:
            transactions.changed([slot.start], [slot.pk])
    return nowhere


def _site_now(slot: Slot) -> int | None:
    """Return where a slot is by its schedule, or by the stops of its scanner; None if nowhere."""
    if slot.schedule.scanner_id is None:
        return slot.schedule.site_id
    visit = places.visit_on(slot.schedule.scanner_id, slot.start.astimezone(LONDON).date())
    return visit.site_id if visit else None
