"""Bookings a second, and how long those wait who lose: whole bookings against two controls.

Two races. In the first each worker has slots of its own, as most patients have: all win, and what
counts is bookings a second. In the second all workers want each slot at once: one wins it, the
others lose, and each is timed apart.
"""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction

from benchmarks.claim import WORKERS, apart
from benchmarks.scene import BORN, NOW
from benchmarks.summary import tell
from benchmarks.timing import percentile
from booking.appointments import booking, holds
from booking.identifiers.actors import Actor, ActorKind
from booking.models import EPOCH, Appointment, Exam, Patient, Referral, Slot
from tests.answers import answered

ACTOR = Actor(ActorKind.STAFF, 1)
CROWDED, OWN = 64, 128
"""Slots that all workers want in the same order; and slots that one of them alone wants."""
REFUSALS = (holds.SlotTaken, holds.HoldExpired)
Claim = Callable[[Referral, int], bool]
TAKE = "UPDATE booking_slot SET free_at = NULL WHERE id = %s AND free_at <= %s"
MAKE = """INSERT INTO booking_appointment (reference, referral_id, slot_id, site_id, start, "end",
status, version, booked_at, changed_at)
SELECT %s, %s, id, site_id, start, "end", 'booked', 1, %s, %s FROM booking_slot WHERE id = %s"""


class Outcome(NamedTuple):
    """Milliseconds of those who won and of those who lost; bookings a second; slots given twice."""

    won: list[float]
    lost: list[float]
    rate: float
    doubles: int


def ours(referral: Referral, slot: int) -> bool:
    """Hold and book, with all that a booking writes: the text, the audit, the row of changes."""
    try:
        holds.hold(referral, slot, now=NOW)
        booking.book(referral, slot, now=NOW, actor=ACTOR)
    except REFUSALS:
        return False
    return True


def lock_first(referral: Referral, slot: int) -> bool:
    """Look inside a transaction that locks, save both rows by the ORM; no hold, nothing besides."""
    with transaction.atomic():
        found = Slot.objects.select_for_update().get(pk=slot)
        if found.free_at is None or found.free_at > NOW:
            return False
        found.free_at = None
        found.save(update_fields=["free_at"])
        Appointment.objects.create(
            reference=f"lock{referral.pk}", referral=referral, slot=found, site_id=found.site_id,
            start=found.start, end=found.end, status="booked", booked_at=NOW, changed_at=NOW,
        )  # fmt: skip
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


CLAIMS: dict[str, Claim] = {"bare": bare, "lock first": lock_first, "ours": ours}


