"""A feed that takes a whole clinic away: it waits for a lead, then each person is asked."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.exchange.feeds import brake, decisions, losses, lost_clinics
from booking.models import Appointment, Loss, LostClinic, LostPerson, Slot
from booking.offers.lost import confirming, resume
from notifications.models import Message
from tests.booking.offers.lost.conftest import LEAD, book_on, day  # noqa: F401 - fixtures


@pytest.fixture
def hold_all(day, now):  # noqa: F811
    """Have the feed of Furness leave out everything that stands on the lost day's list."""

    def hold_all():
        keys = list(Slot.objects.filter(schedule=day.schedule).values_list("pk", flat=True))
        with transaction.atomic():
            losses.add("RTX", keys, "missing", now=now)
            losses.hold(Loss.objects.get(), now=now)
        lost_clinics.follow(now=now)
        return Loss.objects.get()

    return hold_all


def test_it_waits_for_a_lead_and_nobody_is_told(hold_all, book_on, day, now):  # noqa: F811
    book_on()

    hold_all()
    day.work()

    clinic = LostClinic.objects.get()
    assert (clinic.state, clinic.reason) == ("waiting", "feed")
    assert LostPerson.objects.get().state == "waiting"
    assert Appointment.objects.get().status == "booked"


def test_a_small_part_of_a_long_list_is_no_clinic(hold_all, book_on, make_slot, day, now):  # noqa: F811
    slot = make_slot(day=8, hour=9)
    book_on(slot)
    for hour in range(10, 20):
        make_slot(day=9, hour=hour)

    with transaction.atomic():
        losses.add("RTX", [slot.pk], "missing", now=now)
        losses.hold(Loss.objects.get(), now=now)
    lost_clinics.follow(now=now)

    assert not LostClinic.objects.exists()


def test_once_confirmed_everybody_is_asked_and_no_text_more_is_sent(hold_all, book_on, day, now):  # noqa: F811
    people = [book_on() for _ in range(2)]
    loss = hold_all()
    clinic = LostClinic.objects.get()
    confirming.go_ahead(clinic, now=now, actor=LEAD)
    day.work()
    confirming.confirm(LostClinic.objects.get(), now=now, actor=LEAD)
    day.work()

    lost_clinics.follow(now=now)

    assert {day.state_of(one) for one in people} == {"asked"}
    loss.refresh_from_db()
    assert loss.state == "released"
    assert set(Slot.objects.filter(schedule=day.schedule).values_list("status", flat=True)) == {
        "withdrawn"
    }
    assert not Message.objects.filter(kind="displaced").exists()
    assert Message.objects.filter(kind="offer_displaced").count() == 2


def test_whoever_presses_most_is_told_first_if_no_lead_decides(hold_all, book_on, day, now):  # noqa: F811
    cancer, routine = book_on(urgency="suspected_cancer"), book_on()
    hold_all()

    day.work(now + timedelta(hours=4))
    assert (day.state_of(cancer), day.state_of(routine)) == ("asked", "waiting")

    day.work(now + timedelta(hours=24))
    assert day.state_of(routine) == "asked"
    assert LostClinic.objects.get().confirmed_by == "clock"


def test_times_that_are_kept_bring_it_back(hold_all, book_on, day, now):  # noqa: F811
    jane = book_on()
    loss = hold_all()

    decisions.keep(loss, brake.waiting(loss, now), now=now, actor=LEAD)
    lost_clinics.follow(now=now)
    resume.tick(now=now)

    assert day.state_of(jane) == "kept"
    assert LostClinic.objects.get().state == "over"
    assert Appointment.objects.get().status == "booked"
