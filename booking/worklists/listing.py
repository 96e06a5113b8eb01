"""A list as somebody asks for it: narrowed, sorted, counted, a page of it, and the next row.

The counts of all lists, the places that one may choose and the page are read at once, however long
the lists are. `now` is passed in, aware, UTC.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, Count, F, Q, QuerySet, TextChoices, Value, When
from django.db.models.functions import Coalesce
from django.http import QueryDict

from booking.models import Contact, OtherPhone, Staff, WorklistRow
from booking.worklists import rows
from times.keyset import Key, Page, Source, beyond, page
from times.together import Part, attach, beside, read, rows_of

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Where a row stands that is about no time, among those sorted by theirs: last."""
TRIED_AT_ONCE = 20
"""Rows that are read at a time to find one that nobody else has taken."""


class Whose(TextChoices):
    """Whose rows are shown."""

    MINE = "mine", "Mine"
    NOBODYS = "nobodys", "Nobody’s yet"


class Sort(TextChoices):
    """What stands first."""

    PRESSING = "pressing", "Most pressing"
    DUE = "due", "Due first"
    WAITING = "waiting", "Waiting longest first"
    TIME = "time", "Earliest time first"
    PLACE = "place", "By place"


DUE_LAST = (Key("due_at", datetime), Key("pk", int))
ORDERS: dict[str, tuple[Key, ...]] = {
    Sort.PRESSING: rows.ORDER,
    Sort.DUE: DUE_LAST,
    Sort.WAITING: (Key("opened_at", datetime), Key("pk", int)),
    Sort.TIME: (Key("time", datetime), *DUE_LAST),
    Sort.PLACE: (Key("no_place", int), Key("place", str), *DUE_LAST),
}


@dataclass(frozen=True)
class Narrowed:
    """What is shown of the lists, and in which order. Empty or 0 narrows nothing.

    `place` is the key of the place of the appointment that a row is about.
    """

    place: int = 0
    modality: str = ""
    urgency: str = ""
    whose: str = ""
    is_overdue: bool = False
    sort: str = Sort.PRESSING

    def fits(self, user: User, now: datetime) -> Q:
        """Return what is true of the rows that are shown to this person."""
        fits = Q(closed_at=None)
        if self.place:
            fits &= Q(appointment__site=self.place)
        if self.modality:
            fits &= Q(referral__exam__modality=self.modality)
        if self.urgency:
            fits &= Q(referral__urgency=self.urgency)
        if self.whose:
            fits &= Q(owner=user if self.whose == Whose.MINE else None)
        if self.is_overdue:
            fits &= Q(due_at__lt=now)
        return fits

    @property
    def order(self) -> Sequence[Key]:
        """The order in which they stand."""
        return ORDERS[self.sort]


@dataclass(frozen=True)
class Asked:
    """What somebody asks to see: one list, or all with `kind` empty. `given` says where in it."""

    staff: Staff
    kind: str
    narrowed: Narrowed
    given: QueryDict

    def rows(self, now: datetime, kind: str = "") -> QuerySet[WorklistRow]:
        """Return the open rows of this person's trusts, ready to be sorted."""
        return with_order(rows.open_rows(self.staff.trust_codes, kind, now=now))


@dataclass(frozen=True)
class Listed:
    """A page of one list, or of all together, as it was narrowed.

    `counts` has each list with how many rows fit, and how many of them are overdue; `waiting` says
    how many this list has, fitting or not; `places` are those that something waits about.
    """

    page: Page[WorklistRow]
    counts: list[tuple[WorklistRow.Kind, int, int]]
    waiting: int
    places: list[tuple[int, str]]


def listed(asked: Asked, *, now: datetime, size: int) -> Listed:
    """Return what somebody asks to see of a list. Raises ListAddressInvalid."""
    fits = asked.narrowed.fits(asked.staff.user, now)
    groups, shown = read(
        beside(rows_of(_counted(asked.rows(now), fits, now)), _page(asked, fits, now, size))
    )
    return Listed(
        page=shown,
        counts=[(one, *_count(groups, one)) for one in WorklistRow.Kind],
        waiting=sum(one["open"] for one in groups if asked.kind in ("", one["kind"])),
        places=sorted(
            {(one["site"], one["site_name"]) for one in groups if one["site"]},
            key=lambda place: place[1],
        ),
    )


def _page(asked: Asked, fits: Q, now: datetime, size: int) -> Part[Page[WorklistRow]]:
    """Read the page of a list, with how to reach each row's patient."""
    waiting = asked.rows(now, asked.kind).filter(fits).prefetch_related(None)
    source = Source(waiting.select_related("appointment__site"), asked.narrowed.order)
    found: Page[WorklistRow] = yield from page([source], asked.given, size=size)
    people = [one.referral.patient for one in found.rows if one.referral]
    keys = {patient.pk for patient in people}
    phones, contacts = yield (
        OtherPhone.objects.filter(patient__in=keys),
        Contact.objects.filter(patient__in=keys),
    )
    attach(people, phones, "other_phones", by="patient_id")
    attach(people, contacts, "contacts", by="patient_id")
    return found


def with_order(found: QuerySet[WorklistRow]) -> QuerySet[WorklistRow]:
    """Return open rows, as `rows.open_rows` reads them, with all that a list is sorted by."""
    site = F("appointment__site__name")
    return found.annotate(
        time=Coalesce(F("appointment__start"), Value(NEVER)),
        place=Coalesce(site, Value("")),
        no_place=Case(When(appointment=None, then=1), default=0),
    )


def take_next(asked: Asked, *, seen: int, now: datetime) -> WorklistRow | None:
    """Make the next row of a list theirs who asks, and return it; None if no other waits.

    It is the next after the place that the address names, then from the start, but never the row
    with the key `seen`; their own, or one that nobody has, and none that is to be phoned later. Of
    two who ask at once each gets another one. Raises ListAddressInvalid.
    """
    user, order = asked.staff.user, asked.narrowed.order
    free: QuerySet[Any] = asked.rows(now, asked.kind).filter(asked.narrowed.fits(user, now))
    free = free.filter(Q(owner=None) | Q(owner=user), later=0).exclude(pk=seen)
    free = free.order_by(*(key.name for key in order))
    after = beyond(order, asked.given)
    for found in (free.filter(after), free) if after else (free,):
        for row in _one_by_one(found):
            if row.owner_id == user.pk or rows.take(row, user, now=now, actor=asked.staff.actor):
                return row
    return None


def _one_by_one(found: QuerySet[WorklistRow]) -> Iterator[WorklistRow]:
    """Yield rows, asked for anew when all that were read are another's by now."""
    while some := list(found[:TRIED_AT_ONCE]):
        yield from some


def _counted(found: QuerySet[WorklistRow], fits: Q, now: datetime) -> QuerySet[Any, Any]:
    """Return how many rows each list has of each place, and how many of them fit."""
    return (
        found.prefetch_related(None)
        .order_by()
        .values("kind", site=F("appointment__site"), site_name=F("appointment__site__name"))
        .annotate(
            open=Count("pk"),
            shown=Count("pk", filter=fits),
            overdue=Count("pk", filter=fits & Q(due_at__lt=now)),
        )
    )


def _count(groups: Sequence[dict[str, Any]], kind: WorklistRow.Kind) -> tuple[int, int]:
    of_it = [one for one in groups if one["kind"] == kind]
    return sum(one["shown"] for one in of_it), sum(one["overdue"] for one in of_it)
