"""What becomes of appointments and holds when the network's own places or scanners change.

Whoever is booked where the scan cannot be as promised is displaced, as when a trust takes the time
away; whoever is booked at a place that only has another name is told it. Times that have passed are
left alone. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from booking.appointments import booking, displacing
from booking.appointments.choices import on_slots
from booking.appointments.displacing import WhyLost
from booking.appointments.signals import stop_moved
from booking.appointments.why_off import SCANNER_MOVED
from booking.changes import change_log, commit_numbers, transactions
from booking.identifiers.actors import Actor, ActorKind
from booking.messages import texts
from booking.models import EPOCH, Appointment, AuditAction, Slot

ACTOR, STOPS = Actor(ActorKind.PLACES), Actor(ActorKind.STOPS)


@dataclass
class Displaced:
    """What was done: who was displaced, who was told another name, who is asked whether
    another place suits; slots' keys say which."""

    appointments: list[Appointment] = field(default_factory=list)
    told: list[Appointment] = field(default_factory=list)
    asked: list[Appointment] = field(default_factory=list)


def let_go_of_holds(*, now: datetime, **which: object) -> int:
    """Free the slots to come that `which` filters and somebody holds; return how many.

    Who chose one saw another place: they are asked to choose again. A booking of such a slot that
    runs meanwhile is waited for, and is there once this returns.
    """
    held = Slot.objects.filter(held_by__isnull=False, free_at__gt=now, start__gt=now, **which)
    return held.update(free_at=EPOCH, held_by=None)


def follow_places(
    losses: Mapping[int, WhyLost],
    withdrawn: Collection[int],
    renamed: Collection[int],
    elsewhere: Mapping[int, int] | None = None,
    *,
    now: datetime,
) -> Displaced:
    """Withdraw slots, displace who is booked on slots that are lost, tell those at renamed sites.

    `losses` and `withdrawn` are by slot, `renamed` are sites, `elsewhere` the site where each slot
    of a mobile scanner is now: who is booked there keeps the time and is asked. An appointment is
    lost with any of its slots. Belongs at the end of a transaction that has the feeds' locks of the
    slots' trusts.
    """
    transactions.must_be_in_transaction("Displacing")
    commit_numbers.must_come_before_numbers("Displacing")
    done = Displaced()
    displacing.close_slots(withdrawn)
    on_lost = on_slots(list(losses))
    for appointment in displacing.lock_live(on_lost & Q(start__gt=now)):
        loss = losses[lost_slot(appointment, losses)]
        actor = STOPS if loss.code == SCANNER_MOVED else ACTOR
        displacing.displace(
            appointment, appointment.version, AuditAction.DISPLACED, now, actor, loss
        )
        done.appointments.append(appointment)
    done.asked += move_along(elsewhere or {}, now)
    done.told = tell_of_place(Q(site__in=list(renamed)), now=now)
    changed = [*done.appointments, *done.asked, *done.told]
    change_log.record_changes([(one, one.slot) for one in changed], now=now)
    return done


def tell_of_place(which: Q, *, now: datetime) -> list[Appointment]:
    """Tell who has one of these appointments to come where it is now; return them.

    Their change is the caller's to record (change_log), at the end of its transaction.
    """
    told = list(displacing.lock_live(which & Q(start__gt=now)))
    for appointment in told:
        booking.change_status(appointment, appointment.version, now)
        texts.tell_new_name(appointment, now)
        booking.record(appointment, AuditAction.PLACE_CHANGED, now, ACTOR)
    return told


def move_along(elsewhere: Mapping[int, int], now: datetime) -> list[Appointment]:
    """Give appointments the place where their scanner is now, and have their patients asked."""
    moved: list[Appointment] = []
    if not elsewhere:
        return moved
    for appointment in displacing.lock_live(on_slots(list(elsewhere)) & Q(start__gt=now)):
        was_at = appointment.site
        site_id = next(elsewhere[pk] for pk in appointment.slot_ids() if pk in elsewhere)
        if site_id == was_at.pk:
            continue
        booking.change_status(appointment, appointment.version, now, site_id=site_id)
        booking.record(appointment, AuditAction.PLACE_CHANGED, now, STOPS)
        stop_moved.send(
            sender=Appointment, appointment=appointment, was_at=was_at, now=now, actor=STOPS
        )
        moved.append(appointment)
    return moved


def lost_slot(appointment: Appointment, losses: Collection[int]) -> int:
    """Return the first of an appointment's slots that is among those that are lost."""
    return next(pk for pk in appointment.slot_ids() if pk in losses)
