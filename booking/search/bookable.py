"""Which slots somebody may have: the queries that every search is made of."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Min, QuerySet

from booking.exams import fit, overlaps, reserved
from booking.exams.needed import Needed
from booking.models import Exam, Slot
from booking.search.criteria import SearchCriteria
from booking.search.weekdays import WEEKDAYS, WEEKEND, Weekday
from times.london import LONDON


def bookable(wanted: SearchCriteria, now: datetime, **where: Any) -> QuerySet[Slot, Any]:
    """Return the slots that somebody may have who looks for this, on whatever day."""
    slots = free(wanted.needed, now, **where)
    if wanted.exam:
        return fit.fitting(slots, wanted.exam, needed=wanted.needed, now=now)
    return slots.filter(modality=wanted.modality)


def free_and_able(exam: Exam, needed: Needed, now: datetime, **where: Any) -> QuerySet[Slot, Any]:
    """Return the slots that somebody may have for a part of an exam, however long they are."""
    return fit.able(free(needed, now, **where), exam, needed=needed)


def free(needed: Needed, now: datetime, **where: Any) -> QuerySet[Slot, Any]:
    """Return the slots that nobody has or holds, and that are not kept for others."""
    # `free_at <= now` alone: any OR or IN here makes SQLite drop the partial index.
    slots = reserved.open_to(Slot.objects.filter(free_at__lte=now, **where), needed, now=now)
    return overlaps.without_blocked(slots, now=now)


def narrowed(wanted: SearchCriteria, now: datetime, **where: Any) -> QuerySet[Slot, Any]:
    """Return those of `bookable` on the days and at the times of day that are wanted."""
    if wanted.dayparts:
        where["daypart__in"] = wanted.dayparts
    if wanted.weekend:
        where["weekend"] = True
    after, before = window(wanted, now)
    slots = bookable(wanted, now, start__gt=after, start__lt=before, **where)
    return _on_weekdays(slots, wanted.weekdays) if wanted.weekdays else slots


def _on_weekdays(slots: QuerySet[Slot, Any], days: frozenset[int]) -> QuerySet[Slot, Any]:
    """Return those on some days of the week. Where `weekend` alone decides, nothing is worked out:
    it stands in the row."""
    if days >= WEEKDAYS:
        return slots
    if days in (WEEKEND, WEEKDAYS - WEEKEND):
        return slots.filter(weekend=days == WEEKEND)
    if days <= WEEKEND or not days & WEEKEND:
        slots = slots.filter(weekend=days <= WEEKEND)
    return slots.alias(weekday=Weekday("start")).filter(weekday__in=sorted(days))


def is_at_wanted_time(
    wanted: SearchCriteria, daypart: str, start: datetime, *, weekend: bool
) -> bool:
    """Return whether a slot is at a time of day, and of the week, that is wanted."""
    day = start.astimezone(LONDON).weekday()
    return (
        (not wanted.dayparts or daypart in wanted.dayparts)
        and (weekend or not wanted.weekend)
        and (not wanted.weekdays or day in wanted.weekdays)
    )


def window(wanted: SearchCriteria, now: datetime) -> tuple[datetime, datetime]:
    """Return after which moment a time starts that is on the days wanted, and before which."""
    first = midnight(wanted.first_day) - timedelta(microseconds=1)
    return max(now, first), midnight(wanted.last_day + timedelta(days=1))


def by_start(slots: QuerySet[Slot, Any]) -> QuerySet[Slot, Any]:
    """Return one row a start: places at one time are alike."""
    return slots.values("start").annotate(slot=Min("id"), finish=Min("end"))


def midnight(day: date) -> datetime:
    """Return when a day begins in England."""
    return datetime.combine(day, time(), LONDON)
