"""Who wins a slot, and who loses it, apart: a whole booking against a bare UPDATE and INSERT."""

import multiprocessing
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import connection, transaction

from benchmarks.claim import WORKERS, apart
from benchmarks.scene import NOW
from benchmarks.timing import percentile
from booking.appointments import booking, holds
from booking.identifiers.actors import Actor, ActorKind
from booking.models import EPOCH, Appointment, Patient, Referral, Slot

ACTOR = Actor(ActorKind.STAFF, 1)
CROWDED = 64
"""Slots that all workers want in the same order, so that each has WORKERS who come at once."""
REFUSALS = (holds.SlotTaken, holds.HoldExpired)
Claim = Callable[[Referral, int], bool]
TAKE = "UPDATE booking_slot SET free_at = NULL WHERE id = %s AND free_at <= %s"
MAKE = """INSERT INTO booking_appointment (reference, referral_id, slot_id, site_id, start, "end",
status, version, booked_at, changed_at)
SELECT %s, %s, id, site_id, start, "end", 'booked', 1, %s, %s FROM booking_slot WHERE id = %s"""


class Outcome(NamedTuple):
    """How long those took who won, and those who lost, in milliseconds; and slots given twice."""

    won: list[float]
    lost: list[float]
    doubles: int


def ours(referral: Referral, slot: int) -> bool:
    """Hold and book, with all that a booking writes."""
    try:
        holds.hold(referral, slot, now=NOW)
        booking.book(referral, slot, now=NOW, actor=ACTOR)
    except REFUSALS:
        return False
    return True


def bare(referral: Referral, slot: int) -> bool:
    """Take the slot and write the appointment, in one transaction, and nothing else: no hold, no
    question whether it fits, no text, no audit."""
    now = connection.ops.adapt_datetimefield_value(NOW)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, [slot, now])
        if cursor.rowcount != 1:
            return False
        cursor.execute(MAKE, [f"bare{referral.pk}", referral.pk, now, now, slot])
    return True


def race(claim: Claim, people: list[Referral], slots: list[int]) -> Outcome:
    """Let WORKERS want each slot; who has won one goes on for the next of their people."""
    before = Appointment.objects.count()
    connection.close()  # the workers must not share it
    fork = multiprocessing.get_context("fork")
    barrier, said = fork.Barrier(WORKERS), fork.Queue()

    def take(number: int) -> None:
        connection.ensure_connection()
        own = people[number::WORKERS]
        barrier.wait()
        said.put(_want_all(claim, own, slots))

    workers: list[Any] = [fork.Process(target=take, args=(number,)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    results = [said.get(timeout=300) for _ in workers]
    for worker in workers:
        worker.join()
    won = [wait for some, _ in results for wait in some]
    lost = [wait for _, some in results for wait in some]
    made = Appointment.objects.count() - before
    return Outcome(
        won,
        lost,
        made - Appointment.objects.filter(slot__in=slots).values("slot").distinct().count(),
    )


def _want_all(
    claim: Claim, people: list[Referral], slots: list[int]
) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each attempt that won, and of each that lost."""
    won: list[float] = []
    lost: list[float] = []
    for slot in slots:
        if len(won) == len(people):
            break
        started = time.perf_counter()
        had = claim(people[len(won)], slot)
        (won if had else lost).append((time.perf_counter() - started) * 1000)
    return won, lost


def run() -> None:
    """Print how long winners and losers of the same slots take, beside the bare statements."""
    slots = apart()[-2 * CROWDED :]
    for number, patient in enumerate(Patient.objects.order_by("pk")):
        patient.mobile = f"+4477009{number:05}"  # texts are part of what is measured
        patient.save()
    referrals = Referral.objects.select_related("exam", "patient").order_by("pk")
    people = list(referrals.exclude(appointments__isnull=False))
    print(f"Winners and losers, {WORKERS} workers x {CROWDED} slots, {connection.vendor}")
    outcomes = {}
    Slot.objects.filter(pk__in=slots).update(free_at=EPOCH, held_by=None)
    for name, claim, some in (("bare", bare, slots[:CROWDED]), ("ours", ours, slots[CROWDED:])):
        outcomes[name] = found = race(claim, people, some)
        print(f"  {name:<6}won {_said(found.won)}  lost {_said(found.lost)}"
              f"  {found.doubles} given twice")  # fmt: skip
        Appointment.objects.filter(reference__startswith="bare").delete()
    ours_found, bare_found = outcomes["ours"], outcomes["bare"]
    won = percentile(ours_found.won, 50) / percentile(bare_found.won, 50)
    lost = percentile(ours_found.lost, 50) / percentile(bare_found.lost, 50)
    print(f"  ours is {won:.1f} x bare for who wins, {lost:.1f} x for who loses\n")


def _said(waits: list[float]) -> str:
    if not waits:
        return "   0"
    return (
        f"{len(waits):4}: median {percentile(waits, 50):6.2f} ms, p99 {percentile(waits, 99):7.2f}"
    )
