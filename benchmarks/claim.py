"""Who gets the slot: compare-and-set against looking first, and against locking first."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, transaction

from benchmarks.scene import NOW
from booking import reserve
from booking.models import EPOCH, Referral, Slot

CLAIMANTS = 128
THREADS = 8
HOT = 400
"""Slots that all threads want, in an order of their own."""
Claim = Callable[[Referral, int], bool]


def ours(referral: Referral, slot: int) -> bool:
    """Claim by one conditional UPDATE."""
    claimed = Slot.objects.filter(pk=slot, free_at__lte=NOW).update(
        free_at=NOW + reserve.HOLD, held_by=referral
    )
    return claimed == 1


def look_first(referral: Referral, slot: int) -> bool:
    """Look, then write: the control that double-books."""
    found = Slot.objects.get(pk=slot)
    if found.free_at is None or found.free_at > NOW:
        return False
    Slot.objects.filter(pk=slot).update(free_at=NOW + reserve.HOLD, held_by=referral)
    return True


def lock_first(referral: Referral, slot: int) -> bool:
    """Look inside a transaction that locks (SQLite: the whole database, by IMMEDIATE)."""
    with transaction.atomic():
        found = Slot.objects.select_for_update().get(pk=slot)
        if found.free_at is None or found.free_at > NOW:
            return False
        found.free_at, found.held_by = NOW + reserve.HOLD, referral
        found.save(update_fields=["free_at", "held_by"])
        return True


def race(claim: Claim, slots: list[int], people: list[Referral]) -> tuple[float, int]:
    """Let THREADS claim every slot, each in its own order; return claims a second, doubles."""
    Slot.objects.filter(pk__in=slots).update(free_at=EPOCH, held_by=None)
    barrier = Barrier(THREADS)

    def take(number: int) -> int:
        order = slots[:]
        random.Random(number).shuffle(order)  # noqa: S311 - a benchmark
        barrier.wait()
        won = sum(claim(people[number], slot) for slot in order)
        connection.close()
        return won

    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        won = sum(pool.map(take, range(THREADS)))
    return THREADS * len(slots) / (time.perf_counter() - start), won - len(slots)


def crowd(people: list[Referral], slot: int) -> int:
    """Return how many of 128 people, as many at once as the server takes, get one slot by hold."""
    Slot.objects.filter(pk=slot).update(free_at=EPOCH, held_by=None)
    together = _connections()
    barrier = Barrier(together)

    def want(number: int, person: Referral) -> bool:
        if number < together:
            barrier.wait()
        try:
            reserve.hold(person, slot, now=NOW)
        except reserve.SlotTaken:
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
        return max(2, min(CLAIMANTS, cursor.fetchone()[0] - 10))


def run() -> None:
    """Print who won, how fast, and how many were booked twice."""
    people = list(Referral.objects.select_related("exam")[:CLAIMANTS])
    free = Slot.objects.filter(modality="MR", free_at=EPOCH, start__gt=NOW)
    slots = list(free.values_list("pk", flat=True)[:HOT])
    print(f"Claim, {THREADS} threads x {HOT} slots that all want, {connection.vendor}")
    rates = {}
    for name, claim in {"ours": ours, "look first": look_first, "lock first": lock_first}.items():
        rates[name], doubles = race(claim, slots, people)
        print(f"  {name:<11}{rates[name]:8.0f} attempts/s, {doubles} given twice")
    print(f"  ours is {rates['ours'] / rates['lock first']:.1f} x lock first")
    print(f"  {CLAIMANTS} people want one slot, {_connections()} at once:", end=" ")
    print(f"{crowd(people, slots[0])} got it\n")
