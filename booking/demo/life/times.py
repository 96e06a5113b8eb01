"""Times for the invented people: those of the feeds to come, and of today and two days before.

A feed sends nothing of the past: those times are made here, on the scanners that the feeds named.
Each is then held and booked by the service's own functions, at a moment before it.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from booking.appointments import booking, holds
from booking.exams.questions.outcomes import BookingNotAllowed
from booking.exchange.feeds.upsert import daypart, is_weekend
from booking.identifiers.actors import Actor
from booking.models import EPOCH, Appointment, Referral, Schedule, Slot
from times.london import LONDON, day_in_england

PLACES_A_TRUST = 2
SPREAD = 7
"""So that people are not all there in the morning."""
FIRST_HOUR, LAST_HOUR = 9, 16
LASTS = timedelta(minutes=30)
SOON, FAR = timedelta(days=1), timedelta(days=35)
A_DAY = timedelta(days=1)
BEFORE = timedelta(days=6)
"""How long before a time of the past it was booked."""


class Times:
    """What is left of the times: of each trust and modality, to come and of each past day."""

    def __init__(self, now: datetime) -> None:
        """Read what is free to come, and make the times of three days."""
        self.now = now
        self._coming: dict[tuple[str, str], list[tuple[datetime, int]]] = defaultdict(list)
        free = Slot.objects.filter(
            free_at__lte=now, reserved_until__lte=now, seat=0, schedule__scanner=None,
            start__gt=now + SOON, start__lt=now + FAR, modality__in=("MR", "CT"),
        )  # fmt: skip
        found = free.order_by("start", "pk").values_list("start", "pk", "trust_id", "modality")
        for start, pk, trust, modality in found:
            self._coming[trust, modality].append((start, pk))
        self._of_days: dict[tuple[date, str, str], list[Slot]] = defaultdict(list)
        for slot in _make_three_days(now):
            key = (day_in_england(slot.start), slot.trust_id, slot.modality)
            self._of_days[key].append(slot)

    def book_ahead(
        self, referral: Referral, actor: Actor, *, at: datetime, days: int = 0
    ) -> Appointment | None:
        """Book the first time left in `days` days or later; None if none could be had."""
        return _book_first(referral, self._ahead(referral, days), actor, at)

    def take_ahead(self, referral: Referral) -> int | None:
        """Take the first time that is left, and return its key without booking it."""
        return next(self._ahead(referral, 0), None)

    def _ahead(self, referral: Referral, days: int) -> Iterator[int]:
        left = self._coming[referral.trust_id, referral.exam.modality]
        for start, key in [one for one in left if one[0] >= self.now + days * A_DAY]:
            left.remove((start, key))
            yield key

    def book_on(self, referral: Referral, day: date, actor: Actor) -> Appointment | None:
        """Book a time of today or of a day that is over, some days before it."""
        slots = self._of_days[day, referral.trust_id, referral.exam.modality]
        if not slots:
            return None
        slot = slots.pop(SPREAD * referral.pk % len(slots))
        return _book_first(referral, iter([slot.pk]), actor, slot.start - BEFORE)


def _book_first(
    referral: Referral, keys: Iterator[int], actor: Actor, at: datetime
) -> Appointment | None:
    """Book the first of the times that can be had; three are tried."""
    for _, key in zip(range(3), keys, strict=False):
        try:
            holds.hold(referral, key, now=at)
            return booking.book(referral, key, now=at, actor=actor)
        except (holds.SlotTaken, holds.SlotNotSuitable, holds.HoldExpired):
            continue
        except BookingNotAllowed:
            return None
    return None


def _make_three_days(now: datetime) -> list[Slot]:
    """Insert half-hours of today and two days before, at some places of each trust."""
    today = day_in_england(now)
    schedules = Schedule.objects.filter(scanner=None, modality__in=("MR", "CT"))
    of: dict[tuple[str, str], list[Schedule]] = defaultdict(list)
    for one in schedules.select_related("site").order_by("pk"):
        if not one.site.closed and len(of[one.trust_id, one.modality]) < PLACES_A_TRUST:
            of[one.trust_id, one.modality].append(one)
    chosen = [one for some in of.values() for one in some]
    slots = []
    for day in (today - 2 * A_DAY, today - A_DAY, today):
        for half in range(2 * FIRST_HOUR, 2 * LAST_HOUR):
            at = datetime.combine(day, time(half // 2, half % 2 * 30), LONDON).astimezone(UTC)
            slots += [_slot(one, at) for one in chosen]
    return Slot.objects.bulk_create(slots, batch_size=500)


def _slot(schedule: Schedule, start: datetime) -> Slot:
    return Slot(
        trust_id=schedule.trust_id, external_id=f"life-{schedule.pk}-{start:%Y%m%d-%H%M}", seat=0,
        schedule=schedule, site_id=schedule.site_id, modality=schedule.modality, start=start,
        end=start + LASTS, daypart=daypart(start), weekend=is_weekend(start), status="free",
        fed_at=start - 30 * A_DAY, free_at=EPOCH,
    )  # fmt: skip