def race(claim: Claim, people: list[Referral], slots: list[int], *, own: bool) -> Outcome:
    """Let WORKERS want each slot, or with `own` each its share; who has won goes on for the next
    of their people."""
    before = Appointment.objects.count()
    connection.close()  # the workers must not share it
    fork = multiprocessing.get_context("fork")
    barrier, said = fork.Barrier(WORKERS), fork.Queue()

    def take(number: int) -> None:
        connection.ensure_connection()
        share = slots[number::WORKERS] if own else slots
        barrier.wait()
        said.put(_want_all(claim, people[number::WORKERS], share))

    workers: list[Any] = [fork.Process(target=take, args=(number,)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    results = [said.get(timeout=300) for _ in workers]
    for worker in workers:
        worker.join()
    won = [wait for some, *_ in results for wait in some]
    lost = [wait for _, some, *_ in results for wait in some]
    seconds = max(ended for *_, ended in results) - min(begun for _, _, begun, _ in results)
    made = Appointment.objects.count() - before
    booked = Appointment.objects.filter(slot__in=slots).values("slot").distinct().count()
    return Outcome(won, lost, len(won) / seconds, made - booked)


def _want_all(
    claim: Claim, people: list[Referral], slots: list[int]
) -> tuple[list[float], list[float], float, float]:
    """Return the milliseconds of each attempt that won, of each that lost; when it began, ended."""
    won: list[float] = []
    lost: list[float] = []
    begun = time.perf_counter()
    for slot in slots:
        if len(won) == len(people):
            break
        started = time.perf_counter()
        had = claim(people[len(won)], slot)
        (won if had else lost).append((time.perf_counter() - started) * 1000)
    return won, lost, begun, time.perf_counter()


def run() -> None:
    """Print bookings a second, then winners and losers of the same slots, of each way to book."""
    slots = apart()[: 1 + OWN + CROWDED]
    spare, own, crowded = slots[0], slots[1 : 1 + OWN], slots[1 + OWN :]
    everybody = _people(1 + OWN + CROWDED * 2)
    first, rest = everybody[0], everybody[1:]
    # What is written once a process is written before the workers are forked from it.
    ours(first, spare)
    outcomes: dict[tuple[str, bool], Outcome] = {}
    for name, claim in CLAIMS.items():
        for is_own, some, people in ((True, own, rest[:OWN]), (False, crowded, rest[OWN:])):
            Slot.objects.filter(pk__in=some).update(free_at=EPOCH, held_by=None)
            outcomes[name, is_own] = race(claim, people, some, own=is_own)
        if len(outcomes[name, True].won) < OWN:
            raise SystemExit(f"{name}: a slot that one alone wants was not booked")
        if name != "ours":
            _forget(everybody[1:])
    _say(outcomes)


def _say(outcomes: dict[tuple[str, bool], Outcome]) -> None:
    print(f"Bookings, {WORKERS} workers, {OWN} slots of which each is wanted once, "
          f"{connection.vendor}")  # fmt: skip
    for name in CLAIMS:
        found = outcomes[name, True]
        print(f"  {name:<11}{found.rate:8.0f} bookings a second, {_said(found.won)}")
        tell(f"{name}: bookings a second, nobody in the way", f"{found.rate:.0f}")
    print(f"Winners and losers, the same {CROWDED} slots wanted by all {WORKERS} at once")
    for name in CLAIMS:
        found = outcomes[name, False]
        print(f"  {name:<11}{found.rate:8.0f} bookings a second, won {_said(found.won)}")
        print(f"  {'':<11}{'':>27}lost {_said(found.lost)}; {found.doubles} given twice")
        lost = percentile(found.lost, 50) if found.lost else 0.0
        tell(f"{name}: median who wins, who loses",
             f"{percentile(found.won, 50):.1f}, {lost:.1f} ms")  # fmt: skip
    doubles = sum(found.doubles for (name, _), found in outcomes.items() if name == "ours")
    tell("ours: given twice", str(doubles), "0", not doubles)
    ratio = outcomes["ours", True].rate / outcomes["lock first", True].rate
    print(f"  ours makes {ratio:.2f} x the bookings of lock first, which writes no text, no audit,"
          " and asks nothing\n")  # fmt: skip


def _people(number: int) -> list[Referral]:
    """Make so many people with a mobile: texts are part of what is measured."""
    exam = Exam.objects.get(code="MR")
    made: list[int] = []
    for count in range(number):
        patient = Patient.objects.create(
            given_name="W", family_name="N", born=BORN, mobile=f"+4477009{count:05}"
        )
        made.append(answered(Referral.objects.create(
            code=f"W{count:07}", patient=patient, exam=exam, trust_id="RXN", urgency="routine",
            clock_start=NOW.date(), target_day=NOW.date(),
        )).pk)  # fmt: skip
    referrals = Referral.objects.select_related("exam", "patient").order_by("pk")
    return list(referrals.filter(pk__in=made))


def _forget(people: Sequence[Referral]) -> None:
    """Take a control's appointments back: ours books for the same people."""
    Appointment.objects.filter(referral__in=people).delete()


def _said(waits: list[float]) -> str:
    if not waits:
        return "   0"
    return (
        f"{len(waits):4}: median {percentile(waits, 50):6.2f} ms, p99 {percentile(waits, 99):7.2f}"
    )
