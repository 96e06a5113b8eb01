"""An export that renumbers: a new id for the same schedule, start and length is the same slot.

A slot that is being lost and a new one at its time are one: the stored slot takes the new id and
keeps who is booked. The row that was written for the new id, which nobody could take or see
meanwhile, takes the old id, if its trust said anything of that: it still counts, and an older word
on the old id, that comes late, makes no second slot of the time. Else that row is deleted.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from booking.exchange.feeds.match import SlotKey
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.settling import do_lines
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.models import EPOCH, FROZEN, OFF_SALE, Loss, LostSlot, Schedule, Slot

BATCH = {"sqlite": 100, "postgresql": 500}
"""New ids looked at in a turn."""
FREE, BUSY = Slot.Status.FREE, Slot.Status.BUSY
_WORD = ["external_id", "seat", "site_id", "fed_at", "is_stamped"]
"""What goes with an id."""
_TAKES_OVER = ["status", "line_digest", "free_at", "held_by_id", *_WORD]
_NOBODYS = Concat(Value("~"), Cast("pk", CharField()))
"""An id that no trust can send, of a row that is between two."""


def find_again(
    trust: str, report: Report, transactions: WriteTransactions, *, now: datetime
) -> None:
    """Give lost slots the new ids that a body has for their times; put other new ids on sale.

    Belongs at the end of a body, before its losses are settled. Counts are put right: what was
    renumbered is updated, not created.
    """
    while report.new_ids:  # what is said of an old id may bring a new one
        new_ids, report.new_ids = report.new_ids, {}
        _find_again(trust, new_ids, report, transactions, now)


def _find_again(
    trust: str,
    new_ids: dict[str, str],
    report: Report,
    transactions: WriteTransactions,
    now: datetime,
) -> None:
    names, size = sorted(new_ids), BATCH[connection.vendor]
    # All ids of one time go together, whatever the order of the ids.
    by_time = defaultdict(list)
    for row in _rows(trust, names):
        by_time[_key(row)].append(row.pk)
    times = list(by_time.values())
    for at in range(0, len(times), size):
        with transactions.transaction():
            keys = [pk for keys in times[at : at + size] for pk in keys]
            found = _pairs(trust, keys, now)
            said = _said(found)
            _take_over(found, said, new_ids, now)
            transactions.renamed([slot.pk for slot, _ in found if _is_booked(slot)])
            transactions.changed([slot.start for slot, _ in found], [])
            created = {s.external_id for s, _ in found if new_ids[s.external_id] == "created"}
            report.created -= len(created)
            report.updated += len(created)
            _put_on_sale(keys)
            do_lines(trust, _without_lost(trust, said), report, transactions, now)


def left_over(trust: str, *, now: datetime) -> list[str]:
    """Return the new ids at times that are being lost, of a body that was not read to its end."""
    being_lost = LostSlot.objects.filter(done_at=None)
    at_them = being_lost.of_trust(trust).values("slot__start")
    left = Slot.objects.of_trust(trust).filter(start__gt=now, start__in=at_them, line_digest=0)
    left = left.filter(Q(free_at=OFF_SALE) | Q(status=BUSY))
    left = left.exclude(pk__in=being_lost.values("slot_id"))
    return sorted(set(left.values_list("external_id", flat=True)))


def _rows(trust: str, names: list[str]) -> Iterable[Slot]:
    for at in range(0, len(names), 500):
        yield from Slot.objects.of_trust(trust).filter(external_id__in=names[at : at + 500])


def _key(slot: Slot) -> SlotKey:
    return slot.schedule_id, slot.start, slot.end


def _pairs(trust: str, keys: list[int], now: datetime) -> list[tuple[Slot, Slot]]:
    """Return lost slots with the rows of the new ids that they have now."""
    new = list(Slot.objects.filter(pk__in=keys).exclude(status=Slot.Status.WITHDRAWN))
    found: list[tuple[Slot, Slot]] = []
    by_time = defaultdict(list)
    # Busy first: it is the echo of somebody booked here, if anybody is.
    for row in sorted(new, key=lambda row: (row.status != BUSY, row.external_id, row.seat)):
        by_time[_key(row)].append(row)
    for slot in _lost_at(trust, new, now):
        candidates = by_time.get(_key(slot), [])
        twin = next((row for row in candidates if _may_take_over(slot, row)), None)
        if twin:
            candidates.remove(twin)
            found.append((slot, twin))
    return found


def _put_on_sale(keys: list[int]) -> None:
    """Let everybody have the new ids that are no lost slot's."""
    left = Slot.objects.filter(pk__in=keys, free_at=OFF_SALE)
    left = left.exclude(lostslot__done_at=None, lostslot__isnull=False)
    # Each stands on another slot, of which only one can be had (booking/exams/overlaps.py).
    Schedule.objects.filter(slot__in=left, overlaps=False).update(overlaps=True)
    left.update(free_at=EPOCH)


