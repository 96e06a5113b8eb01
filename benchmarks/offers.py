"""Offers: who gets which slot, and a tick with thousands of open ones."""

import random
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.scene import NOW
from benchmarks.summary import tell
from benchmarks.timing import in_turns
from booking.models import Offer, Referral, Slot
from booking.offers import ending
from booking.offers.matching import CLASSES, Fit, Person, match
from times.london import day_in_england

PEOPLE, PLACES = 2_000, 2_600
FITTING = 0.15
"""Share of the slots that fit each person."""
MATCHED_IN = 1_000
"""Milliseconds, at most, for all of them."""
OPEN = 10_000
UNTIL = NOW + timedelta(days=365)
TICKED_IN = 500
"""Milliseconds, at most, of a tick that finds nothing to do among the open ones."""


def run() -> None:
    """Print both tables."""
    _matching()
    _ticking()


def crowd(number: int, places: int, dice: random.Random) -> Iterator[Person]:
    """Yield people of all urgencies, whom a share of the places fits each."""
    today = day_in_england(NOW)
    days = {slot: today + timedelta(days=dice.randrange(1, 60)) for slot in range(places)}
    urgencies = dice.choices(CLASSES, [5, 15, 70, 10], k=number)
    for key, urgency in enumerate(urgencies):
        fits = dice.sample(range(places), int(places * FITTING))
        pairs = {
            slot: Fit(dice.randrange(5, 120), dice.randrange(0, 30), days[slot]) for slot in fits
        }
        yield Person(key, urgency, today + timedelta(days=dice.randrange(5, 90)), pairs)


def _matching() -> None:
    people = list(crowd(PEOPLE, PLACES, random.Random(14)))
    one_class = [Person(one.id, "routine", one.last_day, one.pairs) for one in people]
    slots = range(PLACES)
    taken = in_turns(3, classes=lambda: match(people, slots), one=lambda: match(one_class, slots))
    print(f"\nmatch: {PEOPLE} people, {PLACES} slots, {FITTING:.0%} fit each ({connection.vendor})")
    for name, what in (("classes", "of all urgencies"), ("one", "all of one urgency")):
        met = tell(f"match, {what}", f"{taken[name]:.0f} ms", f"<= {MATCHED_IN}",
                   taken[name] <= MATCHED_IN)  # fmt: skip
        print(f"  {what:<20} {taken[name]:8.0f} ms  {met}")
    placed, first_come = match(people, slots), _first_come(people)
    print(f"  placed {len(placed)}, by first come {len(first_come)} (control)")


def _first_come(people: list[Person]) -> dict[int, int]:
    """Give each in turn the nearest that is left: the control, which strands people."""
    given: dict[int, int] = {}
    taken: set[int] = set()
    for person in people:
        left = {slot: fit for slot, fit in person.pairs.items() if slot not in taken}
        if left:
            given[person.id] = min(left, key=lambda slot: left[slot].minutes)
            taken.add(given[person.id])
    return given


def _ticking() -> None:
    with transaction.atomic():
        few = _tick_after(100)
        many = _tick_after(OPEN - 100)
        transaction.set_rollback(True)
    print(f"\ntick: nothing due ({connection.vendor})")
    for number, (queries, milliseconds) in ((100, few), (OPEN, many)):
        print(f"  {number:>6} open offers {queries:3} queries {milliseconds:8.1f} ms")
    met = few[0] == many[0] and many[1] <= TICKED_IN
    said = tell(f"a tick, {OPEN:,} open offers", f"{many[1]:.0f} ms", f"<= {TICKED_IN}", met)
    print(f"  as many queries, and at most {TICKED_IN} ms: {said}")


def _tick_after(more: int) -> tuple[int, float]:
    """Add open offers; return how much a tick asks, and how long it takes."""
    _add(more)
    now = NOW + timedelta(seconds=1)
    taken = in_turns(5, tick=lambda: ending.end_due(now=now))["tick"]
    with CaptureQueriesContext(connection) as asked:
        ended = ending.end_due(now=now)
    if ended:
        raise SystemExit(f"{ended} offers ended that are not due")
    return len(asked), taken


def _add(number: int) -> None:
    """Hold as many free slots for referrals of their own, which are asked."""
    before = Offer.objects.count()
    held = list(Slot.objects.filter(free_at__lte=NOW, start__gt=NOW).order_by("pk")[:number])
    first = Referral.objects.order_by("pk").first()
    if first is None or len(held) < number:
        raise SystemExit("the scene has too few slots or no referral")
    people = Referral.objects.bulk_create(
        Referral(
            code=f"B{before + n:07}",
            patient=first.patient,
            exam=first.exam,
            trust=first.trust,
            urgency="routine",
            clock_start=first.clock_start,
            target_day=first.target_day,
        )
        for n in range(number)
    )
    for slot, who in zip(held, people, strict=True):
        slot.held_by, slot.free_at, slot.hold_limit = who, UNTIL, UNTIL
    Slot.objects.bulk_update(held, ["held_by", "free_at", "hold_limit"], batch_size=500)
    Offer.objects.bulk_create(
        Offer(
            reference=f"B{before + n:07}",
            code="7567",
            referral=who,
            slot=slot,
            why=Offer.Why.SOONER,
            channel=Offer.Channel.TEXT,
            made_at=NOW,
            until=UNTIL,
            kept_until=UNTIL,
        )
        for n, (slot, who) in enumerate(zip(held, people, strict=True))
    )
