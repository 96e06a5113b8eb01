"""Who gets the slot: compare-and-set against looking first, and against locking first."""

import multiprocessing
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any, NamedTuple

from django.db import connection, transaction

from benchmarks.scene import NOW
from benchmarks.summary import tell
from benchmarks.timing import percentile
from booking.appointments import holds
from booking.models import EPOCH, Referral, Slot

CLAIMANTS = 128
WORKERS = 8
"""Processes, as a service has: threads of one would wait for Python's lock, not the database's."""
HOT = 400
"""Slots that all workers want, in an order of their own."""
TARGET = 2.0
"""Times the attempts a second of locking first."""
Claim = Callable[[Referral, int], bool]
_read: dict[int, Slot] = {}
"""Slots as they stand: `hold` has read the one that it claims."""


class Race(NamedTuple):
    """Attempts a second, the milliseconds of the slowest in a hundred, slots given twice."""

    rate: float
    p99: float
    doubles: int


def ours(referral: Referral, slot: int) -> bool:
    """Claim by one conditional UPDATE, as the service does."""
    return bool(holds._claim(_read[slot], referral, NOW))  # noqa: SLF001 - the very statement


def look_first(referral: Referral, slot: int) -> bool:
    """Look, then write: the control that double-books."""
    found = Slot.objects.get(pk=slot)
    if found.free_at is None or found.free_at > NOW:
        return False
    Slot.objects.filter(pk=slot).update(free_at=NOW + holds.HOLD, held_by=referral)
    return True


def lock_first(referral: Referral, slot: int) -> bool:
    """Look inside a transaction that locks (SQLite: the whole database, by IMMEDIATE)."""
    with transaction.atomic():
        found = Slot.objects.select_for_update().get(pk=slot)
        if found.free_at is None or found.free_at > NOW:
            return False
        found.free_at, found.held_by = NOW + holds.HOLD, referral
        found.save(update_fields=["free_at", "held_by"])
        return True


def race(claim: Claim, slots: list[int], people: list[Referral]) -> Race:
    """Let WORKERS claim every slot, each in its own order."""
    Slot.objects.filter(pk__in=slots).update(free_at=EPOCH, held_by=None)
    _read.update(Slot.objects.in_bulk(slots))
    connection.close()  # the workers must not share it
    fork = multiprocessing.get_context("fork")
    barrier, said = fork.Barrier(WORKERS), fork.Queue()

    def take(number: int) -> None:
        order = slots[:]
        random.Random(number).shuffle(order)
        connection.ensure_connection()
        barrier.wait()
        said.put(_claim_all(claim, people[number], order))

    workers: list[Any] = [fork.Process(target=take, args=(number,)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    results = [said.get(timeout=300) for _ in workers]
    for worker in workers:
        worker.join()
    seconds = max(ended for *_, ended in results) - min(begun for _, _, begun, _ in results)
    waits = [wait for _, some, _, _ in results for wait in some]
    won = sum(won for won, *_ in results)
    return Race(len(waits) / seconds, percentile(waits, 99), won - len(slots))


def _claim_all(
    claim: Claim, person: Referral, slots: list[int]
) -> tuple[int, list[float], float, float]:
    """Return how many were won, the milliseconds of each attempt, and when it began and ended."""
    won, waits, begun = 0, [], time.perf_counter()
    for slot in slots:
        started = time.perf_counter()
        won += claim(person, slot)
        waits.append((time.perf_counter() - started) * 1000)
    return won, waits, begun, time.perf_counter()


def crowd(people: list[Referral], slot: int) -> int:
    """Return how many of 128 people, as many at once as the server takes, get one slot by hold."""
    Slot.objects.filter(pk=slot).update(free_at=EPOCH, held_by=None)
    together = _connections()
    barrier = Barrier(together)

    def want(number: int, person: Referral) -> bool:
        if number < together:
            barrier.wait()
        try:
            holds.hold(person, slot, now=NOW)
        except holds.SlotTaken:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(together) as pool:
        return sum(pool.map(want, range(len(people)), people))


def _connections() -> int:
    """Return how many claimants can be connected at once: PostgreSQL sets a limit."""
    if connection.vendor != "postgresql":
        return CLAIMANTS
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int - count(*) FROM pg_stat_activity"
        )
        left: int = cursor.fetchone()[0]
        return max(2, min(CLAIMANTS, left - 10))


def apart() -> list[int]:
    """Return free slots of which none overlaps with another: all of them can be had."""
    free = Slot.objects.filter(modality="MR", free_at=EPOCH, start__gt=NOW).order_by("start", "pk")
    found: list[int] = []
    ends: dict[int, datetime] = {}
    for pk, schedule, start, end in free.values_list("pk", "schedule", "start", "end"):
        if start >= ends.get(schedule, NOW):
            found.append(pk)
            ends[schedule] = end
    return found[:HOT]


def run() -> None:
    """Print who won, how fast, and how many were booked twice."""
    people = list(Referral.objects.select_related("exam")[:CLAIMANTS])
    slots = apart()
    print(f"Claim, {WORKERS} workers x {HOT} slots that all want, {connection.vendor}")
    races = {}
    for name, claim in {"ours": ours, "look first": look_first, "lock first": lock_first}.items():
        races[name] = raced = race(claim, slots, people)
        print(f"  {name:<11}{raced.rate:8.0f} attempts/s, p99 {raced.p99:6.1f} ms,"
              f" {raced.doubles} given twice")  # fmt: skip
    ratio = races["ours"].rate / races["lock first"].rate
    met = tell("attempts a second, ours to lock first", f"{ratio:.1f} x", f">= {TARGET:.0f}",
               ratio >= TARGET)  # fmt: skip
    print(f"  ours is {ratio:.1f} x lock first (target {TARGET:.0f}): {met}")
    print("  seven of eight lose: attempts, not bookings, a second (--only winners counts these)")
    doubles = races["ours"].doubles
    tell("ours: given twice", str(doubles), "0", not doubles)
    together, had = _connections(), crowd(people, slots[0])
    met = tell(f"{CLAIMANTS} people want one slot: got it", str(had), "1", had == 1)
    print(f"  {CLAIMANTS} people want one slot, {together} at once: {had} got it: {met}\n")
    # Held, they would keep what overlaps with them from the parts that come after.
    Slot.objects.filter(pk__in=slots).update(free_at=EPOCH, held_by=None)