def _said(found: list[tuple[Slot, Slot]]) -> dict[str, str]:
    """Return the trust's own lines that take these lost slots away, by their old ids."""
    lost = LostSlot.objects.filter(slot__in=[slot.pk for slot, _ in found], done_at=None)
    return dict(lost.exclude(line="").values_list("slot__external_id", "line"))


def _without_lost(trust: str, said: dict[str, str]) -> dict[str, str]:
    """Return the lines of those ids of which no seat is being lost any more."""
    lost = LostSlot.objects.filter(done_at=None, slot__trust=trust, slot__external_id__in=said)
    waiting = set(lost.values_list("slot__external_id", flat=True))
    return {name: line for name, line in said.items() if name not in waiting}


def _lost_at(trust: str, new: list[Slot], now: datetime) -> list[Slot]:
    """Return the slots that are being lost at these times, booked ones first."""
    own = {slot.external_id for slot in new}
    # First which: asked for in their order, all the trust's slots would be gone through.
    lost = LostSlot.objects.of_trust(trust).filter(
        done_at=None,
        loss__state=Loss.State.OPEN,
        slot__start__gt=now,
        slot__schedule__in={slot.schedule_id for slot in new},
        slot__start__in={slot.start for slot in new},
    )
    keys = list(lost.values_list("slot_id", flat=True))
    if not keys:
        return []
    slots = Slot.objects.filter(pk__in=keys).exclude(external_id__in=own)
    locked = slots.order_by("external_id", "seat").select_for_update(no_key=True, of=("self",))
    return sorted(locked, key=lambda slot: (not _is_booked(slot), slot.external_id, slot.seat))


def _is_booked(slot: Slot) -> bool:
    return slot.status == FREE and slot.free_at is None


def _may_take_over(slot: Slot, twin: Slot) -> bool:
    """Whether a new id is a lost slot's; who is booked at another place is not taken along."""
    if not _is_booked(slot):
        return True
    return twin.status in (FREE, BUSY) and twin.site_id == slot.site_id


def _holds_before(slot_ids: list[int], now: datetime) -> dict[int, tuple[int, datetime]]:
    """Return who was choosing which of these slots, until when: not who chose another since.

    Slots that are held until the same moment are one choice.
    """
    lost = LostSlot.objects.filter(slot__in=slot_ids, done_at=None, held_until__gt=now)
    chosen = Slot.objects.filter(held_by=OuterRef("held_by"), free_at__gt=now)
    chosen_since = chosen.exclude(free_at=OuterRef("held_until"))
    lost = lost.exclude(held_by=None).exclude(Exists(chosen_since))
    found = lost.values_list("slot", "held_by", "held_until")
    return {pk: (who, until) for pk, who, until in found if who and until}


def _take_over(
    found: list[tuple[Slot, Slot]], said: dict[str, str], new_ids: dict[str, str], now: datetime
) -> None:
    """Let each lost slot and its twin change ids; a twin of whose old id nothing is said, goes."""
    holds = _holds_before([slot.pk for slot, _ in found], now)
    stay: list[Slot] = []
    for slot, twin in found:
        if slot.external_id in said or new_ids[twin.external_id] != "created":
            stay.append(twin)
        if not _is_booked(slot):
            slot.status = twin.status
            is_closed = FROZEN in (slot.free_at, twin.free_at)
            free_at = FROZEN if is_closed else EPOCH
            slot.free_at, slot.held_by = free_at if twin.status == FREE else None, None
            if twin.status == FREE and slot.pk in holds and not is_closed:
                slot.held_by_id, slot.free_at = holds[slot.pk]
        for name in _WORD:
            old = getattr(slot, name)
            setattr(slot, name, getattr(twin, name))
            setattr(twin, name, old)
        slot.line_digest = twin.line_digest = 0
        twin.status, twin.free_at, twin.held_by = Slot.Status.WITHDRAWN, None, None
    there = {twin.pk for twin in stay}
    Slot.objects.filter(pk__in=[twin.pk for _, twin in found if twin.pk not in there]).delete()
    Slot.objects.filter(pk__in=there).update(external_id=_NOBODYS)
    for rows in ([slot for slot, _ in found], stay):
        Slot.objects.bulk_update(rows, _TAKES_OVER, batch_size=50)
    LostSlot.objects.filter(slot__in=[slot.pk for slot, _ in found], done_at=None).update(
        done_at=now, outcome=LostSlot.Outcome.NAMED
    )
