"""What a trust says of an appointment at one of its sites: confirmed, refused, came, missed.

As in the rest of this room: one transaction each, `version` must be the appointment's own, and
AppointmentChanged says that it is not, or that the appointment is not live any more.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.dispatch import Signal

from booking.appointments.booking import (
    change_status,
    close_unmarked,
    live_appointment,
    record,
)
from booking.appointments.choices import lock_several
from booking.appointments.displacing import WhyLost, displace
from booking.appointments.double_bookings import close_double
from booking.changes import change_log
from booking.identifiers.actors import Actor
from booking.messages import texts
from booking.models import Appointment, AuditAction, Feed, Referral, Slot, WorklistRow
from booking.worklists import rows, subjects

Status = Appointment.Status
HAPPENED = [Status.PENDING, Status.BOOKED, Status.ATTENDED, Status.DID_NOT_ATTEND]
"""What may turn out attended or missed: one that was never confirmed, too, and a mistake about
who came."""
NEXT_STEP = {
    Referral.Urgency.SUSPECTED_CANCER: "Phone today with the next time there is; tell the referrer",
    Referral.Urgency.URGENT: "Phone within one working day with another time",
    Referral.Urgency.ROUTINE: "Phone or text with another time; missed twice: send back",
    Referral.Urgency.PLANNED: "Write with another time near the planned day",
}
"""What to do when somebody did not come: this network's own rule, by urgency."""

NOT_BEGUN = "The appointment has not begun yet, so nobody can have come or missed it"

attendance_marked = Signal()
"""Sent with `appointment`, `now` and `actor` inside the transaction in which somebody said whether
the patient came; the referral is locked. booking.referrals.ending receives it."""


class TooEarly(Exception):
    """Somebody is said to have come, or not, to an appointment that has not begun."""


def confirms(trust: str) -> bool:
    """Return whether a trust (ODS code) answers each booking itself before it stands."""
    return Feed.objects.filter(trust_id=trust, confirms=True).exists()


def confirm(appointment: Appointment, version: int, *, now: datetime, actor: Actor) -> Appointment:
    """Turn a pending appointment into a booked one, tell the patient, plan the reminders.

    Confirming what is booked already changes nothing; after its time nobody is told. Raises
    AppointmentChanged.
    """
    if appointment.status == Status.BOOKED and appointment.version == version:
        with transaction.atomic():
            close_double(appointment, now, actor)
        return appointment
    with transaction.atomic():
        change_status(appointment, version, now, status=Status.BOOKED, confirm_by=None)
        texts.notify_change(appointment, "confirmed" if appointment.start > now else "", now)
        record(appointment, AuditAction.CONFIRMED, now, actor)
        _no_longer_waits(appointment, now, actor)
        change_log.record_changes([(appointment, appointment.slot)], now=now)
    return appointment


def refuse(
    appointment: Appointment, version: int, *, now: datetime, actor: Actor, reason: str = ""
) -> Appointment:
    """Displace an appointment that its trust will not or cannot give: another must be offered.

    The time is not free again: what the trust said counts as its word on the slot, until it
    sends a newer one. The code of its `reason` is kept in the audit. Raises AppointmentChanged.
    """
    with transaction.atomic():
        lock_several(appointment.slot.trust_id, appointment.slot_ids())
        Slot.objects.filter(pk__in=appointment.slot_ids()).update(
            status=Slot.Status.BUSY, free_at=None, held_by=None, fed_at=now
        )
        loss = WhyLost(reason, "The hospital cannot give this time.") if reason else None
        displace(appointment, version, AuditAction.REFUSED, now, actor, loss)
        _no_longer_waits(appointment, now, actor)
        change_log.record_changes([(appointment, appointment.slot)], now=now)
    return appointment


def attended(appointment: Appointment, version: int, *, now: datetime, actor: Actor) -> Appointment:
    """Note that the patient came. Raises TooEarly and AppointmentChanged."""
    return _happened(appointment, version, Status.ATTENDED, now, actor)


