"""Workers are killed while a clinic is lost: nobody is doubled, nobody lost, each in one state.

LOST_CLINIC_KILLS=60 kills as often as the release does; without it fewer people and kills.
"""

import os
import random
from datetime import timedelta

import pytest

from booking.models import Appointment, LostClinic, LostPerson, Offer, Slot, WorklistRow
from booking.offers import answering, ending
from booking.offers.lost import confirming, freezing, resume, states
from booking.worklists import nobody_lost
from notifications import tasks
from notifications.models import Message
from tests.booking.conftest import (  # noqa: F401 - fixtures
    furness,
    lancaster,
    make_referral,
    make_site,
    make_slot,
    now,
    trust,
)
from tests.booking.offers.lost.conftest import LEAD, book_on, day  # noqa: F401 - fixtures
from tests.resilience.crew import MINUTE

KILLS = int(os.environ.get("LOST_CLINIC_KILLS", "6"))
PEOPLE = 60 if KILLS >= 60 else 15
LONGEST = 0.25
"""Seconds that a worker gets at most before it is killed."""
URGENCIES = ["suspected_cancer", "urgent", "routine", "routine", "planned"]


@pytest.fixture
def lost(crew, day, book_on, make_slot, lancaster, now, monkeypatch):  # noqa: F811
    """A day with many people on it, said to be lost; nothing is done about it yet."""
    monkeypatch.setattr(tasks.dispatch, "delay", lambda: None)
    crew.now = now
    for number in range(PEOPLE):
        slot = make_slot(day=8, hour=8 + number % 12, seat=number, external_id=f"seat-{number}")
        book_on(slot, URGENCIES[number % 5], mobile="" if number % 7 == 6 else MOBILE)
        make_slot(day=9 + number % 20, hour=8 + number % 9, site=lancaster)
    return freezing.start(day.lost, now=now, actor=LEAD)


MOBILE = "+447700900461"


def test_killed_at_moments_that_nobody_chose(crew, lost):
    chance, hit = random.Random(14), 0
    for _ in range(KILLS):
        _confirm_once_found(lost, crew.now)
        hand = crew.hire()
        hand.begin("lost clinics", crew.now)
        hit += not hand.pipe.poll(chance.uniform(0.02, LONGEST))
        crew.kill(hand)
        crew.now += 2 * MINUTE
    for _ in range(20):  # a tick does what it can in its seconds
        _confirm_once_found(lost, crew.now)
        resume.tick(now=crew.now)
        crew.now += 2 * MINUTE
        if not LostPerson.objects.filter(state__in=LostPerson.UNTOLD).exists():
            break

    assert hit > KILLS / 4, "the kills did hit"
    people = list(LostPerson.objects.filter(clinic=lost))
    assert len(people) == PEOPLE
    assert sum(states.numbers(lost).values()) == PEOPLE
    assert {one.state for one in people} <= {"asked", "to_phone"}
    for one in people:
        _is_in_one_place(one, crew.now)
    assert not nobody_lost.lost(crew.now).exists()

    for offer in Offer.objects.filter(state="open")[: PEOPLE // 2]:
        answering.accept(offer, now=crew.now, actor="texts")
    ending.end_due(now=crew.now + timedelta(days=30))
    assert not LostPerson.objects.filter(state__in=LostPerson.UNENDED).exists()
    assert Appointment.objects.filter(status="booked").count() == PEOPLE // 2
    assert not nobody_lost.lost(crew.now).exists()


def _confirm_once_found(clinic, moment):
    clinic.refresh_from_db()
    if clinic.state == LostClinic.State.FOUND:
        confirming.confirm(clinic, now=moment, actor=LEAD)


def _is_in_one_place(person, moment):
    """Their time is off once; one slot at most is kept for them, and that is the offered one."""
    assert Appointment.objects.get(referral=person.referral).status == "displaced"
    offers = list(Offer.objects.filter(referral=person.referral))
    assert len(offers) == (person.slot_id is not None)
    kept = Slot.objects.filter(held_by=person.referral, free_at__gt=moment)
    assert [one.pk for one in kept] == [one.slot_id for one in offers]
    subjects = [one.reference for one in offers]
    texts = Message.objects.filter(subject__in=subjects, kind="offer_displaced").count()
    rows = WorklistRow.objects.filter(referral=person.referral, kind="displaced", closed_at=None)
    assert (texts, rows.count()) == ((1, 0) if person.state == "asked" else (0, 1))
