"""Does whatever is left to do of a lost clinic: the one loop, for a press and for the clock alike.

It was killed at any step: the next call goes on there. Two at once do not work on one clinic.
`now` is passed in, aware, UTC.
"""

import time
from collections.abc import Callable
from datetime import datetime

from booking.identifiers.actors import CLOCK
from booking.models import LostClinic, LostPerson
from booking.offers.lost import back, finding, freezing, states, telling

A_PRESS, A_TICK = 4.0, 25.0
"""Seconds that a page, and the clock, work on a clinic before they leave the rest to the next."""
State, Person = states.State, states.Person
Budget = Callable[[], bool]


def tick(*, now: datetime) -> None:
    """Go on with every clinic that has something left to do."""
    for clinic in LostClinic.objects.exclude(state=State.OVER).order_by("pk"):
        work(clinic, now=now, seconds=A_TICK)


def work(clinic: LostClinic, *, now: datetime, seconds: float = A_PRESS) -> bool:
    """Go on with one clinic for so long; False if somebody else does."""
    if not states.claim(clinic, now):
        return False
    end = time.monotonic() + min(seconds, states.LEASE.total_seconds() / 2)

    def is_over() -> bool:
        return time.monotonic() > end

    try:
        clinic.refresh_from_db()
        _work(clinic, now, is_over)
    finally:
        states.let_go(clinic)
    clinic.refresh_from_db()
    return True


def _work(clinic: LostClinic, now: datetime, is_over: Budget) -> None:
    """Take a clinic through its states, each step where the last one ended."""
    if clinic.state == State.SAID:
        freezing.freeze(clinic, now=now)
        freezing.list_people(clinic, now=now)
        states.move(clinic, [State.SAID], State.FROZEN, frozen_at=now)
    if clinic.state == State.FROZEN:
        finding.find_and_hold(clinic, now=now, is_over=is_over)
        if not finding.seeking(clinic).exists():
            states.move(clinic, [State.FROZEN], State.FOUND, found_at=now)
    if clinic.state == State.WAITING:
        _wait(clinic, now, is_over)
    elif clinic.state in (State.FOUND, State.CONFIRMED):
        _keep_up(clinic, now, is_over)
    if clinic.state == State.BACK and back.bring_back(clinic, now=now, is_over=is_over):
        states.move(clinic, [State.BACK], State.OVER, over_at=now)


def _wait(clinic: LostClinic, now: datetime, is_over: Budget) -> None:
    """See to the people of a feed's loss that no lead has decided about: who can wait no longer."""
    freezing.list_people(clinic, now=now)
    late = telling.untold(clinic, now)
    if late.exists():
        finding.find_and_hold(clinic, now=now, is_over=is_over, only=late)
        telling.tell_all(clinic, now=now, is_over=is_over)
        left = LostPerson.objects.filter(clinic=clinic, state__in=LostPerson.UNTOLD)
        if not left.exists():
            states.move(
                clinic, [State.WAITING], State.CONFIRMED, confirmed_at=now, confirmed_by=CLOCK
            )


def _keep_up(clinic: LostClinic, now: datetime, is_over: Budget) -> None:
    """Freeze what came since, list who slipped in, tell who is to be told, and end what is past."""
    back.thaw_what_left(clinic, now=now)
    if clinic.ends > now:
        freezing.freeze(clinic, now=now)
        freezing.list_people(clinic, now=now)
    finding.find_and_hold(clinic, now=now, is_over=is_over)
    telling.tell_all(clinic, now=now, is_over=is_over)
    # Whose time was gone when they were to be told has another look, and is told now.
    finding.find_and_hold(clinic, now=now, is_over=is_over)
    telling.tell_all(clinic, now=now, is_over=is_over)
    _let_go_of_what_nobody_needs(clinic, now)
    _end_whose_request_ended(clinic, now)
    left = LostPerson.objects.filter(clinic=clinic, state__in=LostPerson.UNENDED)
    if clinic.ends <= now and not left.exists():
        states.move(clinic, [State.CONFIRMED, State.FOUND], State.OVER, over_at=now)


def _let_go_of_what_nobody_needs(clinic: LostClinic, now: datetime) -> None:
    """Let go of times of people who ended before they were told: they chose, or cancelled."""
    ended = LostPerson.objects.filter(clinic=clinic, told_at=None, slot__isnull=False).exclude(
        state__in=LostPerson.OPEN
    )
    for person in ended.select_related("referral"):
        appointment = person.appointment
        is_theirs = appointment.is_live and appointment.slot_id == person.slot_id
        if person.slot_id is not None and not is_theirs:
            finding.let_go_of(person, person.slot_id, now=now)
        LostPerson.objects.filter(pk=person.pk).update(slot=None)


def _end_whose_request_ended(clinic: LostClinic, now: datetime) -> None:
    ended = LostPerson.objects.filter(
        clinic=clinic, state__in=LostPerson.OPEN, referral__ended_at__isnull=False
    )
    for person in ended:
        states.set_person(person, LostPerson.OPEN, Person.CANCELLED, now)
