"""Who is booked, was there, did not come, or lost a time: each through the service's own doors."""

from datetime import timedelta

from django.db import transaction

from booking.appointments import booking, trust_answers
from booking.demo.life.crew import A_DAY, Crew, Part, spread
from booking.exams.questions import answering, file
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import Appointment, SoonerWish
from booking.offers.sooner import wishes
from booking.offers.sooner.wishes import Wanted
from booking.search.origin import home_of
from booking.worklists import chasing
from times.london import day_in_england

BOOKED_BEFORE = 30
"""Hours, so that a text about it has had its time."""
EVERY_EIGHTH = 8
LONG_AFTER = timedelta(days=5)
UNMARKED_SINCE = timedelta(hours=2)


def booked(part: Part, crew: Crew) -> Appointment | None:
    """Book somebody ahead; one in eight would come sooner."""
    actor = crew.clerk.actor if part.place % 3 == 0 else PATIENT
    days = part.place % 14 + 1
    made = crew.times.book_ahead(part.referral, actor, at=crew.ago(BOOKED_BEFORE), days=days)
    if made and part.place % EVERY_EIGHTH == 0 and made.start > crew.now + LONG_AFTER:
        wanted = Wanted(2, within_minutes=60, origin=home_of(part.referral.patient))
        door = SoonerWish.Door.STAFF
        wishes.put_on(part.referral, wanted, door=door, now=crew.now, actor=crew.clerk.actor)
    return made


def today(part: Part, crew: Crew) -> None:
    """Book somebody today; of those whose time is over one in three is not marked."""
    made = crew.times.book_on(part.referral, day_in_england(crew.now), PATIENT)
    if made and made.end <= crew.now and part.place % 3:
        trust_answers.attended(made, made.version, now=made.end, actor=crew.lead.actor)


def past(part: Part, crew: Crew) -> None:
    """Book somebody yesterday or the day before: half came, the others missed it or who knows."""
    day = day_in_england(crew.now) - (1 + part.place // 4 % 2) * A_DAY
    made = crew.times.book_on(part.referral, day, PATIENT)
    if made is None:
        return
    if part.place % 4 == 3:
        with transaction.atomic():
            chasing.open_unmarked(made, now=made.end + UNMARKED_SINCE, actor=crew.lead.actor)
    else:
        say = trust_answers.missed if part.place % 4 == 2 else trust_answers.attended
        say(made, made.version, now=made.end, actor=crew.lead.actor)


def displaced(part: Part, crew: Crew) -> None:
    """Book somebody, and let the hospital take the time away."""
    if made := booked(part, crew):
        hospital = Actor(ActorKind.FEED, part.referral.trust_id)
        trust_answers.refuse(made, made.version, now=crew.ago(spread(part)), actor=hospital)


def cancelled(part: Part, crew: Crew) -> None:
    """Book somebody who then cancels, and books no other time."""
    if made := booked(part, crew):
        booking.cancel(made, made.version, now=crew.ago(spread(part) / 4), actor=PATIENT)


def stopped(part: Part, crew: Crew) -> None:
    """Let somebody say yes to a pacemaker: they cannot book, and a person phones."""
    _answer(part, "pacemaker", crew)


def held(part: Part, crew: Crew) -> None:
    """Book somebody who then says that they have an implant: it is checked before the day."""
    booked(part, crew)
    _answer(part, "other_implant", crew)


def late(part: Part, crew: Crew) -> None:
    """Book suspected cancer after its target day, which staff alone may."""
    at = crew.ago(BOOKED_BEFORE)
    crew.times.book_ahead(part.referral, crew.clerk.actor, at=at, days=4 + part.place)


def _answer(part: Part, question: str, crew: Crew) -> None:
    version = file.current().version
    at = crew.ago(spread(part) / 4)
    answering.answer(part.referral, question, "yes", version=version, now=at, actor=PATIENT)
