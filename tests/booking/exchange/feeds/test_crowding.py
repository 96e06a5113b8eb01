"""Times that stand on one another, and days with more places than machines have."""

import json

import pytest

from booking.appointments import booking, holds
from booking.exams import overlaps
from booking.exchange.feeds.importer import import_lines
from booking.models import Schedule, Slot

DAY = "2026-12-02T"


def at(start, end):
    return {"start": f"{DAY}{start}:00Z", "end": f"{DAY}{end}:00Z"}


@pytest.mark.parametrize(
    ("times", "count"),
    [
        ([("09:00", "09:30"), ("09:30", "10:00")], 0),
        ([("09:00", "09:30"), ("09:15", "09:45")], 1),
        ([("09:00", "12:00"), ("09:15", "09:30"), ("10:00", "10:30")], 2),
        ([("09:00", "09:30"), ("09:00", "10:00")], 1),
        ([("09:00", "09:30"), ("09:00", "09:30")], 1),
    ],
    ids=["in turn", "half", "two in a long one", "one start, two lengths", "the same"],
)
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("apart", [False, True], ids=["one body", "one by one"])
def test_times_of_a_schedule_that_overlap_are_said(push, fed, times, count, order, apart):
    slots = [fed(name=f"s{n}", **at(*one)) for n, one in enumerate(times)][::order]

    reports = [push(one) for one in slots] if apart else [push(*slots)]

    assert sum(report.overlapping for report in reports) >= count
    assert any(report.overlapping for report in reports) == bool(count)
    said = " ".join(one for report in reports for one in report.crowded)
    assert ("Schedule/furness-MR" in said) == bool(count)
    assert Slot.objects.count() == len(times), "said, and kept"


@pytest.mark.parametrize("times", [("09:15", "09:45"), ("09:00", "09:30")], ids=["half", "same"])
def test_a_time_that_comes_on_top_of_a_booked_one_is_offered_to_nobody(push, fed, jane, now, times):
    push(fed(name="a", **at("09:00", "09:30")))
    slot = Slot.objects.get()
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")
    assert not Schedule.objects.get().overlaps

    push(fed(name="b", **at(*times)))

    free = Slot.objects.filter(free_at__lte=now)
    assert [one.external_id for one in free] == ["b"]
    assert not overlaps.without_blocked(free, now=now).exists()


def test_sending_them_again_says_it_again(push, fed):
    slots = [fed(name="a", **at("09:00", "09:30")), fed(name="b", **at("09:10", "09:40"))]
    push(*slots)

    assert push(*slots).overlapping == 1


@pytest.mark.parametrize("status", ["busy-unavailable", "entered-in-error"])
def test_what_is_not_on_sale_overlaps_nothing(push, fed, status):
    lunch = fed(name="lunch", status=status, **at("09:15", "10:00"))

    assert push(fed(name="a", **at("09:00", "09:30")), lunch).overlapping == 0


@pytest.mark.parametrize(("end", "said"), [("09:00:59", "a minute"), ("09:01:00", "")])
def test_a_slot_is_at_least_a_minute(push, fed, end, said):
    report = push(fed(start=f"{DAY}09:00:00Z", end=f"{DAY}{end}Z"))

    assert report.created == (not said)
    assert said in "".join(refusal.what for refusal in report.refusals)


def test_a_session_with_many_places_is_kept_and_said(push, fed):
    report = push(fed(name="clinic", capacity=100, **at("09:00", "18:00")))

    assert (report.created, Slot.objects.count()) == (1, 100)
    assert "Slot/clinic" in report.crowded[0]
    assert not push(fed(name="scan", capacity=2, hour=20)).crowded


@pytest.fixture
def at_most_500(monkeypatch):
    monkeypatch.setattr("booking.exchange.feeds.crowding.MAX_SEATS_A_DAY", 500)


@pytest.mark.parametrize("apart", [False, True], ids=["one body", "one by one"])
def test_a_day_of_a_schedule_has_so_many_places_and_no_more(
    push, fed, trust, now, apart, at_most_500
):
    """300 nine-hour slots of 100 places were 30,000 rows."""
    slots = [fed(name=f"s{n}", capacity=100, **at("09:00", "18:00")) for n in range(7)]
    slots.append(fed(name="tomorrow", start="2026-12-03T09:00:00Z", end="2026-12-03T09:30:00Z"))

    reports = [push(one) for one in slots] if apart else [push(*slots)]

    assert sum(report.created for report in reports) == 6
    refusals = [refusal for report in reports for refusal in report.refusals]
    assert [refusal.item for refusal in refusals] == ["Slot/s5", "Slot/s6"]
    assert "over 500 places" in refusals[0].what
    assert Slot.objects.count() == 501
    assert push(*slots).unchanged == 6, "what is in stays as it is"
    raw = [json.dumps(one).encode() for one in slots[:-1]]
    assert (
        "Schedule/furness-MR"
        in import_lines(trust.code, enumerate(raw, 1), now=now, replace=True).kept
    )
    assert Slot.objects.exclude(status="withdrawn").count() == 501


def test_more_room_counts_too(push, fed, at_most_500):
    push(*[fed(name=f"s{n}", capacity=100, **at("09:00", "09:30")) for n in range(5)])

    later = {"stamp": "2026-11-21T03:00:00Z", **at("09:00", "09:30")}
    assert push(fed(name="s0", capacity=99, **later)).updated == 1
    assert push(fed(name="s6", **at("10:00", "10:30"))).created == 1
    assert push(fed(name="s7", **at("10:00", "10:30"))).refused == 1


def test_a_slot_that_is_sent_again_or_renumbered_overlaps_nothing(push, fed, now):
    push(fed(name="a", **at("09:00", "09:30")))

    again = push(fed(name="a", stamp="2026-11-21T03:00:00Z", **at("09:00", "09:30")))
    line = json.dumps(fed(name="b", **at("09:00", "09:30"))).encode()
    renumbered = import_lines("RTX", [(1, line)], now=now, replace=True)

    assert (again.overlapping, renumbered.overlapping) == (0, 0)
    assert [one.external_id for one in Slot.objects.all()] == ["b"]


def test_further_places_of_a_schedule_end_somewhere_however_many_days_they_lie_on(
    push, fed, monkeypatch
):
    monkeypatch.setattr("booking.exchange.feeds.crowding.MAX_MORE_SEATS", 250)
    days = [
        {"start": f"2026-12-0{n}T09:00:00Z", "end": f"2026-12-0{n}T18:00:00Z"} for n in range(2, 7)
    ]
    clinics = [fed(name=f"s{n}", capacity=100, **days[n]) for n in range(4)]

    report = push(*clinics, fed(name="alone", **days[4]))

    assert (report.created, report.refused) == (3, 2)
    assert "250 further places by slot-capacity in one body" in report.refusals[0].what
    assert Slot.objects.filter(external_id="alone").exists(), "what is single is no slip"
