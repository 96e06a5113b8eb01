"""100,000 slots of one week published: how much memory a stream takes, and what a 304 costs."""

import tracemalloc
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.summary import tell
from benchmarks.timing import in_turns
from booking.changes.change_log import week_of
from booking.models import EPOCH, Schedule, Slot
from times.london import LONDON

SLOTS, WEEKS_AHEAD, ROUNDS = 100_000, 8, 3
MEMORY_AT_MOST, COST_AT_MOST = 20, 1 / 20
"""Megabytes that a stream may take, of a file of about 50; a 304 against a 200."""


def run() -> None:
    """Fill a week that nothing else uses, then print memory and ratio."""
    address = _fill()
    client = Client(headers={"host": "localhost"})
    size = sum(map(len, _get(client, address)))
    tracemalloc.start()
    for _ in _get(client, address):
        pass
    streamed = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.reset_peak()
    whole = b"".join(_get(client, address))
    kept = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    mark = client.get(address)["ETag"]
    taken = in_turns(
        ROUNDS,
        full=lambda: sum(map(len, _get(client, address))),
        unchanged=lambda: _unchanged(client, address, mark),
    )
    share = taken["unchanged"] / taken["full"]
    print(f"Publish, {SLOTS:,} slots of one week, {size / 2**20:.0f} MB, {connection.vendor}")
    print(f"  streamed       {streamed:6.1f} MB at its peak")
    print(f"  whole          {kept:6.1f} MB ({len(whole) / 2**20:.0f} MB of it the file)")
    print(f"  200            {taken['full']:8.2f} ms, median")
    print(f"  304            {taken['unchanged']:8.2f} ms, median")
    met = tell("memory of a stream at its peak", f"{streamed:.1f} MB", f"<= {MEMORY_AT_MOST}",
               streamed <= MEMORY_AT_MOST)  # fmt: skip
    print(f"  at most {MEMORY_AT_MOST} MB: {met}")
    met = tell("a 304 to a 200", f"1/{1 / share:.0f}", "< 1/20", share < COST_AT_MOST)
    print(f"  304 is 1/{1 / share:.0f} of a 200 (target 1/20): {met}\n")


def _fill() -> str:
    week = week_of(timezone.now()) + timedelta(weeks=WEEKS_AHEAD)
    first = datetime.combine(week, time(9), LONDON)
    schedules = list(Schedule.objects.all())
    Slot.objects.bulk_create(_slots(schedules, first), batch_size=2000)
    return f"/fhir/R4/$bulk-publish/Slot-{week}.ndjson"


def _slots(schedules: list[Schedule], first: datetime) -> Iterator[Slot]:
    for number in range(SLOTS):
        schedule = schedules[number % len(schedules)]
        start = first + timedelta(minutes=number * 5 * 24 * 60 // SLOTS)
        yield Slot(
            trust_id=schedule.trust_id,
            external_id=f"publish-{number}",
            seat=0,
            schedule=schedule,
            site_id=schedule.site_id,
            modality=schedule.modality,
            start=start,
            end=start + timedelta(minutes=30),
            daypart="morning",
            weekend=False,
            status="free",
            fed_at=first,
            free_at=EPOCH,
        )  # fmt: skip


def _get(client: Client, address: str) -> Iterator[bytes]:
    response = client.get(address)
    if response.status_code != 200:
        raise SystemExit(f"{address}: {response.status_code}")
    yield from response


def _unchanged(client: Client, address: str, mark: str) -> None:
    if client.get(address, headers={"if-none-match": mark}).status_code != 304:
        raise SystemExit("a 200 where a 304 was due")
