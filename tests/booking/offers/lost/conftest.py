"""A day of one scanner that is lost, people booked on it, and free times elsewhere."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.models import FROZEN, LostClinic, LostPerson, Patient, Schedule, Slot
from booking.offers import ending
from booking.offers.lost import freezing, resume
from booking.offers.lost.what import Lost

LEAD = "staff 1"
LETTERS = "23456789BCDFGHJKLMNPQRSTVWXZ"


def code(number):
    return f"7KQ4{LETTERS[number // 700 % 25]}9{LETTERS[number // 27 % 27]}{LETTERS[number % 27]}"


class Clinic:
    """What the tests do with one lost day."""

    def __init__(self, now, schedule, day):
        self.now, self.schedule, self.day = now, schedule, day
        self.lost = Lost(
            schedule.trust_id, "schedule", schedule.pk,
            day.replace(hour=0), day.replace(hour=0) + timedelta(days=1), "broken",
        )  # fmt: skip

    def say(self, lost=None):
        clinic = freezing.start(lost or self.lost, now=self.now, actor=LEAD)
        self.work()
        return clinic

    def work(self, now=None):
        resume.tick(now=now or self.now)
        ending.let_go(now=now or self.now)  # no test's transaction is ever committed

    @property
    def it(self):
        return LostClinic.objects.get()

    def states(self):
        found = LostPerson.objects.order_by("pk").values_list("referral__code", "state")
        return dict(found)

    def state_of(self, referral):
        return LostPerson.objects.get(referral=referral).state


@pytest.fixture
def book_on(make_referral, make_slot, now):
    count = iter(range(10_000))

    def book_on(slot=None, urgency="routine", needs=(), **patient):
        number = next(count)
        fields = {
            "given_name": f"P{number}",
            "family_name": "Fell",
            "mobile": f"+4477009{number:05}",
            "postcode": "LA14 4LF",
        }
        referral = make_referral(code=code(number), **{**fields, **patient})
        referral.urgency = urgency
        referral.save()
        slot = slot or make_slot(day=8, hour=9 + number % 8)
        holds.hold(referral, slot.pk, now=now)
        booking.book(referral, slot.pk, now=now, actor="patient")
        Patient.objects.filter(pk=referral.patient_id).update(needs=list(needs))
        return referral

    return book_on


@pytest.fixture
def day(make_slot, furness, lancaster, now):
    """Furness's MRI list of 2 December, with one time that nobody has; and three at Lancaster."""
    free = make_slot(day=8, hour=17)
    for number in range(3):
        make_slot(day=9 + number, hour=10, site=lancaster)
    return Clinic(now, Schedule.objects.get(pk=free.schedule_id), free.start)


def on_sale(schedule):
    return Slot.objects.filter(schedule=schedule, free_at__lt=FROZEN).count()
