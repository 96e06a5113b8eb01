"""A time under another id: what was said, or is said later, of the old id counts as ever."""

import json
from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.exchange.feeds import decisions, importer, renumber
from booking.exchange.feeds.importer import import_lines
from booking.models import EPOCH, Appointment, LostSlot, Slot

STAMPS = [f"2026-11-{day}T03:00:00Z" for day in (20, 21, 22, 23)]
GONE = "entered-in-error"
WORDS = {
    "gone": ({"status": GONE}, {"new": "free"}),
    "not to be had": ({"status": "busy-unavailable"}, {"new": "free", "old": "busy-unavailable"}),
}


@pytest.fixture
def replace(trust, now):
    """Import resources as a whole body; return the report."""

    def replace(*resources):
        lines = [(n, json.dumps(one).encode()) for n, one in enumerate(resources, 1)]
        return import_lines(trust.code, lines, now=now, replace=True)

    return replace


@pytest.fixture
def old(push, fed):
    """A time is on sale as *old*."""
    push(fed(name="old", stamp=STAMPS[0]))


@pytest.fixture
def jane_has_it(old, jane, now):
    return take(jane, "old", now)


@pytest.fixture
def each_line_alone(monkeypatch):
    """Read a body line by line: what comes later in it is not known yet."""
    monkeypatch.setattr(importer, "CHUNK", 1)


def take(referral, name, now):
    place = Slot.objects.get(external_id=name, free_at=EPOCH)
    holds.hold(referral, place.pk, now=now)
    return booking.book(referral, place.pk, now=now, actor="patient")


def standing():
    return dict(Slot.objects.exclude(status="withdrawn").values_list("external_id", "status"))


def of_jane():
    return Appointment.objects.values_list("status", "slot__external_id").get()


@pytest.mark.parametrize(("word", "left"), WORDS.values(), ids=WORDS)
def test_an_older_word_on_the_old_id_that_comes_late_makes_no_second_slot(
    old, push, fed, word, left
):
    push(fed(name="new", stamp=STAMPS[0]), fed(name="old", stamp=STAMPS[2], **word))
    assert standing() == left

    for stamp in STAMPS[:2]:
        assert push(fed(name="old", stamp=stamp)).stale == 1
    assert standing() == left

    push(fed(name="old", stamp=STAMPS[3]))  # a newer one does: the trust has both
    assert standing() == {"new": "free", "old": "free"}


@pytest.mark.parametrize(("word", "left"), WORDS.values(), ids=WORDS)
def test_who_is_booked_has_the_new_id_and_the_old_word_counts(jane_has_it, push, fed, word, left):
    report = push(fed(name="new", stamp=STAMPS[2]), fed(name="old", stamp=STAMPS[2], **word))

    assert of_jane() == ("booked", "new")
    assert (report.held, report.displaced, report.deferred) == (0, 0, {})
    assert standing() == left


def test_an_old_id_that_stands_for_another_time_now_is_there(
    jane_has_it, push, fed, now, each_line_alone
):
    push(fed(name="new", stamp=STAMPS[2]), fed(name="old", stamp=STAMPS[2], hour=10))

    assert of_jane() == ("booked", "new")
    assert Slot.objects.get(external_id="old").start.hour == 10
    assert Slot.objects.get(free_at__lte=now).external_id == "old"


def test_an_old_id_that_moves_onto_a_third_time_is_known_again(
    jane_has_it, push, fed, tom, now, each_line_alone
):
    push(fed(name="third", stamp=STAMPS[0], hour=10))
    take(tom, "third", now)

    push(
        fed(name="new", stamp=STAMPS[2]),
        fed(name="old", stamp=STAMPS[2], hour=10),
        fed(name="third", stamp=STAMPS[2], hour=10, status=GONE),
    )

    booked = Appointment.objects.values_list("status", "slot__external_id", "slot__start__hour")
    assert sorted(booked) == [("booked", "new", 14), ("booked", "old", 10)]
    assert standing() == {"new": "free", "old": "free"}


def test_ids_that_change_there_and_back_keep_who_is_booked(jane_has_it, push, fed):
    for turn, (here, gone) in enumerate([("new", "old"), ("old", "new"), ("new", "old")], 1):
        stamp = STAMPS[turn]
        report = push(fed(name=here, stamp=stamp), fed(name=gone, stamp=stamp, status=GONE))

        assert of_jane() == ("booked", here)
        assert (report.displaced, standing()) == (0, {here: "free"})
    assert Slot.objects.count() == 2


