"""A lost clinic is back: who has not been moved has their time again, and what was held is let go.

One transaction a person. Who was told nothing is told nothing; who was told is told once that it
goes ahead after all, and no text of before can leave any more. `now` is passed in, aware, UTC.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from booking.appointments import safety
from booking.appointments.booking import (
    AppointmentChanged,
    change_status,
    live_appointment,
    record,
)
from booking.appointments.parts import initial_status
from booking.changes import change_log, feed_locks
from booking.changes.patient_lock import lock_patient_of
from booking.identifiers.actors import CLOCK, Actor
from booking.messages import texts
from booking.models import (
    EPOCH,
    FROZEN,
    OFF_SALE,
    Appointment,
    AuditAction,
    FrozenSlot,
    LostClinic,
    LostPerson,
    Offer,
    Referral,
    Slot,
)
from booking.offers import ending
from booking.offers.lost import states
from booking.offers.lost.closed import CLOSING
from booking.offers.lost.finding import let_go_of
from booking.offers.lost.freezing import BATCH, fresh
from booking.offers.lost.what import slots_of
from booking.offers.sooner import fed
from booking.worklists import rows
from notifications import outbox
from notifications.models import Kind

Person, Status = states.Person, Appointment.Status
TOLD = (Kind.DISPLACED, Kind.OFFER_DISPLACED)
"""Kinds of text by which somebody knows that their time was off."""


def bring_back(clinic: LostClinic, *, now: datetime, is_over: Callable[[], bool]) -> bool:
    """Give everybody who has not been moved their time again; then the times are on sale.

    False if it stopped early, as `is_over` asked: the next call goes on where it was.
    """
    hand_over(clinic, now=now)
    # Who was told nothing keeps their time, also where it has come meanwhile.
    keeps = Q(state__in=LostPerson.UNTOLD) | Q(state__in=LostPerson.OPEN, start__gt=now)
    people = LostPerson.objects.filter(keeps, clinic=clinic)
    for pk in list(people.order_by("start", "pk").values_list("pk", flat=True)):
        if is_over():
            return False
        person = LostPerson.objects.select_related(
            "referral__patient", "referral__exam", "appointment__slot", "appointment__site"
        ).get(pk=pk)
        give_back(person, now=now, actor=CLOCK)
    _adopt(clinic, now)
    while _thaw_some(clinic, now):
        pass
    return True


def hand_over(clinic: LostClinic, *, now: datetime) -> None:
    """Give what is closed for another reason, too, to that one: its times stay off sale, and who
    is booked there is on its list."""
    others = LostClinic.objects.of_trust(clinic.trust_id).filter(
        state__in=CLOSING, loss=None, begins__lt=clinic.ends, ends__gt=clinic.begins
    )
    for other in others.exclude(pk=clinic.pk).order_by("pk"):
        with transaction.atomic():
            feed_locks.lock_feed_exclusively(clinic.trust_id)
            ours = FrozenSlot.objects.filter(clinic=clinic, thawed_at=None)
            both = slots_of(other).filter(pk__in=ours.values("slot"), start__gt=now)
            keys = list(both.values_list("pk", flat=True))
            ours.filter(slot__in=keys).update(clinic=other)
            theirs = LostPerson.objects.filter(clinic=other).values("appointment")
            people = LostPerson.objects.filter(clinic=clinic, state__in=LostPerson.OPEN)
            people = people.filter(appointment__slot__in=keys).exclude(appointment__in=theirs)
            people.update(clinic=other)


def thaw_what_left(clinic: LostClinic, *, now: datetime) -> None:
    """Put times on sale again that their trust has moved out of what is closed."""
    if clinic.loss_id is not None:
        return
    frozen = FrozenSlot.objects.filter(clinic=clinic, thawed_at=None)
    left = frozen.exclude(slot__in=slots_of(clinic).values("pk")).filter(slot__free_at=FROZEN)
    keys = list(left.values_list("slot", flat=True))
    if keys:
        with transaction.atomic():
            feed_locks.lock_feed_exclusively(clinic.trust_id)
            _thaw(clinic, keys, now)


def _adopt(clinic: LostClinic, now: datetime) -> None:
    """Take what its feed brought, and was off sale from its first moment, for the clinic's own."""
    if clinic.loss_id is not None:
        return
    with transaction.atomic():
        feed_locks.lock_feed_exclusively(clinic.trust_id)
        brought = fresh(slots_of(clinic), now).filter(free_at=FROZEN)
        FrozenSlot.objects.bulk_create(
            FrozenSlot(clinic=clinic, slot_id=pk) for pk in brought.values_list("pk", flat=True)
        )


