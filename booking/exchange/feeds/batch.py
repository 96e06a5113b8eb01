"""A chunk of lines: what is known already is passed over, the rest goes in, a slice at a time."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from booking.exchange.feeds import locations_schedules, losses, match, parse, upsert
from booking.exchange.feeds.authoritative import AuthoritativeBody
from booking.exchange.feeds.parse import Line
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.models import LostSlot
from booking.offers.sooner import fed

SLOTS_PER_TRANSACTION = {"sqlite": 100, "postgresql": 500}
"""Slots a turn. SQLite has one writer: this many keep a booking waiting about 2 ms."""
PARENTS_PER_TRANSACTION = {"sqlite": 10, "postgresql": 100}
"""Locations or Schedules a turn: each is a statement or two of its own."""


def import_batch(
    trust: str,
    lines: list[Line],
    report: Report,
    transactions: WriteTransactions,
    *,
    now: datetime,
    seen: AuthoritativeBody | None = None,
) -> None:
    """Put every line in, or refuse it by its number; fill `report`, and what the body seen.

    Locations go first, then Schedules, then Slots, whatever their order.
    """
    lines = _changed_lines(trust, lines, report, now, seen)
    locations = [(n, text, one) for n, text, one in lines if isinstance(one, parse.Location)]
    schedules = [(n, text, one) for n, text, one in lines if isinstance(one, parse.Schedule)]
    slots = [(n, text, one) for n, text, one in lines if isinstance(one, parse.Slot)]
    for stands in (locations, schedules):
        _import_parents(trust, stands, report, transactions, now, seen)
    if len({slot.id for _, _, slot in slots}) == len(slots):
        # Neighbours in the indexes go in together, which halves what SQLite has to write. Not
        # where an id comes twice: of two words with one stamp the later line counts.
        slots.sort(key=lambda line: (line[2].schedule.reference, line[2].start))
    size = SLOTS_PER_TRANSACTION[connection.vendor]
    for at in range(0, len(slots), size):
        _import_slots(trust, slots[at : at + size], report, transactions, now, seen)


def _changed_lines(
    trust: str,
    lines: list[Line],
    report: Report,
    now: datetime,
    seen: AuthoritativeBody | None,
) -> list[Line]:
    """Return the lines that are not, byte for byte, the last word that we have on a slot."""
    known = upsert.stored_digests(
        trust, [slot.id for _, _, slot in lines if isinstance(slot, parse.Slot)]
    )
    news, doubtful = [], set()
    for line in lines:
        number, text, resource = line
        if isinstance(resource, parse.Slot) and resource.id not in doubtful:
            before = known.get(resource.id)
            if before and before[0] == upsert.line_digest(text):
                report.count(number, "unchanged")
                if resource.is_on_sale():
                    report.crowding.note(resource.id, before[1], resource.start, resource.end)
                report.name(_stamp(resource, now))
                if seen is not None:
                    seen.slot(resource.id, before[1], resource.start, resource.end)
                continue
            doubtful.add(resource.id)
        news.append(line)
    return news


def _stamp(slot: parse.Slot, now: datetime) -> datetime:
    """Return the stamp of a line that was used before, whose clock may have been ahead."""
    return min(now, slot.meta.last_updated if slot.meta and slot.meta.last_updated else now)


def _import_parents(
    trust: str,
    lines: Sequence[locations_schedules.Line],
    report: Report,
    transactions: WriteTransactions,
    now: datetime,
    seen: AuthoritativeBody | None,
) -> None:
    lines = locations_schedules.changed_lines(trust, lines, report, now=now, seen=seen)
    size = PARENTS_PER_TRANSACTION[connection.vendor]
    for at in range(0, len(lines), size):
        once = report.empty_like()
        with transactions.transaction():
            locations_schedules.apply(
                trust, lines[at : at + size], once, transactions, now=now, seen=seen
            )
        report.merge(once)


def _import_slots(
    trust: str,
    lines: list[match.SlotLine],
    report: Report,
    transactions: WriteTransactions,
    now: datetime,
    seen: AuthoritativeBody | None,
) -> None:
    """Decide while others have the database; decide anew in the turn if something has changed."""
    snapshot = match.read_snapshot(trust, lines, now=now, lock=False)
    plan = match.plan(trust, lines, snapshot, report.empty_like(), now)
    added = report.crowding.refuse_too_many(trust, plan)
    rows = upsert.prepared(plan.rows, now=now)
    with transactions.transaction():
        stands = match.read_snapshot(trust, lines, now=now, lock=True)
        if stands != snapshot:
            plan = match.plan(trust, lines, stands, report.empty_like(), now)
            added = report.crowding.refuse_too_many(trust, plan)
            rows = upsert.prepared(plan.rows, now=now)
        _note_losses(trust, plan, transactions, now)
        upsert.write(rows)
        if plan.opened:
            seats = [(row.external_id, row.seat, row.start, row.modality) for row in plan.opened]
            fed.note_opened(trust, seats, now=now)
        transactions.changed(plan.touched, plan.endangered)
        transactions.doubled(plan.doubled)
    report.merge(plan.report)
    report.crowding.add(added)
    for slot in plan.matched:
        report.crowding.note_changed(slot)
    if seen is not None:
        for slot in plan.matched:
            seen.slot(slot.external_id, slot.schedule_id, slot.start, slot.end)
        for number, error, item in plan.refused:
            seen.refused(number, error, item)


def _note_losses(
    trust: str, plan: match.Plan, transactions: WriteTransactions, now: datetime
) -> None:
    """Put off what the lines would take away, and drop from a loss what they name again."""
    losses.drop(plan.named, now=now)
    for line, lost, seats in plan.deferred:
        said = LostSlot.Why.SAID
        # What is not UTF-8 stands in a field that nobody reads, or the line was refused.
        text = line.decode(errors="replace")
        touched = losses.add(trust, lost, said, now=now, line=text)
        if touched:  # not what a lead keeps
            touched += losses.take_off_sale(seats)
        transactions.changed(touched, [])
