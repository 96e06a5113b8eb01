"""Clocks that are fast, missing, or earlier than our booking: the closing word, and who asks."""

from datetime import timedelta

import pytest

from booking.appointments import booking, trust_answers
from booking.models import EPOCH, Appointment, Slot, WorklistRow
from notifications.models import Message
from tests.booking.exchange.feeds.test_brake import take

CLOSING = ["busy", "busy-unavailable", "entered-in-error"]


def at(moment):
    return moment.isoformat()


def doubled():
    return WorklistRow.objects.filter(kind="needs_person", about__startswith="double:")


@pytest.mark.parametrize("status", CLOSING)
@pytest.mark.parametrize("first", ["fast", "no stamp"])
def test_in_doubt_about_clocks_the_closing_word_wins(push, fed, now, status, first):
    stamped = fed(stamp=at(now + timedelta(minutes=9)))
    push(stamped if first == "fast" else {**fed(), "meta": {}})

    closing = push(fed(stamp=at(now - timedelta(seconds=59)), status=status))

    assert (closing.stale, Slot.objects.get().free_at) == (0, None)
    assert "Check your clock" in " ".join(closing.warnings)
    again = push(fed(stamp=at(now - timedelta(seconds=58))))
    assert (again.stale, Slot.objects.get().free_at) == (1, None)


def test_a_word_without_a_stamp_is_in_doubt_however_much_older_the_closing_one_is(push, fed, now):
    push({**fed(), "meta": {}})

    push(fed(stamp=at(now - timedelta(hours=9)), status="busy"))

    assert Slot.objects.get().free_at is None


def test_an_opening_word_never_wins_in_doubt_nor_a_closing_one_that_is_plainly_older(
    push, fed, now
):
    push(fed(stamp=at(now)))
    assert push(fed(stamp=at(now - timedelta(minutes=11)), status="busy")).stale == 1
    assert Slot.objects.get().free_at == EPOCH
    push(fed(stamp=at(now), status="busy"))
    assert push(fed(stamp=at(now - timedelta(minutes=1)))).stale == 1
    assert Slot.objects.get().free_at is None


@pytest.fixture
def booked(push, fed, jane, now):
    push(fed())
    return take(jane, "s1", now)


def test_busy_from_before_our_booking_opens_a_clerks_row_and_displaces_nobody(
    booked, push, fed, now
):
    texts = Message.objects.count()

    report = push(fed(stamp=at(now - timedelta(hours=1)), status="busy"))

    assert (report.displaced, report.doubled) == (0, 1)
    assert "A clerk will ask" in report.warnings[0]
    assert Appointment.objects.get().status == "booked"
    assert Message.objects.count() == texts
    row = doubled().get()
    assert (row.appointment, row.trust_id) == (booked, "RTX")
    push(fed(stamp=at(now - timedelta(minutes=59)), status="busy"))
    assert doubled().count() == 1


@pytest.mark.parametrize("meta", [{"lastUpdated": "at the booking"}, {}])
def test_busy_stamped_after_our_booking_or_without_a_stamp_is_its_echo(
    booked, push, fed, now, meta
):
    echo = fed(stamp=at(now), status="busy")

    report = push({**echo, "meta": echo["meta"] if meta else {}}, at=now + timedelta(minutes=1))

    assert (report.doubled, doubled().count()) == (0, 0)


def test_closing_words_in_doubt_about_a_booked_time_are_asked_about(push, fed, jane, now):
    push(fed(stamp=at(now + timedelta(minutes=9))))
    take(jane, "s1", now)

    report = push(fed(stamp=at(now + timedelta(minutes=2)), status="entered-in-error"))

    assert (report.displaced, Appointment.objects.get().status) == (0, "booked")
    assert doubled().count() == 1


def test_an_echo_of_a_time_that_was_moved_to_is_held_against_the_move(push, fed, jane, now):
    push(fed(name="a"), fed(name="b", hour=16))
    take(jane, "a", now)
    take(jane, "b", now + timedelta(hours=2))

    report = push(
        fed(name="b", hour=16, stamp=at(now + timedelta(hours=1)), status="busy"),
        at=now + timedelta(hours=3),
    )

    assert (report.doubled, doubled().count()) == (1, 1)


@pytest.mark.parametrize("answer", ["confirm", "refuse", "cancel", "move"])
def test_the_row_goes_when_the_trust_answers_or_the_time_is_another(
    booked, push, fed, jane, now, answer
):
    push(fed(stamp=at(now - timedelta(hours=1)), status="busy"), fed(name="b", hour=16))
    assert doubled().get().closed_at is None
    version = booked.version
    if answer == "move":
        take(jane, "b", now)
    elif answer == "cancel":
        booking.cancel(booked, version, now=now, actor="patient")
    else:
        act = trust_answers.confirm if answer == "confirm" else trust_answers.refuse
        act(booked, version, now=now, actor="key RTX")

    assert doubled().get().outcome == "resolved"
