"""A day at a place: who comes, what they need, what is to be known, and whether they came."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from django.urls import reverse

from booking.appointments import day as day_of
from booking.appointments.day import MOST, TO_SAY, Visit
from booking.clerk.forms.day import CAME, MISSED, came_field, token_of
from booking.clerk.permissions import Action, may
from booking.exams.questions.noting import SafetyNotes, safety_notes
from booking.models import Appointment, LostClinic, Staff
from booking.models.appointment import LIVE
from booking.offers.lost.on_day import lost_on
from sites import places
from sites.models import MODALITIES
from sites.places import Place
from times.london import day_in_england

Status = Appointment.Status
A_DAY = timedelta(days=1)
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2198, 12, 31)
SAID = {
    Status.ATTENDED: "Came",
    Status.DID_NOT_ATTEND: "Did not come",
    Status.DISPLACED: "Time taken away: do not expect them",
}
WITHOUT_NOTES = SafetyNotes()


@dataclass(frozen=True)
class Line:
    """One time that somebody is there. `notes` is None for who may not see answers."""

    visit: Visit
    needs: list[str]
    notes: SafetyNotes | None
    phone: str
    said: str
    is_unmarked: bool

    @property
    def appointment(self) -> Appointment:
        """The appointment that it is a visit of."""
        return self.visit.appointment


@dataclass(frozen=True)
class SheetLine:
    """One person of the sheet: the name of the two buttons, which is pressed, what it carries."""

    appointment: Appointment
    name: str
    chosen: str
    token: str


@dataclass(frozen=True)
class DayList:
    """The day list of one place. `is_cut`: there are more people than are shown.

    `groups` are its scanners, or lists of times, each with its lines. `sheet` are those of whom it
    can be said whether they came; `to_begin` counts those whose time has not come yet.
    """

    place: Place
    day: date
    scan: str
    groups: list[tuple[str, list[Line]]]
    people: int
    first: datetime | None
    last: datetime | None
    lost: list[tuple[LostClinic, str]]
    is_cut: bool
    sheet: list[SheetLine] = field(default_factory=list)
    to_begin: int = 0

    @property
    def lines(self) -> Iterable[Line]:
        """All lines, scanner by scanner."""
        return (line for _, lines in self.groups for line in lines)

    @property
    def unmarked(self) -> int:
        """Of how many people nobody has said whether they came, though their time has come."""
        return sum(not one.chosen for one in self.sheet)

    @property
    def patient_ids(self) -> set[int]:
        """Whose names stand on it."""
        return {line.appointment.referral.patient_id for line in self.lines}

    @property
    def with_notes(self) -> set[int]:
        """Of whom something is said that they answered."""
        noted = (line for line in self.lines if line.notes and line.notes.words)
        return {line.appointment.referral.patient_id for line in noted}


def show_day(staff: Staff, place: Place, day: date, scan: str, *, now: datetime) -> DayList:
    """Return the day list of a place, for one kind of scan or for all.

    Three queries: the people, their answers, the lost clinics.
    """
    found = day_of.appointments_on(staff.trust_codes, place.id, day, scan)
    shown = found[:MOST]
    notes = _notes(staff, shown, now)
    lines = [_line(one, notes, now) for one in day_of.visits_of(shown)]
    expected = [one.visit for one in lines if one.appointment.status in TO_SAY]
    begun = [one for one in shown if one.status in TO_SAY and one.start <= now]
    return DayList(
        place,
        day,
        scan,
        _groups(place, lines),
        people=len({visit.appointment.referral.patient_id for visit in expected}),
        first=expected[0].start if expected else None,
        last=max((visit.end for visit in expected), default=None),
        lost=lost_on(staff.trust_codes, place.id, day, day_of.hours_of(day)),
        is_cut=len(found) > MOST,
        sheet=[_sheet_line(one) for one in begun],
        to_begin=sum(one.status in LIVE and one.start > now for one in shown),
    )


def _notes(
    staff: Staff, appointments: list[Appointment], now: datetime
) -> Mapping[int, SafetyNotes] | None:
    if not may(staff, Action.ANSWERS):
        return None
    return safety_notes([one.referral for one in appointments], now=now)


def _line(visit: Visit, notes: Mapping[int, SafetyNotes] | None, now: datetime) -> Line:
    one = visit.appointment
    patient = one.referral.patient
    return Line(
        visit,
        patient.needs_in_words,
        None if notes is None else notes.get(one.referral_id, WITHOUT_NOTES),
        "" if patient.died_at else patient.mobile or one.landline or "",  # type: ignore[attr-defined]
        SAID.get(Status(one.status), ""),
        one.is_live and one.start <= now,
    )


def _groups(place: Place, lines: list[Line]) -> list[tuple[str, list[Line]]]:
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(_name_of(place, line.visit), []).append(line)
    return sorted(groups.items())


def _name_of(place: Place, visit: Visit) -> str:
    """Return how the room is called: its scanner, if it can be told; else its list of times."""
    word = MODALITIES[visit.modality]
    fixed = [one.name for one in place.machines if one.modality == visit.modality]
    name = visit.scanner or (fixed[0] if len(fixed) == 1 else f"list {visit.schedule}")
    return f"{word[:1].upper()}{word[1:]}: {name}"


def _sheet_line(one: Appointment) -> SheetLine:
    chosen = {Status.ATTENDED: CAME, Status.DID_NOT_ATTEND: MISSED}.get(Status(one.status), "")
    return SheetLine(one, came_field(one.pk), chosen, token_of(one))


def day_address(name: str, *, place: str, day: date, scan: str = "") -> str:
    """Return the address of a day list: the place's own name, a day and a kind of scan."""
    said = {"place": place, "day": day.isoformat(), "scan": scan}
    return f"{reverse(name)}?{urlencode({key: word for key, word in said.items() if word})}"


