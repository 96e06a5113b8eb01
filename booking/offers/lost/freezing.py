"""Takes what is lost off sale, and writes down who is booked there.

Nobody new gets one of these times from then on; whoever has one keeps it until they are told. A
booking that comes in the same moment is either refused or on the list. `now` is passed in, aware,
UTC.
"""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from booking.appointments.choices import on_slots
from booking.changes import audit, change_log, feed_locks
from booking.identifiers.actors import Actor
from booking.models import (
    FROZEN,
    Appointment,
    AuditAction,
    FrozenSlot,
    LostClinic,
    LostPerson,
    Slot,
)
from booking.models.appointment import LIVE
from booking.offers.lost import states
from booking.offers.lost.closed import CLOSING
from booking.offers.lost.what import KINDS, SCANNER, SCHEDULE, SITE, Lost, held_back, slots_of

BATCH = {"sqlite": 100, "postgresql": 500}
"""Seats, or people, that one transaction writes: others who book wait for no more than that."""
State = states.State


class NothingToLose(Exception):
    """Nothing is to come there, or all of it is lost already."""


def start(lost: Lost, *, now: datetime, actor: Actor) -> LostClinic:
    """Write down that something is lost; who says it twice gets the same clinic again.

    A place or a scanner may be closed before its times are known. Raises NothingToLose.
    """
    columns = {SCHEDULE: "schedule_id", SCANNER: "scanner_id", SITE: "site_id"}
    assert set(columns) == set(KINDS)
    running = LostClinic.objects.exclude(state=State.OVER).filter(scope=lost.scope)
    if clinic := running.first():
        return clinic
    if not fresh(lost.slots(), now).exists() and _is_nothing(lost, now):
        raise NothingToLose
    with transaction.atomic():
        clinic, is_new = running.get_or_create(
            scope=lost.scope,
            defaults={
                "trust_id": lost.trust,
                columns[lost.kind]: lost.key,
                "begins": lost.begins,
                "ends": lost.ends,
                "reason": lost.reason,
                "modality": lost.modality,
                "state": State.SAID,
                "said_at": now,
                "said_by": actor,
            },
        )
        if is_new:
            audit.write(
                AuditAction.CLINIC_LOST, now=now, actor=actor, clinic=clinic.pk, trust=lost.trust
            )
    return clinic


def _is_nothing(lost: Lost, now: datetime) -> bool:
    """Whether what has no times to lose is not to be closed either: it is over, or is so already.

    A list of times closes nothing: it is no more than they are.
    """
    if lost.kind == SCHEDULE or lost.ends <= now:
        return True
    same = Q(**{f"{lost.kind}_id": lost.key}, begins__lte=lost.begins, ends__gte=lost.ends)
    closing = LostClinic.objects.of_trust(lost.trust).filter(same, state__in=CLOSING)
    return closing.filter(modality__in=["", lost.modality]).exists()


def freeze(clinic: LostClinic, *, now: datetime) -> int:
    """Take what of a clinic is still on sale off it, some seats a transaction; return how many.

    Also what its feed has brought since. What a feed's own loss names is off sale already.
    """
    if clinic.loss_id is not None:
        return 0
    frozen = 0
    while some := _freeze_some(clinic, now):
        frozen += some
    return frozen


def _freeze_some(clinic: LostClinic, now: datetime) -> int:
    size = BATCH[connection.vendor]
    with transaction.atomic():
        # Alone: an import, or a move, locks slots in an order of its own.
        feed_locks.lock_feed_exclusively(clinic.trust_id)
        new = list(fresh(slots_of(clinic), now).order_by("pk").values_list("pk", flat=True)[:size])
        FrozenSlot.objects.bulk_create(FrozenSlot(clinic=clinic, slot_id=pk) for pk in new)
        on_sale = held_back(clinic).filter(status=Slot.Status.FREE, free_at__lt=FROZEN)
        keys = list(on_sale.order_by("pk").values_list("pk", flat=True)[:size])
        selling = Slot.objects.filter(pk__in=keys, status=Slot.Status.FREE, free_at__lt=FROZEN)
        starts = list(selling.values_list("start", flat=True))
        selling.update(free_at=FROZEN, held_by=None)
        change_log.record_slot_changes(clinic.trust_id, starts, now=now)
    return len(new) + len(keys)


def fresh(slots: QuerySet[Slot], now: datetime) -> QuerySet[Slot]:
    """Return those of the slots, to come and given by their trust, that no clinic has frozen."""
    frozen = Exists(FrozenSlot.objects.filter(slot=OuterRef("pk"), thawed_at=None))
    return slots.filter(~frozen, status=Slot.Status.FREE, start__gt=now)


def list_people(clinic: LostClinic, *, now: datetime) -> int:
    """Write down who is booked in a clinic and is not on its list yet; return how many."""
    listed = 0
    while some := _list_some(clinic, now):
        listed += some
    return listed


def _list_some(clinic: LostClinic, now: datetime) -> int:
    booked = unlisted(clinic, now).select_related("referral").order_by("pk")
    with transaction.atomic():
        people = [
            person_of(clinic, appointment, now)
            for appointment in booked[: BATCH[connection.vendor]]
        ]
        LostPerson.objects.bulk_create(people, ignore_conflicts=True)
    return len(people)


def unlisted(clinic: LostClinic, now: datetime) -> QuerySet[Appointment]:
    """Return the live appointments, to come, in a clinic whose people are on no list."""
    listed = LostPerson.objects.filter(appointment=OuterRef("pk"))
    return Appointment.objects.filter(
        ~Exists(listed.filter(state__in=LostPerson.OPEN) | listed.filter(clinic=clinic)),
        on_slots(held_back(clinic).values("pk")),
        status__in=LIVE,
        start__gt=now,
    )


def person_of(clinic: LostClinic, appointment: Appointment, now: datetime) -> LostPerson:
    """Return somebody who is booked in a clinic, as the list begins with them."""
    return LostPerson(
        clinic=clinic,
        appointment=appointment,
        referral=appointment.referral,
        start=appointment.start,
        goes_on_at=states.goes_on_at(appointment.referral.urgency, appointment.start, now),
        changed_at=now,
    )
