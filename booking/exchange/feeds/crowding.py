"""Times of one Schedule that stand on one another, and days with more places than machines have.

Each place is a row that somebody can book. So what a slip makes of them is said, and there is an
end to it: times that overlap, seconds taken for minutes, a whole session with a hundred places.
"""

from array import array
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from django.db.models import Count
from numpy.typing import NDArray

from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.upsert import FedSlot
from booking.models import OFF_SALE, Schedule, Slot

if TYPE_CHECKING:
    from booking.exchange.feeds.match import Plan

MAX_SEATS_A_DAY = 5_000
"""Places of one Schedule in a day (UTC): ten rooms in one Schedule, with a patient each three
minutes, day and night, are 4,800. What is over that is a slip, not a clinic."""
MAX_MORE_SEATS = 10_000
"""Further places, by slot-capacity, that a body may bring to one Schedule, however many days they
lie on: a session of twelve patients twice a day, the whole year round, has 8,000."""
EVERY_DAY = date.max
"""Where those are counted."""
LONG = timedelta(hours=2)
"""A slot this long with more than one place is a session: all its patients are told its start."""
FEW = 100
"""Up to so many times in a body are held against those stored as well: a full body has all."""
ON_SALE = (Slot.Status.FREE, Slot.Status.BUSY)

Times = NDArray[np.int64]
"""Rows of (schedule, start, end, which slot), times in seconds since 1970."""


class Crowding:
    """What one import says of times: 32 bytes a slot, and a counter for each day that it fills."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.sessions = 0
        self.session = ""
        self._times = array("q")
        self._seats: dict[date, Counter[int]] = {EVERY_DAY: Counter()}

    def note(self, name: str, schedule: int, start: datetime, end: datetime) -> None:
        """Note a time that is or was on sale, and the slot's name."""
        times = int(start.timestamp()), int(end.timestamp())
        self._times.extend((schedule, *times, _number_of(name)))

    def note_changed(self, fed: FedSlot) -> None:
        """Note a changed slot, and whether it is a session."""
        if fed.status not in ON_SALE:
            return
        self.note(fed.external_id, fed.schedule_id, fed.start, fed.end)
        if fed.capacity > 1 and fed.end - fed.start >= LONG:
            self.sessions += 1
            self.session = self.session or f"Slot/{fed.external_id}"

    def refuse_too_many(self, trust: str, plan: "Plan") -> Counter[tuple[date, int]]:
        """Take out of a plan the slots that a day has no room for; return its new seats.

        They are counted with `add` once they are in.
        """
        added: Counter[tuple[date, int]] = Counter()
        places = plan.snapshot.places
        seats = Counter(
            row.external_id
            for row in plan.rows
            if row.status != Slot.Status.WITHDRAWN and (row.external_id, row.seat) not in places
        )
        fed_by_name = {fed.external_id: fed for fed in plan.matched} if seats else {}
        too_many = set()
        for name, count in seats.items():
            fed = fed_by_name[name]
            key = (fed.start.astimezone(UTC).date(), fed.schedule_id)
            all_days, more = (EVERY_DAY, fed.schedule_id), min(count, fed.capacity - 1)
            if self._taken(trust, key[0])[key[1]] + added[key] + count > MAX_SEATS_A_DAY:
                too_many.add(name)
                _refuse(plan, fed, f"{MAX_SEATS_A_DAY} places on that day")
            elif self._seats[EVERY_DAY][fed.schedule_id] + added[all_days] + more > MAX_MORE_SEATS:
                too_many.add(name)
                _refuse(plan, fed, f"{MAX_MORE_SEATS} further places by slot-capacity in one body")
            else:
                added[key] += count
                added[all_days] += more
        if too_many:
            plan.rows = [row for row in plan.rows if row.external_id not in too_many]
        return added

    def add(self, added: Counter[tuple[date, int]]) -> None:
        """Count new seats, by day and schedule."""
        for (day, schedule), count in added.items():
            self._seats[day][schedule] += count

    def warnings(self, trust: str) -> tuple[int, list[str]]:
        """Return how many times overlap an earlier one of their Schedule, and what to say.

        Their Schedules are marked, as booking/exams/overlaps.py says.
        """
        said = []
        times, count = self._all_times(trust), 0
        overlapping = _overlaps(times)
        if len(overlapping):
            count = len(overlapping)
            # So that a search leaves out at once what stands on somebody's time.
            schedules = {schedule for schedule, _, _ in overlapping}
            Schedule.objects.filter(pk__in=schedules, overlaps=False).update(overlaps=True)
            said.append(_say_overlap(count, overlapping[0]))
        if self.sessions:
            said.append(
                f"{self.sessions} slots of {LONG.seconds // 3600} hours or more have several "
                f"places, like {self.session}: all their patients are told to come at the start. "
                "Send a slot for each time."
            )
        return count, said

    def _taken(self, trust: str, day: date) -> Counter[int]:
        """Return the places of each of a trust's schedules on a day: a look a day and import."""
        if day not in self._seats:
            first = datetime.combine(day, time(), UTC)
            slots = Slot.objects.of_trust(trust).filter(
                start__gte=first, start__lt=first + timedelta(days=1)
            )
            rows = slots.exclude(status=Slot.Status.WITHDRAWN).order_by().values("schedule_id")
            counted = rows.annotate(seats=Count("pk")).values_list("schedule_id", "seats")
            self._seats[day] = Counter(dict(counted))
        return self._seats[day]

    def _all_times(self, trust: str) -> Times:
        times = np.frombuffer(self._times, dtype=np.int64).reshape(-1, 4)
        if 0 < len(times) <= FEW:
            first, last = times[:, 1].min(), times[:, 2].max()
            stored = (
                Slot.objects.of_trust(trust)
                .filter(
                    schedule_id__in={*times[:, 0].tolist()},
                    status__in=ON_SALE,
                    start__gt=datetime.fromtimestamp(int(first), UTC) - timedelta(days=1),
                    start__lt=datetime.fromtimestamp(int(last), UTC),
                )
                .exclude(free_at=OFF_SALE)
            )
            rows = [
                (schedule, int(start.timestamp()), int(end.timestamp()), _number_of(name))
                for name, schedule, start, end in stored.values_list(
                    "external_id", "schedule_id", "start", "end"
                )
            ]
            times = np.array([*times.tolist(), *rows], dtype=np.int64)
        return np.unique(times, axis=0)  # a slot once, however often it came


