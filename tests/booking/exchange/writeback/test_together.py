"""Bookings, moves, cancellations, answers and imports of the same times, all at once."""

import json
import random
from datetime import timedelta

import pytest

from booking.appointments import booking, holds, trust_answers
from booking.exchange.feeds.importer import import_lines
from booking.models import Appointment, AppointmentChange, Slot
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LETTERS = "23456789BCDFGHJK"
EXPECTED = (holds.SlotTaken, holds.HoldExpired, booking.AppointmentChanged)


def act(person, chance, now):
    """Do what a patient or the trust might, or find that somebody was faster."""
    try:
        live = booking.live_appointment(person)
        if live and chance.random() < 0.3:
            booking.cancel(live, live.version, now=now, actor="patient")
        elif live and chance.random() < 0.2:
            trust_answers.refuse(live, live.version, now=now, actor="feed RTX")
        else:
            free = list(Slot.objects.filter(free_at__lte=now).values_list("pk", flat=True))
            if free:
                held = holds.hold(person, chance.choice(free), now=now)
                booking.book(person, held.pk, now=now, actor="patient")
    except EXPECTED:
        return


def test_nobody_waits_for_ever_and_every_booking_stands_on_a_slot_of_its_own(
    furness, make_referral, now
):
    people = [make_referral(code=f"7KQ49CR{letter}") for letter in LETTERS]

    def push(round_, chance):
        stamp = (now + timedelta(seconds=round_)).isoformat()
        lines = [location(furness), schedule(furness)] + [
            slot(
                furness, f"s{n}", 8 + n % 10, stamp=stamp,
                status=chance.choice(["free", "free", "free", "busy-unavailable"]),
            )
            for n in range(20)
        ]  # fmt: skip
        chance.shuffle(lines)
        raw = [json.dumps(line).encode() for line in lines]
        return import_lines("RTX", enumerate(raw, 1), now=now)

    push(0, random.Random(0))

    def patients(number):
        chance = random.Random(number)
        for _ in range(12):
            act(people[chance.randrange(len(people))], chance, now)

    def trust():
        chance = random.Random(99)
        for round_ in range(1, 9):
            push(round_, chance)

    at_once(trust, *(lambda n=n: patients(n) for n in range(6)))

    live = Appointment.objects.filter(status__in=["booked", "pending"])
    for made in live.select_related("slot"):
        assert made.slot.free_at is None
        assert made.slot.status == "free"
        assert (made.slot.start, made.slot.end) == (made.start, made.end)
    taken = Slot.objects.filter(status="free", free_at=None).values_list("pk", flat=True)
    assert set(taken) == set(live.values_list("slot_id", flat=True))
    changes = AppointmentChange.objects.select_related("appointment")
    assert all(change.version == change.appointment.version for change in changes)
    assert changes.count() == Appointment.objects.count()