def test_a_listing_that_changes_ids_there_and_back_keeps_who_is_booked(jane_has_it, replace, fed):
    for turn, name in enumerate(["new", "old", "new"], 1):
        report = replace(fed(name=name, stamp=STAMPS[turn]))

        assert of_jane() == ("booked", name)
        assert (report.created, report.updated) == (0, 1)
        assert Slot.objects.count() == 1, "nothing was said of the id before: nothing is kept"


@pytest.mark.parametrize("whole", [False, True], ids=["said", "not named any more"])
def test_an_id_that_somebody_had_and_comes_back_takes_over_too(
    old, push, replace, fed, jane, tom, now, whole
):
    first = take(jane, "old", now)
    booking.cancel(first, 1, now=now, actor="patient")
    push(fed(name="old", stamp=STAMPS[1], status=GONE))
    push(fed(name="new", stamp=STAMPS[1]))
    take(tom, "new", now)
    back, gone = fed(name="old", stamp=STAMPS[2]), fed(name="new", stamp=STAMPS[2], status=GONE)

    report = replace(back) if whole else push(back, gone)

    booked = Appointment.objects.get(status="booked")
    assert (booked.referral, booked.slot.external_id) == (tom, "old")
    assert (report.created, report.displaced, standing()) == (0, 0, {"old": "free"})
    cancelled = Appointment.objects.get(status="cancelled")
    assert (cancelled.slot.external_id, cancelled.slot.status) == ("new", "withdrawn")


def test_one_that_comes_back_in_a_body_that_was_not_read_to_its_end_takes_over_too(
    old, push, replace, fed, jane, tom, now, monkeypatch
):
    booking.cancel(take(jane, "old", now), 1, now=now, actor="patient")
    push(fed(name="old", stamp=STAMPS[1], status=GONE))
    push(fed(name="new", stamp=STAMPS[1]))
    take(tom, "new", now)
    with monkeypatch.context() as killed:
        killed.setattr(renumber, "find_again", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            replace(fed(name="old", stamp=STAMPS[2]))

    decisions.finish_what_was_left(now=now + timedelta(minutes=20))

    assert Appointment.objects.get(status="booked").slot.external_id == "old"
    assert Appointment.objects.get(status="cancelled").slot.status == "withdrawn"
    assert standing() == {"old": "free"}


def test_of_a_slot_with_more_room_than_the_new_one_the_rest_goes_as_its_line_says(
    push, fed, jane, tom, now
):
    push(fed(name="old", stamp=STAMPS[0], capacity=3))
    for referral in (jane, tom):
        place = Slot.objects.filter(external_id="old", free_at=EPOCH).first()
        holds.hold(referral, place.pk, now=now)
        booking.book(referral, place.pk, now=now, actor="patient")

    push(
        fed(name="new", stamp=STAMPS[2], capacity=2),
        fed(name="old", stamp=STAMPS[2], status=GONE),
    )

    assert set(Appointment.objects.values_list("status", "slot__external_id")) == {
        ("booked", "new")
    }
    assert not LostSlot.objects.filter(done_at=None).exists()
    assert push(fed(name="old", stamp=STAMPS[1], capacity=3)).stale == 1
    assert standing() == {"new": "free"}


def test_a_line_of_which_a_seat_waits_for_a_lead_is_not_done_meanwhile(
    push, fed, jane, tom, now, settings
):
    settings.FEED_BRAKE_PEOPLE = 0
    push(fed(name="old", stamp=STAMPS[0], capacity=2))
    for referral in (jane, tom):
        place = Slot.objects.filter(external_id="old", free_at=EPOCH).first()
        holds.hold(referral, place.pk, now=now)
        booking.book(referral, place.pk, now=now, actor="patient")

    report = push(fed(name="new", stamp=STAMPS[2]), fed(name="old", stamp=STAMPS[2], status=GONE))

    booked = Appointment.objects.values_list("status", "slot__external_id")
    assert sorted(booked) == [("booked", "new"), ("booked", "old")]
    assert (report.held, report.displaced) == (1, 0)
    assert LostSlot.objects.get(done_at=None).slot.external_id == "old"