def _number_of(name: str) -> int:
    """Return what tells a slot from others of the same time: a checksum takes no room."""
    return crc32(name.encode())


def _refuse(plan: "Plan", fed: FedSlot, too_many: str) -> None:
    what = "created" if (fed.external_id, 0) not in plan.snapshot.places else "updated"
    setattr(plan.report, what, getattr(plan.report, what) - 1)
    if plan.report.outcomes is not None:
        plan.report.outcomes.pop(fed.line, None)
    error = LineRefused(
        "too-costly",
        f"its Schedule would have over {too_many}. Are slot-capacity and the minutes of its slots "
        "right?",
    )
    schedules = plan.snapshot.schedules.items()
    error.schedule = next(name for name, ref in schedules if ref and ref.pk == fed.schedule_id)
    plan.report.refuse(fed.line, error, f"Slot/{fed.external_id}")
    plan.refused.append((fed.line, error, f"Slot/{fed.external_id}"))


def _overlaps(times: Times) -> list[tuple[int, int, int]]:
    """Return (schedule, start before, start) of each time that begins before an earlier one ends.

    `times` is sorted.
    """
    found: list[tuple[int, int, int]] = []
    if len(times) < 2:
        return found
    # The latest end so far, of each schedule by itself: each lies in a range of its own.
    _, number = np.unique(times[:, 0], return_inverse=True)
    span = int(times[:, 2].max() - times[:, 1].min()) + 1
    latest = np.maximum.accumulate(times[:, 2] + number * span) - number * span
    begins_before = (times[1:, 0] == times[:-1, 0]) & (times[1:, 1] < latest[:-1])
    for at in np.flatnonzero(begins_before).tolist():
        found.append((int(times[at, 0]), int(times[at, 1]), int(times[at + 1, 1])))
    return found


def _say_overlap(count: int, example: tuple[int, int, int]) -> str:
    schedule, before, start = example
    name = Schedule.objects.values_list("external_id", flat=True).get(pk=schedule)
    at = [datetime.fromtimestamp(one, UTC).isoformat() for one in (before, start)]
    return (
        f"{count} times overlap another of their Schedule, like those of Schedule/{name} from "
        f"{at[0]} and {at[1]}. Only one of them can be had: one machine has one patient. Of two "
        "machines send a Schedule each, or say slot-capacity."
    )
