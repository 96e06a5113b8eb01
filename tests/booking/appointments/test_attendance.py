"""Many people marked at once: what one of them is refused stops none of the others."""

from datetime import timedelta

from booking.appointments import booking, holds
from booking.appointments.attendance import Mark, mark_many


def book(referral, slot, now):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor="patient")


def test_each_is_said_as_it_was_seen_and_the_others_are_named(jane, tom, make_slot, now):
    came, changed = book(jane, make_slot(hour=9), now), book(tom, make_slot(hour=11), now)
    later = came.end + timedelta(hours=4)
    marks = {came.pk: Mark(1, came=True), changed.pk: Mark(2, came=False), 0: Mark(1, came=True)}

    done = mark_many(marks, ["RTX"], now=later, actor="staff 1")

    assert ([one.pk for one in done.came], done.missed, done.early) == ([came.pk], [], [])
    assert ([one.pk for one in done.changed], done.gone, done.done) == ([changed.pk], 1, 1)
    again = mark_many({came.pk: Mark(1, came=True)}, ["RTX"], now=later, actor="staff 1")
    assert ([one.pk for one in again.same], again.done) == ([came.pk], 0)


def test_nobody_is_marked_early_nor_by_a_trust_that_they_are_not_of(jane, make_slot, now):
    made = book(jane, make_slot(hour=9), now)
    marks = {made.pk: Mark(1, came=False)}

    assert mark_many(marks, ["RTX"], now=now, actor="staff 1").early == [made]
    assert mark_many(marks, ["RXR"], now=made.end, actor="staff 1").gone == 1
    made.refresh_from_db()
    assert made.status == "booked"
