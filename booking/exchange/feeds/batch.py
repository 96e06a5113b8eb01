"""A chunk of lines: what is known already is passed over, the rest goes in, a slice at a time."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from booking.exchange.feeds import locations_schedules, match, parse, upsert
from booking.exchange.feeds.authoritative import Named
from booking.exchange.feeds.parse import Line
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.write_turns import Turns

SLICE = {"sqlite": 100, "postgresql": 500}
"""Slots a turn. SQLite has one writer: this many keep a booking waiting about 2 ms."""
STANDING = {"sqlite": 10, "postgresql": 100}
"""Locations or Schedules a turn: each is a statement or two of its own."""


def take(
    trust: str,
    lines: list[Line],
    report: Report,
    turns: Turns,
    *,
    now: datetime,
    named: Named | None = None,
) -> None:
    """Put every line in, or refuse it by its number; fill `report`, and what the body named.

    Locations go first, then Schedules, then Slots, whatever their order.
    """
    lines = _news(trust, lines, report, named)
    locations = [(n, text, one) for n, text, one in lines if isinstance(one, parse.Location)]
    schedules = [(n, text, one) for n, text, one in lines if isinstance(one, parse.Schedule)]
    slots = [(n, text, one) for n, text, one in lines if isinstance(one, parse.Slot)]
    for stands in (locations, schedules):
        _take_standing(trust, stands, report, turns, now, named)
    if len({slot.id for _, _, slot in slots}) == len(slots):
        # Neighbours in the indexes go in together, which halves what SQLite has to write. Not
        # where an id comes twice: of two words with one stamp the later line counts.
        slots.sort(key=lambda line: (line[2].schedule.reference, line[2].start))
    size = SLICE[connection.vendor]
    for at in range(0, len(slots), size):
        _take_slots(trust, slots[at : at + size], report, turns, now, named)


def _news(trust: str, lines: list[Line], report: Report, named: Named | None) -> list[Line]:
    """Return the lines that are not, byte for byte, the last word that we have on a slot."""
    known = upsert.words(trust, [slot.id for _, _, slot in lines if isinstance(slot, parse.Slot)])
    news, doubtful = [], set()
    for line in lines:
        number, text, resource = line
        if isinstance(resource, parse.Slot) and resource.id not in doubtful:
            before = known.get(resource.id)
            if before and before[0] == upsert.word(text):
                report.count(number, "unchanged")
                if named is not None:
                    named.schedule(before[1])
                    named.slot(resource.id)
                continue
            doubtful.add(resource.id)
        news.append(line)
    return news


def _take_standing(
    trust: str,
    lines: Sequence[locations_schedules.Line],
    report: Report,
    turns: Turns,
    now: datetime,
    named: Named | None,
) -> None:
    lines = locations_schedules.news(trust, lines, report, now=now, named=named)
    size = STANDING[connection.vendor]
    for at in range(0, len(lines), size):
        once = report.fresh()
        with turns.turn():
            locations_schedules.put(trust, lines[at : at + size], once, turns, now=now, named=named)
        report.add(once)


def _take_slots(
    trust: str,
    lines: list[match.SlotLine],
    report: Report,
    turns: Turns,
    now: datetime,
    named: Named | None,
) -> None:
    """Decide while others have the database; decide anew in the turn if something has changed."""
    seen = match.look(trust, lines, lock=False)
    made = match.decide(trust, lines, seen, report.fresh(), now)
    rows = upsert.prepared(made.rows, now=now)
    with turns.turn():
        stands = match.look(trust, lines, lock=True)
        if stands != seen:
            made = match.decide(trust, lines, stands, report.fresh(), now)
            rows = upsert.prepared(made.rows, now=now)
        upsert.write(rows)
        turns.changed(made.touched, made.endangered)
    report.add(made.report)
    if named is not None:
        for fed in made.matched:
            named.schedule(fed.schedule_id)
            named.slot(fed.external_id)
        for error, item in made.refused:
            named.refused(error, item)
