"""What counts against the brake is people, however many slots their scan takes."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from booking.appointments import booking, holds
from booking.changes import feed_locks
from booking.exchange.feeds import brake, losses
from booking.models import Exam, Loss, LostSlot
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.booking.exchange.feeds.test_brake import changed, take

HALF = timedelta(minutes=30)


def test_a_booking_of_three_slots_is_one_person(jane, tom, make_slot, now, trust):
    Exam.objects.update(minutes=90)
    jane.exam.refresh_from_db()
    tom.exam.refresh_from_db()
    first = make_slot(hour=9)
    slots = [first] + [
        make_slot(start=first.start + n * HALF, end=first.start + (n + 1) * HALF)
        for n in range(1, 6)
    ]
    for who, place in ((jane, slots[0]), (tom, slots[3])):
        holds.hold(who, place.pk, now=now)
        booking.book(who, place.pk, now=now, actor="patient")
    with transaction.atomic():
        feed_locks.lock_feed_exclusively("RTX")
        losses.add("RTX", [one.pk for one in slots[:5]], LostSlot.Why.MISSING, now=now)
    loss = Loss.objects.get()

    assert brake.waiting(loss, now) == (5, 2)  # of Tom's, one slot stays
    loss.slots.filter(slot__in=slots[:3]).delete()
    assert brake.waiting(loss, now) == (2, 1)  # his first slot and his second
    loss.slots.filter(slot=slots[3]).delete()
    assert brake.waiting(loss, now) == (1, 1)  # his second alone


def test_who_lost_three_slots_lately_counts_as_one_person(jane, tom, now, settings, push, furness):
    """Two people with three slots each are within a limit of two, one after the other."""
    settings.FEED_BRAKE_PEOPLE, settings.FEED_BRAKE_TIMES = 2, 1000
    Exam.objects.update(minutes=90)
    jane.exam.refresh_from_db()
    tom.exam.refresh_from_db()
    lines = [slot(furness, f"s{n}", start=_half(n), end=_half(n + 1)) for n in range(6)]
    push(location(furness), schedule(furness), *lines)
    take(jane, "s0", now)

    take(tom, "s3", now)

    for three in (lines[:3], lines[3:]):
        report = push(*changed(three, status="entered-in-error"))
        assert (report.held_reason, report.displaced) == ("", 1)


def _half(number):
    return (datetime(2026, 12, 2, 9, tzinfo=UTC) + number * HALF).isoformat()
