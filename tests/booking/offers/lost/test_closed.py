"""A place that is closed for some time: before its times are there, for one kind of scan, twice."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from booking.appointments import holds
from booking.exchange.feeds.importer import import_lines
from booking.models import FROZEN, Appointment, LostClinic, LostPerson, Slot
from booking.offers.lost import confirming, freezing
from booking.offers.lost.what import Lost
from tests import racing
from tests.booking.offers.lost.conftest import LEAD

FEED = "furness-MR"


@pytest.fixture
def holiday(furness, day):
    """All of Furness on 9 December, of which no times are known yet."""
    begins = datetime(2026, 12, 9, tzinfo=UTC)
    return Lost("RTX", "site", furness.pk, begins, begins + timedelta(days=1), "holiday")


@pytest.fixture
def feed(day, now):
    """Import times of Furness's MRI list, by id, day and hour."""

    def feed(*times, status="free", at=now):
        lines = [
            {"resourceType": "Slot", "id": name, "status": status,
             "meta": {"lastUpdated": at.isoformat()},
             "schedule": {"reference": f"Schedule/{day.schedule.external_id}"},
             "start": f"2026-12-{date:02}T{hour:02}:00:00+00:00",
             "end": f"2026-12-{date:02}T{hour:02}:30:00+00:00"}
            for name, date, hour in times
        ]  # fmt: skip
        report = import_lines("RTX", enumerate((json.dumps(one).encode() for one in lines), 1),
                              now=at)  # fmt: skip
        assert not report.refusals

    return feed


def is_on_sale(name):
    free_at = Slot.objects.get(external_id=name).free_at
    assert free_at is not None
    return free_at < FROZEN


def end_early(day, clinic):
    confirming.say_back(clinic, now=day.now, actor=LEAD)
    day.work()
    clinic.refresh_from_db()
    assert clinic.state == "over"


def test_a_time_that_its_feed_brings_later_is_off_sale_at_once(day, holiday, feed, jane, now):
    day.say(holiday)

    feed(("in", 9, 10), ("out", 10, 10))

    assert [is_on_sale("in"), is_on_sale("out")] == [False, True]
    with pytest.raises(holds.SlotTaken):
        holds.hold(jane, Slot.objects.get(external_id="in").pk, now=now)
    day.work()
    assert [is_on_sale("in"), is_on_sale("out")] == [False, True]


def test_it_is_off_sale_too_where_its_feed_takes_it_back_and_names_it_again(
    day, holiday, feed, now
):
    feed(("in", 9, 10))
    day.say(holiday)

    feed(("in", 9, 10), status="busy", at=now + timedelta(minutes=1))
    feed(("in", 9, 10), at=now + timedelta(minutes=2))

    assert not is_on_sale("in")


@pytest.mark.parametrize("is_worked_on", [False, True])
def test_ending_it_early_puts_its_times_on_sale(day, holiday, feed, is_worked_on):
    clinic = day.say(holiday)
    feed(("in", 9, 10))
    if is_worked_on:
        day.work()

    end_early(day, clinic)

    assert is_on_sale("in")


def test_a_time_that_its_trust_moves_out_of_it_is_on_sale(day, holiday, feed, now):
    feed(("in", 9, 10))
    day.say(holiday)

    feed(("in", 10, 10), at=now + timedelta(minutes=1))
    day.work()

    assert is_on_sale("in")


def test_one_kind_of_scan_is_closed_and_the_others_go_on(day, holiday, make_slot):
    mri, ct = make_slot(day=15, hour=9), make_slot(day=15, hour=9, modality="CT")

    day.say(replace(holiday, modality="CT"))

    found = dict(Slot.objects.values_list("pk", "free_at"))
    assert (found[mri.pk] < FROZEN, found[ct.pk]) == (True, FROZEN)


def test_a_time_that_runs_into_it_is_closed_and_one_that_ends_before_is_not(day, holiday, feed):
    feed(("before", 9, 9), ("into", 9, 10), ("after", 9, 12))
    begins = holiday.begins + timedelta(hours=10, minutes=15)

    day.say(replace(holiday, begins=begins, ends=begins + timedelta(minutes=105)))
    feed(("later", 9, 10))

    on_sale = {name for name in ("before", "into", "after", "later") if is_on_sale(name)}
    assert on_sale == {"before", "after"}


def test_what_two_closures_share_stays_closed_when_one_ends(day, holiday, feed, book_on):
    feed(("both", 9, 10), ("first", 9, 16))
    jane = book_on(Slot.objects.get(external_id="both"))
    first = day.say(holiday)
    second = day.say(replace(holiday, ends=holiday.begins + timedelta(hours=12), reason="power",
                             begins=holiday.begins - timedelta(days=1)))  # fmt: skip

    end_early(day, first)

    assert is_on_sale("first")
    person = LostPerson.objects.get(referral=jane)
    assert (person.clinic, person.state in LostPerson.OPEN) == (second, True)
    end_early(day, second)
    assert Appointment.objects.get().status == "booked"
    assert LostPerson.objects.get(referral=jane).state == "kept"


def test_what_is_over_or_closed_already_is_not_closed_again(day, holiday, now):
    day.say(holiday)
    over = replace(holiday, begins=now - timedelta(hours=2), ends=now - timedelta(hours=1))

    for nothing in (over, replace(holiday, modality="MR", reason="power")):
        with pytest.raises(freezing.NothingToLose):
            day.say(nothing)
    day.say(replace(holiday, ends=holiday.ends + timedelta(days=1)))
    assert LostClinic.objects.count() == 2


@racing.only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_feed_that_names_it_in_the_same_second_brings_nothing_on_sale(day, holiday, feed):
    racing.at_once(lambda: feed(("in", 9, 10)), lambda: day.say(holiday))
    day.work()

    assert not is_on_sale("in")
