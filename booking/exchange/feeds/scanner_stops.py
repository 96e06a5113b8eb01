"""Slots of mobile scanners: each is at the scanner's stop of its day, whatever happens to stops."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import QuerySet
from django.utils import timezone

from booking.changes import feed_locks
from booking.exchange.feeds import losses, settling
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Appointment, LostSlot, Slot
from booking.models.appointment import LIVE
from sites import places
from sites.models import Scanner
from times.london import LONDON, say_date


def follow(scanner_ids: Collection[int]) -> None:
    """Put every slot to come of mobile scanners where their stops now say.

    Who was booked where one no longer stands is displaced, and told; where they are many a lead
    is asked first. No import of the scanners' trusts runs meanwhile: it would put slots where a
    scanner stood before. Every slot is moved before the first appointment is: then this never
    waits for who waits for it. Belongs at the end of the transaction that moved the stops.
    """
    of_scanners = Scanner.objects.filter(pk__in=scanner_ids).values_list("trust_id", flat=True)
    trusts, now = sorted(set(of_scanners)), timezone.now()
    for trust in trusts:
        feed_locks.lock_feed_exclusively(trust)
    turns = {trust: WriteTransactions(trust, now, Actor(ActorKind.STOPS)) for trust in trusts}
    for trust, transactions in turns.items():
        slots = Slot.objects.filter(schedule__scanner__in=scanner_ids, start__gt=now)
        _follow(trust, slots.filter(trust_id=trust), transactions)
        settling.settle(trust, Report(), transactions, now=now)
    for transactions in turns.values():
        transactions.finish()


def _follow(trust: str, slots: QuerySet[Slot], transactions: WriteTransactions) -> None:
    now, moves, booked, stays = transactions.now, defaultdict(list), [], []
    columns = ("pk", "schedule__scanner_id", "site_id", "start", "status", "free_at")
    for pk, scanner_id, site_id, start, status, free_at in slots.exclude(
        status=Slot.Status.WITHDRAWN
    ).values_list(*columns):
        visit = places.visit_on(scanner_id, start.astimezone(LONDON).date())
        if visit and visit.site_id == site_id:
            stays.append(pk)
        elif status == Slot.Status.FREE and free_at is None:
            booked.append(pk)
        else:
            moves[visit.site_id if visit else None].append(pk)
            transactions.changed([start], [])
    losses.drop_moved(stays, now=now)
    transactions.changed(losses.add(trust, booked, LostSlot.Why.PLACE, now=now), [])
    gone = Slot.objects.filter(pk__in=moves.pop(None, []))
    gone.update(status=Slot.Status.WITHDRAWN, free_at=None, held_by=None, line_digest=0)
    for to, slot_ids in moves.items():
        Slot.objects.filter(pk__in=slot_ids).update(site_id=to)


def why_keep(site_id: int) -> str:
    """Return why a site may not be closed: the last appointment to come there."""
    coming = Appointment.objects.filter(site_id=site_id, status__in=LIVE, start__gt=timezone.now())
    last = coming.order_by("-start").first()
    return f"somebody has an appointment there on {say_date(last.start)}" if last else ""
