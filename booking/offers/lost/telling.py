"""Tells each person of a lost clinic: their time is off, and what is held instead.

One transaction a person: their time is displaced, the offer made, the text or the row written, all
of it or nothing. `now` is passed in, aware, UTC. `actor` is who decided, as AuditEntry says it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When

from booking.appointments import holds
from booking.appointments.displacing import WhyLost, displace, lock_live
from booking.changes import change_log, feed_locks
from booking.changes.patient_lock import lock_patient_of
from booking.identifiers.actors import CLOCK, Actor, ActorKind, staff_key
from booking.messages.outlook import why_no_text
from booking.models import (
    Appointment,
    AuditAction,
    LostClinic,
    LostPerson,
    Offer,
    Patient,
    Referral,
    Slot,
)
from booking.offers import deadline, making
from booking.offers.lost import states
from booking.worklists.rows import PRESSING
from times.london import say_day, say_time

SOON = timedelta(hours=48)
"""Whose time is lost so soon is phoned: a text may be read too late to arrange another day."""
KEPT_ON = {Referral.Urgency.SUSPECTED_CANCER, Referral.Urgency.URGENT}
"""Of these a time stays held though nobody answers: a person phones them."""
BARELY = timedelta(minutes=1)
"""How long a time stays held by itself while it becomes an offer, which says how long."""
CLINIC_LOST = "clinic lost"
"""Why the audit says that a time was displaced."""
Person, Why = states.Person, LostPerson.PhoneWhy


def phone_why(patient: Patient, start: datetime, now: datetime) -> str:
    """Return why a text alone is not enough for somebody; empty if it is."""
    if why_no_text(patient):
        return Why.NO_MOBILE
    if any(need == "interpreter" or need.endswith("_interpreter") for need in patient.needs):
        return Why.INTERPRETER
    if "hoist" in patient.needs:
        return Why.HOIST
    return Why.SOON if start < now + SOON else ""


def tell_all(clinic: LostClinic, *, now: datetime, is_over: Callable[[], bool]) -> int:
    """Tell everybody who is to be told now, the most pressing first; return how many were.

    Everybody once it is confirmed, else those about whom nobody decided in time. It stops early
    once `is_over` says so: who is left is told at the next call.
    """
    told = 0
    for person in _to_tell(clinic, now):
        if is_over():
            break
        told += tell(person, now=now, actor=_who(clinic))
    return told


def _who(clinic: LostClinic) -> Actor:
    """Return who decided that people are told: a lead, or the clock."""
    key = staff_key(clinic.confirmed_by)
    return Actor(ActorKind.STAFF, key) if key is not None else CLOCK


def untold(clinic: LostClinic, now: datetime) -> QuerySet[LostPerson]:
    """Return who is to be told now: all of a confirmed clinic, else who has waited too long."""
    people = LostPerson.objects.filter(clinic=clinic, state__in=LostPerson.UNTOLD)
    return people if clinic.is_decided else people.filter(goes_on_at__lte=now)


def _to_tell(clinic: LostClinic, now: datetime) -> Iterator[LostPerson]:
    ranks = [When(referral__urgency=one, then=Value(at)) for at, one in enumerate(PRESSING)]
    ordered = untold(clinic, now).annotate(rank=Case(*ranks)).order_by("rank", "start", "pk")
    for pk in list(ordered.values_list("pk", flat=True)):
        yield LostPerson.objects.select_related(
            "referral__patient", "referral__exam", "appointment__slot", "slot__site"
        ).get(pk=pk)


def tell(person: LostPerson, *, now: datetime, actor: Actor) -> bool:
    """Tell one person; False if there was nothing to tell, or the time for them was gone.

    Then it is looked for once more, or they are told without one.
    """
    try:
        with transaction.atomic():
            appointment = _lock(person, now)
            if appointment is None:
                return False
            _tell(person, appointment, now, actor)
            change_log.record_changes([(appointment, appointment.slot)], now=now)
    except (holds.SlotTaken, holds.SlotNotSuitable, making.AlreadyOffered):
        states.set_person(
            person, [Person.HELD], Person.WAITING, now, slot=None, tries=person.tries + 1
        )
        return False
    except holds.ReferralEnded:
        states.set_person(person, LostPerson.UNTOLD, Person.CANCELLED, now)
        return False
    return True


def _lock(person: LostPerson, now: datetime) -> Appointment | None:
    """Lock all that telling somebody changes, in its order; return their time if it still is."""
    lock_patient_of(person.referral)
    Referral.objects.select_for_update(no_key=True).get(pk=person.referral_id)
    keys = [*person.appointment.slot_ids(), *([person.slot_id] if person.slot_id else [])]
    slots = Slot.objects.filter(pk__in=keys).order_by("pk")
    feed_locks.lock_feeds_shared(slots.values_list("trust_id", flat=True))
    list(slots.select_for_update(no_key=True).values_list("pk", flat=True))
    appointment = lock_live(Q(pk=person.appointment_id)).first()
    waiting = LostPerson.objects.filter(pk=person.pk, state__in=LostPerson.UNTOLD)
    if appointment is None or not waiting.update(changed_at=now):
        return None
    return appointment


def _tell(person: LostPerson, appointment: Appointment, now: datetime, actor: Actor) -> None:
    why = person.phone_why or phone_why(person.referral.patient, person.start, now)
    if person.slot is None:
        why = why or Why.NO_TIME
    state = Person.TO_PHONE if why else Person.ASKED
    # Before the time is displaced: what becomes of people is followed, and this is our own act.
    states.set_person(person, LostPerson.UNTOLD, state, now, phone_why=why, told_at=now)
    loss = WhyLost(
        CLINIC_LOST,
        row_reason(person),
        is_told=bool(why) and why != Why.NO_MOBILE,
        is_listed=bool(why),
    )
    displace(appointment, appointment.version, AuditAction.DISPLACED, now, actor, loss)
    if person.slot_id is not None:
        terms = terms_of(person, appointment, now)
        holds.shorten(person.referral, person.slot_id, now + BARELY, now=now)
        offer = making.make(person.referral, person.slot_id, terms, now=now, actor=actor)
        making.tell(offer, now=now)


def terms_of(person: LostPerson, appointment: Appointment, now: datetime) -> making.Terms:
    """Return how the held time is offered: by text until the deadline, by phone for longer."""
    assert person.slot is not None
    start = person.slot.start
    until = deadline.until_of(now, start)
    to_phone_by = now + (start - now) * 3 / 4
    is_phoned = person.state == Person.TO_PHONE
    return making.Terms(
        why=Offer.Why.DISPLACED,
        until=to_phone_by if is_phoned else until,
        channel=Offer.Channel.PHONE if is_phoned else Offer.Channel.TEXT,
        kept_until=to_phone_by if person.referral.urgency in KEPT_ON else None,
        appointment=appointment,
    )


def row_reason(person: LostPerson) -> str:
    """Return the sentence of the clerks' list: that the clinic is lost, what is held, why phone."""
    why = person.get_phone_why_display()
    because = f" Phone them: {why}." if why else ""
    if person.slot is None:
        return f"Their clinic is lost.{because}"[:200]
    at = f"{say_time(person.slot.start)} on {say_day(person.slot.start)}"
    return f"Their clinic is lost.{because} Held: {at}, {person.slot.site.name}."[:200]