def give_back(person: LostPerson, *, now: datetime, actor: Actor) -> bool:
    """Give one person their time again; False if it cannot be had any more, or they are moved."""
    if person.state in LostPerson.UNTOLD:
        slot = person.slot_id
        if not states.set_person(person, LostPerson.UNTOLD, Person.KEPT, now):
            return False
        if slot is not None:
            let_go_of(person, slot, now=now)
        return True
    with transaction.atomic():
        if _take_back(person, now, actor):
            return True
        transaction.set_rollback(True)
    return False


def _take_back(person: LostPerson, now: datetime, actor: Actor) -> bool:
    lock_patient_of(person.referral)
    locked = Referral.objects.select_for_update(no_key=True).get(pk=person.referral_id)
    appointment = person.appointment
    if locked.ended_at or live_appointment(locked):
        return False
    keys = appointment.slot_ids()
    feed_locks.lock_feeds_shared([appointment.slot.trust_id])
    offers = Offer.objects.filter(
        referral=person.referral, why=Offer.Why.DISPLACED, state=Offer.State.OPEN
    )
    # Off sale for them, or, where a lead kept a feed's times, on sale and not had by anybody yet.
    kept = Q(free_at=FROZEN) | Q(free_at=OFF_SALE) | Q(free_at__lte=now)
    slots = Slot.objects.filter(kept, pk__in=keys, start__gt=now, status=Slot.Status.FREE)
    list(slots.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    if slots.update(free_at=None, held_by=None) != len(keys):
        return False
    is_told = _was_told(appointment, list(offers))
    ending.withdraw(offers, now=now, actor=actor)
    try:
        change_status(
            appointment, appointment.version, now, was=[Status.DISPLACED],
            **initial_status(appointment.slot, now),
        )  # fmt: skip
    except AppointmentChanged:
        return False
    if not states.set_person(person, LostPerson.OPEN, Person.KEPT, now):
        return False
    _say_so(appointment, now, is_told)
    record(appointment, AuditAction.UNDONE, now, actor, undid=AuditAction.DISPLACED)
    closing = [rows.Kind.DISPLACED, rows.Kind.NOT_BOOKED, rows.Kind.NOT_REBOOKED]
    rows.close_for(person.referral, closing, "resolved", now=now, actor=actor)
    safety.follow_time_kept(appointment, now=now, actor=actor)
    change_log.record_changes([(appointment, appointment.slot)], now=now)
    return True


def _was_told(appointment: Appointment, offers: list[Offer]) -> bool:
    """Whether a text that the time is off has left, or may have."""
    subjects = [appointment.reference, *(offer.reference for offer in offers)]
    return any(outbox.was_sent(subject, TOLD) for subject in subjects)


def _say_so(appointment: Appointment, now: datetime, is_told: bool) -> None:
    """Stop every text of before, and tell who was told that the time goes ahead after all."""
    if is_told:
        texts.tell_back_on(appointment, now)
    else:
        texts.notify_change(appointment, "", now)


def _thaw_some(clinic: LostClinic, now: datetime) -> int:
    """Put some seats of a clinic on sale again; return how many."""
    with transaction.atomic():
        feed_locks.lock_feed_exclusively(clinic.trust_id)
        frozen = FrozenSlot.objects.filter(clinic=clinic, thawed_at=None).order_by("slot")
        keys = list(frozen.values_list("slot", flat=True)[: BATCH[connection.vendor]])
        _thaw(clinic, keys, now)
    return len(keys)


def _thaw(clinic: LostClinic, keys: Collection[int], now: datetime) -> None:
    """Put these seats of a clinic on sale again. Belongs in a transaction with its feed's lock."""
    FrozenSlot.objects.filter(slot__in=keys, thawed_at=None).update(thawed_at=now)
    slots = Slot.objects.filter(pk__in=keys, free_at=FROZEN)
    seats = list(slots.values_list("external_id", "seat", "start", "modality"))
    slots.update(free_at=EPOCH)
    fed.note_opened(clinic.trust_id, seats, now=now)
    starts = [start for _, _, start, _ in seats]
    change_log.record_slot_changes(clinic.trust_id, starts, now=now)