@dataclass(frozen=True)
class Ways:
    """The days beside one, and its sheet to print or as a file; today, unless it is today."""

    before: str
    after: str
    today: str
    paper: str
    file: str


def ways_from(place: str, day: date, scan: str, *, now: datetime) -> Ways:
    """Return where one can go from the list of a day."""
    to = partial(day_address, place=place, scan=scan)
    today = day_in_england(now)
    return Ways(
        to("staff-day", day=day - A_DAY) if day > FIRST_DAY else "",
        to("staff-day", day=day + A_DAY) if day < LAST_DAY else "",
        to("staff-day", day=today) if day != today else "",
        to("staff-day-print", day=day),
        to("staff-day-csv", day=day),
    )


@dataclass(frozen=True)
class PlaceOnDay:
    """One place with people on a day: how many for which scan, and of whom nobody said anything."""

    place: Place
    scan: str
    people: int
    first: datetime
    unmarked: int
    address: str


@dataclass(frozen=True)
class UnmarkedDay:
    """People of a day at a place of whom nobody has said whether they came."""

    place: Place
    day: date
    people: int
    address: str


def places_on(staff: Staff, day: date, scan: str, *, now: datetime) -> list[PlaceOnDay]:
    """Return where people are expected on a day, by place and scan, with the way to each list."""
    own = {one.id: one for one in places.places_of(staff.trust_codes)}
    found = [
        PlaceOnDay(
            own[one.place],
            MODALITIES[one.modality],
            one.people,
            one.first,
            one.unmarked,
            day_address("staff-day", place=own[one.place].slug, day=day, scan=one.modality),
        )
        for one in day_of.places_on(staff.trust_codes, own, day, now=now)
        if scan in ("", one.modality)
    ]
    return sorted(found, key=lambda one: (one.place.name, one.scan))


def unmarked_days(staff: Staff, *, now: datetime) -> list[UnmarkedDay]:
    """Return the days and places whose people are to be marked, the latest first."""
    own = {one.id: one for one in places.places_of(staff.trust_codes)}
    found = [
        UnmarkedDay(
            own[one.place],
            one.day,
            one.people,
            day_address("staff-day", place=own[one.place].slug, day=one.day) + "#came",
        )
        for one in day_of.unmarked(staff.trust_codes, own, now=now)
    ]
    return sorted(found, key=lambda one: (-one.day.toordinal(), one.place.name))
