"""Who has waited long enough for somebody to see to them: what the clock puts on the lists.

`now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from booking.identifiers.actors import CLOCK, Actor
from booking.models import Appointment, AppointmentPart, Referral, WorklistRow
from booking.models.appointment import LIVE
from booking.waits.targets import BREACH_DAYS, breach_day
from booking.worklists import rows, subjects
from booking.worklists.due import TO_REBOOK
from booking.worklists.rows import Kind
from booking.worklists.subjects import Topic
from times.london import LONDON, say_day

FIRST_CHASE = {
    Referral.Urgency.SUSPECTED_CANCER: timedelta(0),
    Referral.Urgency.URGENT: timedelta(days=2),
    Referral.Urgency.ROUTINE: timedelta(days=7),
    Referral.Urgency.PLANNED: timedelta(days=14),
}
"""How long a new patient has to book themselves before somebody phones them."""
CHASE_AFTER = {**FIRST_CHASE, Referral.Urgency.SUSPECTED_CANCER: timedelta(days=1)}
"""How long once somebody has seen to them and closed the row."""
BREACH_WITHIN = {
    Referral.Urgency.SUSPECTED_CANCER: timedelta(days=7),
    Referral.Urgency.URGENT: timedelta(days=7),
    Referral.Urgency.ROUTINE: timedelta(days=14),
    Referral.Urgency.PLANNED: timedelta(days=14),
}
"""How long before its breach day a referral without a time in time goes on the list."""
ABOUT_OPEN = [*TO_REBOOK, Kind.BREACH, Kind.UNMARKED]
"""Lists that have nothing to ask of a referral that has ended."""


def waiting(now: datetime) -> Q:
    """Return what is true of referrals (without a time) that are within their chase time."""
    # What was said of two records, or after a join of two requests, is no word with the patient.
    of_two = Q(kind=Kind.SAME_PERSON)
    for topic in (Topic.TWICE, Topic.CLASH):
        of_two |= Q(about__startswith=topic.prefix)
    closed = WorklistRow.objects.filter(referral=OuterRef("pk")).exclude(of_two)
    within = Q(pk__in=[])
    for urgency in Referral.Urgency:
        lately = Exists(closed.filter(closed_at__gt=now - CHASE_AFTER[urgency]))
        new = Q(created_at__gt=now - FIRST_CHASE[urgency])
        within |= Q(urgency=urgency) & (new | Q(lately))
    return within


def open_due_rows(*, now: datetime) -> int:
    """Put on their lists who is to be chased, who is about to breach, and whose time has passed.

    A referral that is booked after its breach day is about to breach too. One that stands on a
    list already is left as it is. Returns how many rows are new.
    """
    _close_what_is_over(now)
    return _open_passed(now) + _open_not_booked(now) + _open_breaches(now)


def open_not_booked(referral: Referral, reason: str, *, now: datetime, actor: Actor) -> bool:
    """Put a referral on the list of those to book, unless it has a time or has ended meanwhile.

    Returns whether the row is new.
    """
    with transaction.atomic():
        # As a booking does: of the two, the second sees what the first did.
        locked = Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        booked = Appointment.objects.filter(referral=referral, status__in=LIVE).exists()
        if booked or locked.ended_at:
            return False
        row = rows.open_row(
            Kind.NOT_BOOKED, subjects.of_referral(referral), reason, now=now, actor=actor
        )
    return row.opened_at == now


def open_unmarked(appointment: Appointment, *, now: datetime, actor: Actor) -> bool:
    """Ask whether the patient came, once the appointment is over; return whether the row is new."""
    if appointment.last_end > now or not appointment.is_live:
        return False
    row = rows.open_row(
        Kind.UNMARKED,
        subjects.of_appointment(appointment),
        "The time has passed, and nobody has said whether they came.",
        now=now,
        actor=actor,
    )
    return row.opened_at == now


def _close_what_is_over(now: datetime) -> None:
    """Close rows that somebody was writing while their referral ended or was marked."""
    over = Q(referral__ended_at__isnull=False, kind__in=ABOUT_OPEN)
    marked = Q(kind=Kind.UNMARKED) & ~Q(appointment__status__in=LIVE)
    for row in WorklistRow.objects.filter(over | marked, closed_at=None):
        rows.close_row(row, rows.Outcome.RESOLVED, now=now, actor=CLOCK)


def _open_passed(now: datetime) -> int:
    asked = Exists(
        WorklistRow.objects.filter(appointment=OuterRef("pk"), kind=Kind.UNMARKED, closed_at=None)
    )
    second_to_come = Exists(
        AppointmentPart.objects.filter(appointment=OuterRef("pk"), live=True, end__gt=now)
    )
    passed = Appointment.objects.filter(
        ~asked, ~second_to_come, status__in=LIVE, end__lte=now, referral__ended_at=None
    ).order_by("pk")
    opened = 0
    for key in list(passed.values_list("pk", flat=True)):
        with transaction.atomic():
            # Locked: whoever marks it meanwhile closes the row that is there, not the next one.
            locked = Appointment.objects.select_for_update(no_key=True, of=("self",))
            appointment = locked.select_related("referral").get(pk=key)
            opened += open_unmarked(appointment, now=now, actor=CLOCK)
    return opened


def _open_not_booked(now: datetime) -> int:
    live = Exists(Appointment.objects.filter(referral=OuterRef("pk"), status__in=LIVE))
    listed = Exists(
        WorklistRow.objects.filter(referral=OuterRef("pk"), kind__in=TO_REBOOK, closed_at=None)
    )
    due = Referral.objects.filter(~live, ~listed, ended_at=None).exclude(waiting(now))
    return sum(
        open_not_booked(referral, "Has not booked. Phone them.", now=now, actor=CLOCK)
        for referral in _read(due)
    )


def _open_breaches(now: datetime) -> int:
    today = now.astimezone(LONDON).date()
    opened = 0
    for urgency in Referral.Urgency:
        since = now - CHASE_AFTER[urgency]
        there = Exists(
            WorklistRow.objects.filter(
                Q(closed_at=None) | Q(closed_at__gt=since),
                referral=OuterRef("pk"),
                kind=Kind.BREACH,
            )
        )
        last = today + BREACH_WITHIN[urgency] - timedelta(days=BREACH_DAYS[urgency])
        near = Referral.objects.filter(
            ~there, ended_at=None, urgency=urgency, clock_start__lte=last
        )
        for referral in _read(near):
            breach = breach_day(urgency, referral.clock_start)
            booked = Appointment.objects.filter(referral=referral, status__in=LIVE).first()
            if booked is None or booked.start.astimezone(LONDON).date() > breach:
                what = "Booked too late" if booked else "Not booked"
                opened += _open_breach(referral, f"{what}: breach {say_day(breach)}.", now)
    return opened


def _open_breach(referral: Referral, reason: str, now: datetime) -> bool:
    with transaction.atomic():
        row = rows.open_row(
            Kind.BREACH, subjects.of_referral(referral), reason, now=now, actor=CLOCK
        )
    return row.opened_at == now


def _read(referrals: QuerySet[Referral]) -> Iterator[Referral]:
    """Yield the referrals, their keys all read first: who writes on SQLite while reading fails."""
    keys = list(referrals.order_by("pk").values_list("pk", flat=True))
    for at in range(0, len(keys), 500):
        yield from referrals.model.objects.filter(pk__in=keys[at : at + 500]).order_by("pk")
