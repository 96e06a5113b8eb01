"""Follows what becomes of the people of a lost clinic, whoever does it: they end in one state.

Receives what is said of appointments and of offers, inside those transactions.
"""

from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField
from django.dispatch import receiver

from booking.appointments.signals import anything_of, appointment_changed, told_where
from booking.identifiers.actors import CLOCK, Actor
from booking.models import Appointment, AuditAction, LostClinic, LostPerson, Offer
from booking.offers.lost import states
from booking.offers.lost.telling import KEPT_ON, row_reason
from booking.offers.signals import offer_ended
from booking.worklists import rows, subjects
from times.written import Filled

Person, Why = states.Person, LostPerson.PhoneWhy
BOOKED = (AuditAction.BOOKED, AuditAction.MOVED)
TAKEN_AWAY = (AuditAction.DISPLACED, AuditAction.REFUSED)
CAME = (AuditAction.ATTENDED, AuditAction.DID_NOT_ATTEND)


_PEOPLE = anything_of(
    lambda referral: LostPerson.objects.filter(referral_id=referral), referral=BigIntegerField()
)


def _people(*, appointment: Appointment, **_said: Any) -> Filled:
    return _PEOPLE(referral=appointment.referral_id)


@receiver(appointment_changed, dispatch_uid="lost clinic follows appointments")
@told_where(_people)
def follow_appointment(
    *,
    appointment: Appointment,
    action: AuditAction,
    now: datetime,
    **_: Any,
) -> None:
    """Note where somebody of a lost clinic ends: moved, chose, cancelled, or to be phoned again."""
    people = LostPerson.objects.filter(referral=appointment.referral_id)
    if action == AuditAction.UNDONE:
        _follow_undo(people.order_by("-pk").first(), appointment, now)
        return
    person = people.filter(state__in=LostPerson.OPEN).first()
    if person is None:
        return
    if action in BOOKED:
        is_held = appointment.slot_id == person.slot_id
        to = Person.MOVED if is_held else Person.CHOSE
    elif appointment.pk != person.appointment_id:
        return
    elif action == AuditAction.CANCELLED:
        to = Person.CANCELLED
    elif action in CAME:
        to = Person.KEPT
    elif action in TAKEN_AWAY and person.state in LostPerson.UNTOLD:
        to = Person.TO_PHONE  # that act told them, and put them on the list
    else:
        return
    states.set_person(person, LostPerson.OPEN, to, now)


def _follow_undo(person: LostPerson | None, appointment: Appointment, now: datetime) -> None:
    """Somebody took back what ended a person of a lost clinic: they are where they were before."""
    if person is None or person.clinic.state == LostClinic.State.OVER:
        return
    if appointment.is_live:
        if appointment.pk == person.appointment_id and person.state != Person.KEPT:
            states.set_person(
                person, [Person.CANCELLED, Person.CHOSE], Person.WAITING, now, slot=None
            )
        return
    ended = [Person.MOVED, Person.CHOSE]
    if states.set_person(person, ended, Person.TO_PHONE, now, slot=None):
        ask_to_phone(person, now=now, actor=CLOCK)


@receiver(offer_ended, dispatch_uid="lost clinic follows offers")
def follow_offer(
    sender: Any,  # noqa: ARG001 - Django calls it
    *,
    offer: Offer,
    now: datetime,
    actor: Actor,
    **_: Any,
) -> None:
    """Put on the list who said no, or nothing, to the time that was held for them."""
    if offer.why != Offer.Why.DISPLACED:
        return
    why = {Offer.State.DECLINED: Why.NO, Offer.State.LAPSED: Why.SILENT}.get(
        Offer.State(offer.state), Why.NO_TIME
    )
    person = LostPerson.objects.filter(
        referral=offer.referral_id,
        appointment=offer.appointment_id,
        state__in=[Person.ASKED, Person.TO_PHONE],
    ).first()
    if person is None or offer.state == Offer.State.ACCEPTED:
        return
    if person.state == Person.TO_PHONE:
        _follow_phoned(person, offer, why, now, actor)
        return
    if offer.referral.ended_at is not None:
        states.set_person(person, [Person.ASKED], Person.CANCELLED, now)
        return
    if offer.state == Offer.State.WITHDRAWN:
        return  # they have booked, or have their own time back: that act says where they end
    slot = person.slot if _keeps(offer) else None
    if states.set_person(person, [Person.ASKED], Person.TO_PHONE, now, phone_why=why, slot=slot):
        ask_to_phone(person, now=now, actor=actor)


def _keeps(offer: Offer) -> bool:
    """Whether the time of an offer that has ended stays held for who is phoned."""
    return offer.state == Offer.State.LAPSED and offer.referral.urgency in KEPT_ON


def _follow_phoned(
    person: LostPerson, offer: Offer, why: LostPerson.PhoneWhy, now: datetime, actor: Actor
) -> None:
    """Let the row of who is to be phoned speak no more of a time that is not held any more."""
    is_over = offer.state == Offer.State.WITHDRAWN or offer.referral.ended_at is not None
    if is_over or _keeps(offer) or person.slot_id != offer.slot_id:
        return
    why = LostPerson.PhoneWhy(person.phone_why or why) if offer.state == Offer.State.GONE else why
    phoned = [Person.TO_PHONE]
    if states.set_person(person, phoned, Person.TO_PHONE, now, phone_why=why, slot=None):
        ask_to_phone(person, now=now, actor=actor)


def ask_to_phone(person: LostPerson, *, now: datetime, actor: Actor) -> None:
    """Put somebody on the clerks' list, due at once: first in line of those who press as much."""
    about = subjects.of_appointment(person.appointment)
    reason = row_reason(person)
    row = rows.open_row(rows.Kind.DISPLACED, about, reason, now=now, actor=actor, due_at=now)
    rows.say_anew(row, reason, now=now, actor=actor)
