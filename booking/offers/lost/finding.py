"""Finds another time for everybody in a lost clinic, and holds it: matched together, not in turn.

`now` is passed in, aware, UTC.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from booking.appointments import holds, safety
from booking.appointments.choices import visits_of
from booking.appointments.clashes import TimesOverlap, must_not_overlap
from booking.exams.questions.asking import read_answers
from booking.exams.questions.outcomes import BookingNotAllowed, MustPhone
from booking.identifiers.actors import CLOCK
from booking.models import LostClinic, LostPerson, Offer, Slot
from booking.offers import matching
from booking.offers.lost import states
from booking.offers.lost.candidates import FreeSlot, Seeker, fits
from booking.worklists.rows import PRESSING

TOGETHER = 500
"""People who are matched with one another, the most pressing first: more take too long at once."""
HELD_LONGER = timedelta(hours=2)
"""How long a time is held after the moment at which its person is told without a lead."""
Person = states.Person
GONE = (holds.SlotTaken, holds.SlotNotSuitable, TimesOverlap)


class Found(NamedTuple):
    """Another time for somebody: its slot, and how many minutes the way there takes."""

    slot: FreeSlot
    minutes: int


def plan(
    seekers: Sequence[Seeker], *, now: datetime, without: Collection[int] = ()
) -> dict[int, Found]:
    """Return which free time each seeker would get, by their keys. Nothing is held."""
    found: dict[int, Found] = {}
    taken = set(without)
    for some in _together(seekers):
        pairs, slots = fits(some, now=now, without=taken)
        people = [
            matching.Person(one.key, one.referral.urgency, one.referral.target_day, pairs[one.key])
            for one in some
        ]
        matched = matching.match(people, list(slots))
        for key, pk in matched.items():
            found[key] = Found(slots[pk], pairs[key][pk].minutes)
            taken.add(pk)
    return found


def _together(seekers: Sequence[Seeker]) -> Iterator[list[Seeker]]:
    """Yield the seekers in lots of TOGETHER: first who presses, then whose last day is near."""

    def order(one: Seeker) -> tuple[object, ...]:
        return PRESSING.index(one.referral.urgency), one.referral.target_day, one.key

    ordered = sorted(seekers, key=order)
    for at in range(0, len(ordered), TOGETHER):
        yield ordered[at : at + TOGETHER]


def find_and_hold(
    clinic: LostClinic,
    *,
    now: datetime,
    is_over: Callable[[], bool],
    only: QuerySet[LostPerson] | None = None,
) -> int:
    """Hold a time for those who have none yet, each in a moment of its own; return how many.

    Whose time was gone meanwhile is matched again, TIMES_LOOKED times in all. It stops early once
    `is_over` says so. With `only`, for these people and nobody else.
    """
    held = 0
    wanting = seeking(clinic) if only is None else seeking(clinic).filter(pk__in=only.values("pk"))
    while (people := list(wanting.all())) and not is_over():
        found = plan([_seeker(one) for one in people], now=now)
        for one in people:
            if is_over():
                break
            held += _hold(one, found.get(one.pk), now)
    return held


def seeking(clinic: LostClinic) -> QuerySet[LostPerson]:
    """Return who still needs a time: nobody has looked for one, or what was found was gone."""
    return (
        LostPerson.objects.filter(
            clinic=clinic, state=Person.WAITING, tries__lt=states.TIMES_LOOKED
        )
        .exclude(phone_why=LostPerson.PhoneWhy.OUT)
        .select_related("referral__patient", "referral__exam", "appointment__site")
        .order_by("pk")
    )


def _seeker(person: LostPerson) -> Seeker:
    return Seeker(person.pk, person.referral, person.start, person.appointment.site_id)


def _hold(person: LostPerson, found: Found | None, now: datetime) -> bool:
    """Hold what was found for somebody; whoever gets nothing has been looked for once more."""
    if found is None:
        states.set_person(person, [Person.WAITING], Person.WAITING, now, tries=states.TIMES_LOOKED)
        return False
    try:
        slot = hold_for(person, found.slot.pk, now=now)
    except GONE:
        states.set_person(person, [Person.WAITING], Person.WAITING, now, tries=person.tries + 1)
        return False
    except (BookingNotAllowed, holds.ReferralEnded):
        states.set_person(
            person, [Person.WAITING], Person.WAITING, now, tries=states.TIMES_LOOKED,
            phone_why=LostPerson.PhoneWhy.QUESTIONS,
        )  # fmt: skip
        return False
    if states.set_person(
        person, [Person.WAITING], Person.HELD, now, slot=slot, minutes=found.minutes
    ):
        return True
    let_go_of(person, slot.pk, now=now)  # they moved, or cancelled, in this very moment
    return False


def hold_for(person: LostPerson, slot_id: int, *, now: datetime) -> Slot:
    """Hold a slot for somebody until a lead has looked; belongs in no transaction.

    Raises SlotTaken, SlotNotSuitable, TimesOverlap, ReferralEnded, and MustPhone of whom a person
    must speak with first.
    """
    slot = Slot.objects.get(pk=slot_id)
    read_answers([person.referral])
    try:
        safety.must_allow_booking_of(person.referral, slot, now=now, actor=CLOCK)
    except MustPhone:
        raise
    except BookingNotAllowed:
        pass  # questions that are still open are asked when they say yes
    must_not_overlap(person.referral, slot, visits_of(person.referral, slot, now=now))
    until = max(person.goes_on_at, now) + HELD_LONGER
    return holds.hold(person.referral, slot_id, now=now, until=until)


def let_go_of(person: LostPerson, slot_id: int, *, now: datetime) -> None:
    """Let go of the time that was held for somebody, and of nothing else that they hold.

    Belongs in no transaction. What they are asked about is let go of by its offer.
    """
    offered = Offer.objects.filter(referral=person.referral, slot=slot_id, is_kept=True)
    if offered.exists():
        return
    held = Slot.objects.filter(held_by=person.referral, free_at__gt=now)
    keep = held.exclude(pk=slot_id).values_list("pk", flat=True)
    if held.filter(pk=slot_id).exists():
        holds.release(person.referral, now=now, keep=set(keep))
