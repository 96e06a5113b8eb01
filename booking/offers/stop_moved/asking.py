"""Ask whether the other place suits, and have a person phone where a text is not enough.

`now` is passed in, aware, UTC.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField
from django.dispatch import receiver

from booking.appointments.signals import anything_of, appointment_changed, stop_moved, told_where
from booking.identifiers.actors import CLOCK, Actor
from booking.messages import texts
from booking.messages.outlook import why_no_text
from booking.models import Appointment, StopQuestion
from booking.offers.deadline import until_of
from booking.worklists import due, rows, subjects
from notifications.models import Kind
from sites.models import Site
from times.london import say_day
from times.written import Filled

State = StopQuestion.State

PHONE_WITHIN = timedelta(hours=48)
"""So near to its start a text alone may be read too late: a person phones as well, at once."""
DAY_BEFORE = timedelta(hours=24)
AT_ONCE = 100
"""Questions that one turn of the clock ends in one transaction."""


@receiver(stop_moved, dispatch_uid="booking.offers.stop_moved.asking.ask")
def ask(
    *, appointment: Appointment, was_at: Site, now: datetime, actor: Actor, **_signal: Any
) -> None:
    """Ask the patient of an appointment whose scanner stands elsewhere now."""
    StopQuestion.objects.create(
        appointment=appointment,
        version=appointment.version,
        was_at=was_at,
        asked_at=now,
        until=until_of(now, appointment.start),
    )
    waits = texts.until_hours(appointment, now)
    texts.notify_change(appointment, Kind.STOP_MOVED, now, waits)
    is_soon = appointment.start - now <= PHONE_WITHIN
    if is_soon or why_no_text(appointment.referral.patient):
        _phone(appointment, now, actor)


_ASKED = anything_of(
    lambda appointment: StopQuestion.objects.filter(
        appointment_id=appointment, state__in=(State.OPEN, State.SILENT)
    ),
    appointment=BigIntegerField(),
)


def _asked(*, appointment: Appointment, **_said: Any) -> Filled:
    return _ASKED(appointment=appointment.pk)


@receiver(appointment_changed, dispatch_uid="booking.offers.stop_moved.asking.follow")
@told_where(_asked)
def follow(*, appointment: Appointment, now: datetime, actor: Actor, **_signal: Any) -> None:
    """End what was asked about an appointment that changed since, by whatever door."""
    asked = StopQuestion.objects.filter(appointment=appointment, state=State.OPEN)
    ended = asked.exclude(version=appointment.version).update(state=State.OVER)
    silent = StopQuestion.objects.filter(appointment=appointment, state=State.SILENT).exists()
    if ended or silent:
        close_row(appointment, now, actor)


def end_due(*, now: datetime) -> int:
    """Have a person phone whoever did not answer in time; return how many.

    The appointment stays theirs: nothing is taken from who is silent.
    """
    due = StopQuestion.objects.filter(state=State.OPEN, until__lte=now).order_by("until", "pk")
    ended = 0
    while keys := list(due.values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            for question in StopQuestion.objects.filter(pk__in=keys).select_related(
                "appointment__referral__patient", "appointment__site"
            ):
                one = StopQuestion.objects.filter(pk=question.pk, state=State.OPEN)
                if one.update(state=State.SILENT):
                    ended += 1
                    if question.appointment.is_live and question.appointment.start > now:
                        _phone(question.appointment, now, CLOCK)
    return ended


def close_row(appointment: Appointment, now: datetime, actor: Actor) -> None:
    """Take the call about the other place off the list: it was answered, or is about nothing."""
    about = subjects.of_appointment(appointment, subjects.Topic.STOP)
    rows.close_about(rows.Kind.NEEDS_PERSON, about, rows.Outcome.RESOLVED, now=now, actor=actor)


def _phone(appointment: Appointment, now: datetime, actor: Actor) -> None:
    """Open the row, due as its urgency says and on the day before the scan at the latest."""
    reason = (
        f"The mobile scanner moved: {say_day(appointment.start)} is now at"
        f" {appointment.site.name[:60]}. Phone: does that suit?"
    )
    last = max(now, due.at_work(appointment.start - DAY_BEFORE))
    rows.open_row(
        rows.Kind.NEEDS_PERSON,
        subjects.of_appointment(appointment, subjects.Topic.STOP),
        reason,
        now=now,
        actor=actor,
        due_at=min(due.usual_due_at(appointment.referral, now), last),
    )
