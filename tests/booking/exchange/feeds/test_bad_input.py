"""What trusts' systems get wrong: each is refused by name, or taken for what it must mean."""

from datetime import timedelta

import pytest

from booking.models import Appointment, Schedule, Slot
from sites.models import Trust
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.booking.exchange.feeds.test_import import book
from times.london import say_time


def refusal(report):
    assert report.refused == 1
    return report.refusals[0]


def test_a_slot_on_another_trusts_schedule_is_forbidden(push, fed, furness):
    Trust.objects.create(code="RXL", name="Blackpool")

    report = push(fed(), trust="RXL")

    assert refusal(report).code == "forbidden"
    assert "another trust" in refusal(report).what
    assert not Slot.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start": "2026-12-02T14:00:00"}, "offset"),
        ({"end": "2026-12-02T13:59:00Z"}, "after start"),
        ({"end": "2026-12-03T15:00:00Z"}, "24 hours"),
        ({"capacity": 0}, "1 to 100"),
        ({"capacity": -1}, "1 to 100"),
        ({"capacity": 10**9}, "1 to 100"),
        ({"capacity": 10**30}, "1 to 100"),
        ({"stamp": "2026-11-25T10:00:00Z"}, "ahead of our clock"),
        ({"status": "Free"}, "status"),
        ({"schedule": {"reference": "Schedule/nowhere"}}, "send this Schedule first"),
    ],
)
def test_a_slot_that_makes_no_sense_is_refused_and_its_neighbour_is_in(push, fed, changes, said):
    report = push(fed(name="bad", **changes), fed(name="good", hour=16))

    assert refusal(report).item == "Slot/bad"
    assert said in refusal(report).what
    assert Slot.objects.get().external_id == "good"


@pytest.mark.parametrize("ahead", [timedelta(minutes=9), timedelta(days=-400)])
def test_a_clock_that_is_a_little_ahead_or_far_behind_is_believed(push, fed, now, ahead):
    assert push(fed(stamp=(now + ahead).isoformat())).created == 1


def test_a_clock_a_day_ahead_never_freezes_a_slot(push, fed, now):
    push(fed())

    push(fed(stamp=(now + timedelta(days=1)).isoformat(), status="busy"))
    push(fed(stamp=(now - timedelta(hours=1)).isoformat(), status="busy-unavailable"))

    assert Slot.objects.get().status == "busy-unavailable"


def test_of_two_lines_about_one_slot_the_newer_counts_and_of_equals_the_later(push, fed):
    push(fed(name="a", stamp="2026-11-22T03:00:00Z", status="busy"), fed(name="a"))
    push(fed(name="b", hour=15), fed(name="b", hour=15, status="busy"))

    assert set(Slot.objects.values_list("external_id", "status")) == {("a", "busy"), ("b", "busy")}


def test_a_schedule_that_changes_modality_under_booked_slots_is_refused(
    push, fed, furness, jane, now
):
    push(fed())
    book(jane, now)

    report = push(schedule(furness, serviceType=schedule(furness, "CT")["serviceType"]))

    assert refusal(report).code == "conflict"
    assert Schedule.objects.get().modality == "MR"
    assert Appointment.objects.get().status == "booked"


def test_a_schedule_that_moves_takes_its_slots_along_and_tells_who_is_booked(
    push, fed, furness, lancaster, jane, now
):
    push(fed(name="a"), fed(name="b", hour=15))
    book(jane, now)
    elsewhere = [{"reference": f"Location/{lancaster.slug}"}]

    report = push(location(lancaster), schedule(furness, actor=elsewhere))

    assert report.displaced == 1
    assert set(Slot.objects.values_list("site__slug", flat=True)) == {"lancaster"}
    assert Appointment.objects.get().status == "displaced"


def test_the_hour_that_occurs_twice_is_two_times(push, furness):
    """25 October 2026: 2am in summer time is 1am again."""
    push(location(furness), schedule(furness))

    push(
        slot(furness, "summer", start="2026-10-25T01:30:00+01:00", end="2026-10-25T01:45:00+01:00"),
        slot(furness, "winter", start="2026-10-25T01:30:00+00:00", end="2026-10-25T01:45:00+00:00"),
        slot(furness, "across", start="2026-10-25T01:45:00+01:00", end="2026-10-25T01:15:00+00:00"),
    )

    starts = dict(Slot.objects.values_list("external_id", "start"))
    assert starts["winter"] - starts["summer"] == timedelta(hours=1)
    assert len(starts) == 3


def test_the_hour_that_does_not_exist_is_the_moment_that_its_offset_says(push, furness):
    """28 March 2027: 1am in winter time is 2am in summer time."""
    push(location(furness), schedule(furness))

    push(slot(furness, start="2027-03-28T01:30:00+00:00", end="2027-03-28T02:00:00Z"))

    assert say_time(Slot.objects.get().start) == "2:30am"


@pytest.mark.parametrize(
    "line",
    [
        b'{"resourceType": "Slot", "id": "x", "start": NaN}',
        b'{"resourceType": "Slot", "id": "x", "extension": [{"url": "u", "valueInteger": NaN}]}',
        b'{"resourceType": "Slot", "id": "\xff"}',
        b'{"resourceType": "Slot", "id": "x", "extension": ' + b"[" * 30_000,
        b'{"a":' * 10_000,
        b'{"resourceType": "Slot", "id": "x\\u0000"}',
    ],
)
def test_nonsense_is_one_refused_line(push, fed, line):
    report = push(line, fed())

    assert (report.refused, report.created) == (1, 1)


@pytest.mark.parametrize(
    "where",
    [
        {"schedule": {"reference": "Schedule/a\0b"}},
        {"status": "fr\0ee"},
        {"extension": [{"url": "a\0b"}]},
    ],
    ids=["schedule", "status", "extension"],
)
def test_a_nul_character_loses_only_its_own_line(push, fed, where):
    report = push(fed(name="bad", **where), fed(name="good"))

    assert (report.created, report.refused) == (1, 1)
    assert report.refusals[0].line == 1
