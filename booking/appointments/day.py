"""Who comes to a place on a day, and of whom nobody has said yet whether they came.

`now` is passed in, aware, UTC. Nothing is written here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate

from booking.models import Appointment, AppointmentPart, OtherPhone, StopQuestion
from booking.models.appointment import LIVE
from times.london import LONDON

Status = Appointment.Status
SHOWN = [*LIVE, Status.ATTENDED, Status.DID_NOT_ATTEND, Status.DISPLACED]
"""What stands on a day list: a time that was taken away too, so that nobody waits for them."""
TO_SAY = [*LIVE, Status.ATTENDED, Status.DID_NOT_ATTEND]
"""Of whom it can be said whether they came."""
MOST = 500
"""Appointments of one place and day that are listed at once."""


@dataclass(frozen=True)
class Visit:
    """One time that somebody is at the place: `number` is 1, or 2 of the second of `of` visits."""

    appointment: Appointment
    start: datetime
    end: datetime
    number: int
    of: int
    modality: str
    schedule: str
    scanner: str

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return int((self.end - self.start).total_seconds() // 60)


@dataclass(frozen=True)
class DayAtPlace:
    """How many people come to one place for one kind of scan on one day."""

    place: int
    modality: str
    people: int
    first: datetime
    unmarked: int


@dataclass(frozen=True)
class Unmarked:
    """How many people of one day at one place nobody has marked."""

    place: int
    day: date
    people: int


def hours_of(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins in England, and when the next does: 23 to 25 hours later."""
    return (
        datetime.combine(day, time.min, LONDON),
        datetime.combine(day + timedelta(days=1), time.min, LONDON),
    )


def appointments_on(
    trusts: Collection[str], place: int, day: date, modality: str = ""
) -> list[Appointment]:
    """Return the appointments of a day at a place of these trusts, in the order of their times.

    One more than MOST at most. Each has its second visit, if there is one, and a phone that is no
    mobile in it already: no further query is asked.
    """
    begins, ends = hours_of(day)
    second = AppointmentPart.objects.filter(appointment=OuterRef("pk"), visit=2)
    phone = OtherPhone.objects.filter(patient=OuterRef("referral__patient")).order_by("pk")
    open_question = StopQuestion.objects.filter(
        appointment=OuterRef("pk"), state=StopQuestion.State.OPEN
    )
    found = (
        Appointment.objects.of_trusts(trusts)
        .filter(site=place, start__gte=begins, start__lt=ends, status__in=SHOWN)
        .select_related("referral__patient", "referral__exam", "slot__schedule__scanner")
        .annotate(
            second_start=Subquery(second.order_by("position").values("start")[:1]),
            second_end=Subquery(second.order_by("-position").values("end")[:1]),
            second_schedule=_of_second(second, "external_id"),
            second_scanner=_of_second(second, "scanner__name"),
            landline=Subquery(phone.values("number")[:1]),
            asks_place=Exists(open_question),
        )
    )
    if modality:
        found = found.filter(referral__exam__modality=modality)
    return list(found.order_by("start", "pk")[: MOST + 1])


def _of_second(second: QuerySet[AppointmentPart], column: str) -> Subquery:
    return Subquery(second.order_by("position").values(f"slot__schedule__{column}")[:1])


def visits_of(appointments: Collection[Appointment]) -> list[Visit]:
    """Return each time that somebody of these is there, in order; two of who comes twice."""
    found = []
    for one in appointments:
        schedule, scanner = one.slot.schedule, one.slot.schedule.scanner
        name = scanner.name if scanner else ""
        modality, start = one.referral.exam.modality, one.second_start  # type: ignore[attr-defined]
        of = 2 if start else 1
        found.append(Visit(one, one.start, one.end, 1, of, modality, schedule.external_id, name))
        if start:
            end: datetime = one.second_end  # type: ignore[attr-defined]
            its: str = one.second_schedule or ""  # type: ignore[attr-defined]
            name = one.second_scanner or ""  # type: ignore[attr-defined]
            found.append(Visit(one, start, end, 2, of, modality, its, name))
    return sorted(found, key=lambda visit: (visit.start, visit.appointment.pk, visit.number))


def places_on(
    trusts: Collection[str], places: Collection[int], day: date, *, now: datetime
) -> list[DayAtPlace]:
    """Return at which of these places people are expected on a day, and for which scans."""
    begins, ends = hours_of(day)
    found = (
        Appointment.objects.of_trusts(trusts)
        .filter(site__in=places, start__gte=begins, start__lt=ends, status__in=TO_SAY)
        .order_by()
        .values(place=F("site"), modality=F("referral__exam__modality"))
        .annotate(people=Count("pk"), first=Min("start"), unmarked=Count("pk", _unmarked(now)))
    )
    return [DayAtPlace(**one) for one in found]


def unmarked(trusts: Collection[str], places: Collection[int], *, now: datetime) -> list[Unmarked]:
    """Return the days and places of which somebody is unmarked, the latest day first.

    However long ago: it is asked until somebody says it.
    """
    found = (
        Appointment.objects.of_trusts(trusts)
        .filter(_unmarked(now), site__in=places)
        .annotate(day=TruncDate("start", tzinfo=LONDON))
        .order_by()
        .values("day", place=F("site"))
        .annotate(people=Count("pk"))
    )
    return sorted((Unmarked(**one) for one in found), key=lambda one: -one.day.toordinal())


def _unmarked(now: datetime) -> Q:
    """Return what is true of a time that is over, of a request that goes on, and nobody marked."""
    return Q(status__in=LIVE, end__lte=now, referral__ended_at=None)
