"""What a lead changes before people are told: another time for somebody, or none by text.

`now` is passed in, aware, UTC. `actor` is who does it.
"""

from datetime import datetime

from django.db import transaction

from booking.appointments import holds
from booking.appointments.clashes import TimesOverlap
from booking.changes import audit
from booking.exams.questions.outcomes import BookingNotAllowed
from booking.identifiers.actors import Actor
from booking.models import AuditAction, LostPerson
from booking.offers.lost import states
from booking.offers.lost.candidates import FreeSlot, Seeker, fits
from booking.offers.lost.confirming import ClinicChanged
from booking.offers.lost.finding import hold_for, let_go_of

CHOICES = 12
"""Other times that a lead is shown for one person: more are on the patient's own screen."""
Person, Why = states.Person, LostPerson.PhoneWhy


class NotToBeHad(Exception):
    """The other time cannot be held for this person any more: somebody has it, or it clashes."""


def others_for(person: LostPerson, *, now: datetime) -> list[tuple[FreeSlot, int]]:
    """Return other times that fit somebody, the nearest to their lost one first, with the minutes
    of the way there."""
    seeker = Seeker(person.pk, person.referral, person.start, person.appointment.site_id)
    pairs, slots = fits([seeker], now=now)
    found = [(slots[pk], fit.minutes) for pk, fit in pairs[person.pk].items()]
    found.sort(key=lambda one: (abs(one[0].start - person.start), one[1], one[0].pk))
    return found[:CHOICES]


def swap(person: LostPerson, slot_id: int, *, now: datetime, actor: Actor) -> None:
    """Hold another time for somebody, and let go of the one that was held.

    Raises NotToBeHad, and then the old one is kept; and ClinicChanged if they were told meanwhile.
    """
    old = person.slot_id
    other = next((one for one in others_for(person, now=now) if one[0].pk == slot_id), None)
    if other is None:
        raise NotToBeHad
    try:
        slot = hold_for(person, slot_id, now=now)
    except (
        holds.SlotTaken, holds.SlotNotSuitable, holds.ReferralEnded, TimesOverlap, BookingNotAllowed
    ):  # fmt: skip
        raise NotToBeHad from None
    with transaction.atomic():
        is_first = states.set_person(
            person, LostPerson.UNTOLD, Person.HELD, now, slot=slot, minutes=other[1], phone_why=""
        )
        if is_first:
            _write_down(person, "swapped", now, actor)
    if not is_first:
        let_go_of(person, slot.pk, now=now)
        raise ClinicChanged
    if old is not None and old != slot.pk:
        let_go_of(person, old, now=now)


def take_out(person: LostPerson, *, now: datetime, actor: Actor) -> None:
    """Send somebody no offer: what was held for them is let go, and a person phones them.

    Raises ClinicChanged if they were told meanwhile.
    """
    old = person.slot_id
    with transaction.atomic():
        is_first = states.set_person(
            person, LostPerson.UNTOLD, Person.WAITING, now, slot=None, minutes=None,
            phone_why=Why.OUT, tries=states.TIMES_LOOKED,
        )  # fmt: skip
        if not is_first:
            raise ClinicChanged
        _write_down(person, "taken out", now, actor)
    if old is not None:
        let_go_of(person, old, now=now)


def put_in(person: LostPerson, *, now: datetime, actor: Actor) -> None:
    """Look for a time for somebody after all, who was taken out or got none before.

    Raises ClinicChanged.
    """
    with transaction.atomic():
        is_first = states.set_person(
            person, [Person.WAITING], Person.WAITING, now, phone_why="", tries=0
        )
        if not is_first:
            raise ClinicChanged
        _write_down(person, "put in", now, actor)


def _write_down(person: LostPerson, what: str, now: datetime, actor: Actor) -> None:
    audit.write(
        AuditAction.CLINIC_CHANGED, now=now, actor=actor, appointment=person.appointment,
        clinic=person.clinic_id, what=what, slot=person.slot_id,
    )  # fmt: skip
