"""A day is counted from the rows as they are; days are added up to months."""

from datetime import date, time, timedelta

import pytest

from insights import building, waits
from insights.measures import SCANS, WAITING
from insights.models import CountedDay, DayFigure, NeedMonth, PersonMonth, PlaceMonth, TrustMonth

MONTHS = (TrustMonth, PlaceMonth, PersonMonth, NeedMonth)
CLOCK_BACK, CLOCK_ON = date(2026, 10, 25), date(2026, 3, 29)


def days_of(counter):
    found = DayFigure.objects.filter(counter=counter).order_by("day").values_list("day", "n")
    return dict(found)


def only(table, counter="scans"):
    (row,) = table.objects.filter(counter=counter)
    return row


def test_a_scan_is_known_by_all_that_is_known_of_it(scan, furness):
    patient = {"born": date(2010, 6, 2), "mobile": "", "needs": ["bsl_interpreter"]}
    scan(date(2026, 6, 1), time(18), waited=41, patient=patient, urgency="urgent")

    building.count_day(date(2026, 6, 1), [SCANS])

    row = only(DayFigure)
    assert (row.trust, row.site, row.modality, row.urgency) == ("RTX", furness.pk, "MR", "urgent")
    assert (row.hours, row.age, row.needs, row.decile) == (1, 1, 1 + 2 + 4, 0)
    assert (row.n, row.total) == (1, 41)


@pytest.mark.parametrize(
    ("day", "clock", "hours"),
    [
        (date(2026, 6, 1), time(7, 59), 1),
        (date(2026, 6, 1), time(8), 0),
        (date(2026, 6, 1), time(17, 59), 0),
        (date(2026, 6, 1), time(18), 1),
        (date(2026, 6, 6), time(19), 2),
        (date(2026, 6, 7), time(10), 2),
        (date(2026, 12, 25), time(19), 3),
        (date(2027, 1, 1), time(10), 3),
    ],
)
def test_evenings_weekends_and_bank_holidays_are_englands(scan, day, clock, hours):
    scan(day, clock)

    building.count_day(day, [SCANS])

    assert only(DayFigure).hours == hours


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (date(2010, 6, 2), 1), (date(2010, 6, 1), 2), (date(1986, 6, 2), 2), (date(1986, 6, 1), 3),
        (date(1966, 6, 1), 4), (date(1951, 6, 2), 4), (date(1951, 6, 1), 5), (date(2027, 1, 1), 0),
    ],
)  # fmt: skip
def test_age_is_that_of_the_day(scan, born, age):
    scan(date(2026, 6, 1), time(9), patient={"born": born})

    building.count_day(date(2026, 6, 1), [SCANS])

    assert only(DayFigure).age == age


@pytest.mark.parametrize("day", [CLOCK_ON, CLOCK_BACK, date(2026, 6, 1), date(2026, 1, 1)])
def test_midnight_is_englands_whatever_the_clock_does(scan, day):
    """The first and the last half hour of a day belong to it, and no minute to two days."""
    for near in (day - timedelta(days=1), day, day + timedelta(days=1)):
        for clock in (time(0), time(1, 30), time(23, 59)):
            scan(near, clock)

    building.count(
        [day - timedelta(days=1), day, day + timedelta(days=1)], [SCANS], today=date(2027, 1, 1)
    )

    assert [sum(r.n for r in DayFigure.objects.filter(day=d)) for d in
            (day - timedelta(days=1), day, day + timedelta(days=1))] == [3, 3, 3]  # fmt: skip


@pytest.mark.parametrize(
    ("waited", "band"), [(0, "00"), (6, "00"), (7, "01"), (41, "05"), (42, "06"), (90, "12"),
                         (91, "13"), (400, "13")],
)  # fmt: skip
def test_bands_are_dm01s(wait, waited, band):
    day = date(2026, 6, 30)
    wait(day - timedelta(days=waited))
    waits.refresh()

    building.count_day(day, [WAITING])

    row = only(DayFigure, "waiting")
    assert (row.group, row.n, row.total) == (band, 1, waited)


def test_who_was_scanned_or_ended_waits_no_more_from_that_day(scan, wait):
    day = date(2026, 6, 10)
    scan(day, time(23))
    scan(day, time(9), status="did_not_attend")
    wait(day - timedelta(days=9), ended_at=building.bounds(day)[1], end_reason="withdrawn")
    wait(day + timedelta(days=1))
    waits.refresh()

    for near in (day - timedelta(days=1), day, day + timedelta(days=1)):
        building.count_day(near, [WAITING])

    counted = {d: sum(r.n for r in DayFigure.objects.filter(day=d)) for d in days_of("waiting")}
    assert list(counted.values()) == [3, 2, 2]


def test_a_month_is_the_sum_of_its_days_and_of_a_stock_its_last_day(scan, wait):
    first, last = date(2026, 6, 1), date(2026, 6, 30)
    for day in (first, first, last):
        scan(day, time(9))
    scan(date(2026, 7, 1), time(9))
    wait(date(2026, 5, 1))
    wait(last)

    building.count([first, date(2026, 6, 15), last, date(2026, 7, 1)], today=date(2026, 7, 2))

    for table in MONTHS:
        june = table.objects.filter(month=first)
        assert sum(row.n for row in june.filter(counter="scans")) == 3
        assert sum(row.total for row in june.filter(counter="scans")) == 60
        assert sum(row.n for row in june.filter(counter="waiting")) == 2 + 1
        assert sum(row.n for row in table.objects.filter(counter="scans")) == 4


def test_counting_again_is_counting_once(scan):
    moved = scan(date(2026, 5, 31), time(23, 30))
    building.count([date(2026, 5, 31)], today=date(2026, 7, 1))
    building.count([date(2026, 5, 31)], today=date(2026, 7, 1))
    assert days_of("scans") == {date(2026, 5, 31): 1}
    assert CountedDay.objects.get(pk=moved.pk).day == date(2026, 5, 31)

    moved.start += timedelta(hours=1)
    moved.save()
    building.count([date(2026, 5, 31), date(2026, 6, 1)], today=date(2026, 7, 1))

    assert days_of("scans") == {date(2026, 6, 1): 1}
    assert CountedDay.objects.get(pk=moved.pk).day == date(2026, 6, 1)
    assert only(TrustMonth).month == date(2026, 6, 1)