def missed(appointment: Appointment, version: int, *, now: datetime, actor: Actor) -> Appointment:
    """Note that the patient did not come, and put them on the list of those to rebook.

    Raises TooEarly and AppointmentChanged.
    """
    return _happened(appointment, version, Status.DID_NOT_ATTEND, now, actor)


def chase_confirmations(*, now: datetime, actor: Actor) -> int:
    """Put pending appointments whose trust is late with its answer on a clerk's list.

    Asked for again after as long a wait, for as long as they are pending; a row about one that
    has been answered, moved or cancelled since is closed. Returns how many were late.
    """
    for row in WorklistRow.objects.filter(
        kind=rows.Kind.NEEDS_PERSON,
        about__startswith=subjects.Topic.CONFIRMATION.prefix,
        closed_at=None,
    ).exclude(appointment__status=Status.PENDING):
        rows.close_row(row, rows.Outcome.RESOLVED, now=now, actor=actor)
    late = Appointment.objects.filter(status=Status.PENDING, confirm_by__lte=now)
    return sum(
        _chase(appointment, now, actor)
        for appointment in late.select_related("referral", "slot").order_by("confirm_by")
    )


def _chase(appointment: Appointment, now: datetime, actor: Actor) -> bool:
    feed = Feed.objects.filter(trust_id=appointment.slot.trust_id).first()
    wait = timedelta(hours=max(1, feed.confirm_hours if feed else 24))
    with transaction.atomic():
        mine = Appointment.objects.filter(
            pk=appointment.pk, status=Status.PENDING, confirm_by=appointment.confirm_by
        ).update(confirm_by=now + wait)
        if mine:
            rows.open_row(
                rows.Kind.NEEDS_PERSON,
                _confirmation(appointment),
                "The hospital has not confirmed this time. Ask it, then tell the patient.",
                now=now,
                actor=actor,
            )
    return bool(mine)


def _happened(
    appointment: Appointment, version: int, status: str, now: datetime, actor: Actor
) -> Appointment:
    if appointment.status == status and appointment.version == version:
        return appointment
    if appointment.start > now:
        raise TooEarly
    with transaction.atomic():
        # As a booking does, before the appointment: the two do not wait for one another.
        Referral.objects.select_for_update(no_key=True).get(pk=appointment.referral_id)
        change_status(appointment, version, now, was=HAPPENED, status=status, confirm_by=None)
        record(appointment, AuditAction(status), now, actor)
        _no_longer_waits(appointment, now, actor)
        close_unmarked(appointment, str(status), now, actor)
        attendance_marked.send(sender=None, appointment=appointment, now=now, actor=actor)
        referral = appointment.referral
        referral.refresh_from_db(fields=["ended_at", "end_reason", "ended_by"])
        if status == Status.ATTENDED:
            again = [rows.Kind.NOT_REBOOKED]
            rows.close_for(referral, again, "resolved", now=now, actor=actor)
        elif referral.ended_at is None and live_appointment(referral) is None:
            reason = f"Did not attend. {NEXT_STEP[Referral.Urgency(referral.urgency)]}."
            about = subjects.of_appointment(appointment)
            rows.open_row(rows.Kind.NOT_REBOOKED, about, reason, now=now, actor=actor)
        change_log.record_changes([(appointment, appointment.slot)], now=now)
    return appointment


def _confirmation(appointment: Appointment) -> subjects.RowSubject:
    return subjects.of_appointment(appointment, subjects.Topic.CONFIRMATION)


def _no_longer_waits(appointment: Appointment, now: datetime, actor: Actor) -> None:
    about, resolved = _confirmation(appointment), rows.Outcome.RESOLVED
    rows.close_about(rows.Kind.NEEDS_PERSON, about, resolved, now=now, actor=actor)
    close_double(appointment, now, actor)
