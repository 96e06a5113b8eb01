"""A trust's push: against saving line by line, beside bookings, and in how much memory."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import msgspec
from django.db import connection

if __name__ == "__main__":
    django.setup()  # a child: the environment says where

from benchmarks.scene import MODALITIES, NOW
from benchmarks.summary import tell
from benchmarks.timing import percentile
from booking.appointments import holds
from booking.exchange.feeds import parse
from booking.exchange.feeds.importer import import_lines
from booking.models import EPOCH, Feed, Referral, Schedule, Slot

LINES, SAVED = 100_000, 1_500
"""Lines of a push, and of the control, which would take minutes for as many."""
BOOKINGS = 400
CHANGED = 100
"""One line in so many is changed by the re-push."""
STAMPS = ["2026-11-01T03:00:00Z", "2026-11-02T03:00:00Z"]
TARGETS = {"sqlite": (6.0, 15.0), "postgresql": (20.0, 5.0)}
"""Times the save loop; and of bookings meanwhile: milliseconds at most, or p99 times the quiet."""
MEMORY = 60
"""Megabytes that a push may add, however long it is."""


def lines(count: int, name: str, past: int, changed: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield numbered Slot lines; with `changed`, one in so many is busy, and newer.

    Each schedule's are one after another, `past` minutes past the hour and the half: those of two
    pushes are no new ids of one time.
    """
    for number in range(count):
        start = NOW + timedelta(days=1, minutes=30 * (number // 40) + past)
        is_changed = bool(changed) and number % changed == 0
        yield (
            number + 1,
            msgspec.json.encode(
                {
                    "resourceType": "Slot",
                    "id": f"{name}-{number:07}",
                    "meta": {"lastUpdated": STAMPS[is_changed]},
                    "schedule": {"reference": f"Schedule/{number % 40}-{MODALITIES[number % 3]}"},
                    "status": "busy" if is_changed else "free",
                    "start": start,
                    "end": start + timedelta(minutes=30),
                }
            ),
        )


def save_loop(fed: list[tuple[int, bytes]], *, look: bool) -> float:
    """Return rows a second of a loop that saves each line; `look`: that can update, too."""
    schedules = {schedule.external_id: schedule for schedule in Schedule.objects.all()}
    begun = time.perf_counter()
    for _, line in fed:
        slot: Any = parse.parse(line)
        schedule = schedules[slot.schedule.reference[9:]]
        key: dict[str, Any] = {"trust_id": "RXN", "external_id": slot.id, "seat": 0}
        values = {
            "schedule": schedule, "site_id": schedule.site_id, "modality": schedule.modality,
            "start": slot.start, "end": slot.end, "daypart": "morning", "weekend": False,
            "status": slot.status, "fed_at": slot.meta.last_updated, "free_at": EPOCH,
        }  # fmt: skip
        if look:
            Slot.objects.update_or_create(**key, defaults=values)
        else:
            Slot(**key, **values).save()
    return len(fed) / (time.perf_counter() - begun)


def push(fed: list[tuple[int, bytes]]) -> float:
    """Return lines a second of an import; every line must be used."""
    begun = time.perf_counter()
    report = import_lines("RXN", fed, now=datetime.now(UTC))
    taken = time.perf_counter() - begun
    if report.used != len(fed):
        raise SystemExit(f"the push was not used: {report.refusals[:1]}")
    return len(fed) / taken


def book_all(act: Callable[[int], bool], people: list[Referral]) -> list[float]:
    """Return the milliseconds of each of BOOKINGS holds, for as long as `act` says go on."""
    free = Slot.objects.filter(modality="MR", free_at=EPOCH, start__gt=NOW)
    slots = list(free.exclude(external_id__contains="-").values_list("pk", flat=True)[:BOOKINGS])
    taken, number = [], 0
    while act(number):
        person, slot = people[number % len(people)], slots[number % len(slots)]
        begun = time.perf_counter()
        with suppress(holds.SlotTaken):
            holds.hold(person, slot, now=NOW)
        taken.append((time.perf_counter() - begun) * 1000)
        number += 1
        time.sleep(0.002)  # patients do not press buttons in a row
    return taken


def beside_bookings(people: list[Referral]) -> tuple[list[float], list[float]]:
    """Return the milliseconds of holds when it is quiet, and while another process pushes."""
    quiet = book_all(lambda number: number < BOOKINGS, people)
    with _child("push") as child:
        _said(child)  # it has begun
        busy = book_all(lambda _: child.poll() is None, people)
    return quiet, busy


def memory() -> list[float]:
    """Return the megabytes that pushes of 50,000 and of 200,000 lines add to their process."""
    found = []
    for count in (50_000, 200_000):
        with _child("memory", str(count)) as child:
            found.append(float(_said(child)))
    return found


def _child(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.ingest", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _said(child: "subprocess.Popen[str]") -> str:
    """Return the next line that a child says."""
    return child.stdout.readline() if child.stdout else ""


def run() -> None:
    """Print the rates, the ratios, the waits and the memory."""
    people = list(Referral.objects.select_related("exam"))
    Feed.objects.get_or_create(trust_id="RXN")
    saved = save_loop(list(lines(SAVED, "save", 1)), look=False)
    upserted = save_loop(list(lines(SAVED, "look", 2)), look=True)
    new = push(list(lines(LINES, "new", 3)))
    again = push(list(lines(LINES, "new", 3, CHANGED)))
    quiet, busy = beside_bookings(people)
    small, large = memory()
    times, wait = TARGETS[connection.vendor]
    print(f"Ingest, {LINES:,} slots pushed, {connection.vendor} (lines a second)")
    print(f"  save loop, which can only add    {saved:9,.0f}")
    print(f"  save loop, which looks first     {upserted:9,.0f}")
    print(f"  ours, all new                    {new:9,.0f}")
    print(f"  ours, 1% changed                 {again:9,.0f}")
    met = tell("a push to the loop that looks", f"{new / upserted:.0f} x ({new:,.0f} lines/s)",
               f">= {times:.0f}", new / upserted >= times)  # fmt: skip
    print(f"  {new / upserted:.0f} x the loop that looks (target {times:.0f}): {met}")
    print(f"  {new / saved:.0f} x the loop that only adds")
    met = tell("a re-push to a new push", f"{again / new:.1f} x", ">= 2.5", again / new >= 2.5)
    print(f"  re-push {again / new:.1f} x new (target 2.5): {met}")
    print(f"Holds while 100,000 are pushed by another process (ms): {len(busy)} of them")
    for name, taken in (("quiet", quiet), ("busy", busy)):
        print(f"  {name:<6} p50 {percentile(taken, 50):6.1f}  p99 {percentile(taken, 99):6.1f}"
              f"  max {max(taken):6.1f}")  # fmt: skip
    if connection.vendor == "sqlite":
        met = tell("the longest hold beside a push", f"{max(busy):.1f} ms", f"<= {wait:.0f}",
                   max(busy) <= wait)  # fmt: skip
        print(f"  at most {wait:.0f} ms: {met}")
    else:
        ratio = percentile(busy, 99) / percentile(quiet, 99)
        met = tell("p99 of holds beside a push to quiet", f"{ratio:.1f} x", f"<= {wait:.0f}",
                   ratio <= wait)  # fmt: skip
        print(f"  p99 {ratio:.1f} x quiet (target {wait:.0f}): {met}")
    met = tell("memory that a push of 200,000 adds", f"{large:.0f} MB", f"<= {MEMORY}",
               large <= MEMORY)  # fmt: skip
    print(f"Memory added by 50,000 lines {small:.0f} MB, by 200,000 lines {large:.0f} MB "
          f"(target {MEMORY}): {met}\n")  # fmt: skip


def main(arguments: list[str]) -> None:
    """Be the process that pushes, or the one whose memory is measured."""
    if arguments[0] == "push":
        fed = list(lines(LINES, f"beside{os.getpid()}", 4))
        print("begun", flush=True)
        push(fed)
        return
    count = int(arguments[1])
    import_lines("RXN", lines(1000, f"warm{os.getpid()}", 5), now=datetime.now(UTC))
    before = peak()
    import_lines(
        "RXN", lines(count, f"m{os.getpid()}", 6 + count // 100_000), now=datetime.now(UTC)
    )
    print(peak() - before)


def peak() -> float:
    """Return the most megabytes that this process had so far."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage counts what the parent had before it started us
        words = status.read_text(encoding="ascii").split()
        return int(words[words.index("VmHWM:") + 1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # macOS: bytes


if __name__ == "__main__":
    main(sys.argv[1:])
