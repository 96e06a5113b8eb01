"""Trusts and places take times away: whoever is booked on one is displaced, told, and on a list.

`now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from booking.appointments.booking import change_status, close_unmarked, record
from booking.appointments.choices import on_slots
from booking.appointments.parts import release_slots
from booking.appointments.safety import follow_cancellation
from booking.changes import change_log, commit_numbers, transactions
from booking.identifiers.actors import Actor
from booking.messages import texts
from booking.models import Appointment, AuditAction, Slot
from booking.models.appointment import LIVE
from booking.worklists import rows, subjects
from booking.worklists.due import due_before


def cancel_by_trust(slot_ids: Collection[int], *, now: datetime, actor: Actor) -> list[Appointment]:
    """Mark the live appointments on slots that their trust took away or moved; tell the patients.

    Belongs at the end of the transaction that changed the slots. A slot that was moved, not
    withdrawn, becomes free at its new time. An appointment of several slots is lost with any of
    them: the others become free again.
    """
    transactions.must_be_in_transaction("Displacing")
    commit_numbers.must_come_before_numbers("Displacing")
    displaced = []
    for appointment in lock_live(on_slots(slot_ids)):
        displace(appointment, appointment.version, AuditAction.DISPLACED, now, actor)
        displaced.append(appointment)
    change_log.record_changes([(gone, gone.slot) for gone in displaced], now=now)
    return displaced


def lock_live(which: Q) -> QuerySet[Appointment]:
    """Return the live appointments of which `which` is true, locked in the order of their keys.

    Who cancels or moves one waits for its slot, which is the caller's, but a trust that confirms
    one writes the appointment alone, and would slip in between.
    """
    live = Appointment.objects.filter(which, status__in=LIVE).order_by("pk")
    locked = live.select_for_update(of=("self",), no_key=True)
    return locked.select_related("referral__patient", "site").prefetch_related("parts")


class WhyLost(NamedTuple):
    """Why a time is lost where it was not the hospital's word on the time itself.

    `code` is for the audit, `said` the sentence of the clerks' list, `place` the name by which the
    patient knows the place, if that is another by now. Without `is_told` another text tells the
    patient, or nobody can be texted; without `is_listed` the patient is asked first, and no clerk.
    """

    code: str
    said: str
    place: str = ""
    is_told: bool = True
    is_listed: bool = True


OURSELVES = WhyLost("", "")
"""Of a time that its trust took away by its own word on it."""


def displace(
    appointment: Appointment,
    version: int,
    action: AuditAction,
    now: datetime,
    actor: Actor,
    loss: WhyLost | None = None,
) -> None:
    """Displace one appointment: the patient is told, and somebody must offer another time.

    Those of its slots that its trust still gives become free. Of a time that has passed nobody is
    told that it cannot go ahead. `loss.code` is kept in the audit. The row is due before the
    patient would travel.
    """
    lost = loss or OURSELVES
    freed = release_slots(appointment.slot_ids())
    change_status(appointment, version, now, status=Appointment.Status.DISPLACED, confirm_by=None)
    kind = "displaced" if appointment.start > now and lost.is_told else ""
    texts.notify_change(appointment, kind, now, place=lost.place)
    detail: dict[str, Any] = {"reason": lost.code} if lost.code else {}
    record(appointment, action, now, actor, freed, **detail)
    did = "cannot give this time" if action == AuditAction.REFUSED else "took this time away"
    reason = lost.said or f"The hospital {did}."
    if lost.is_listed:
        rows.open_row(
            rows.Kind.DISPLACED,
            subjects.of_appointment(appointment),
            f"{reason} Offer another."[:200],
            now=now,
            actor=actor,
            due_at=due_before(appointment.referral, appointment.start, now),
        )
    follow_cancellation(appointment, now=now, actor=actor)
    close_unmarked(appointment, "resolved", now, actor)


def withdraw_slots(
    slot_ids: Collection[int],
    *,
    now: datetime,
    actor: Actor,
    also_displace: Collection[int] = (),
) -> list[Appointment]:
    """Withdraw slots that have no place any more, or of which their trust says nothing more.

    Who is booked on them, or on the moved slots `also_displace`, is displaced. Belongs at the
    end of the transaction that changed them.
    """
    transactions.must_be_in_transaction("Withdrawing slots")
    commit_numbers.must_come_before_numbers("Withdrawing slots")
    close_slots(slot_ids)
    return cancel_by_trust([*slot_ids, *also_displace], now=now, actor=actor)


def close_slots(slot_ids: Collection[int]) -> None:
    """Withdraw slots, whoever holds them. Their trust's next line on one counts as new."""
    Slot.objects.filter(pk__in=slot_ids).update(
        status=Slot.Status.WITHDRAWN, free_at=None, held_by=None, line_digest=0
    )
