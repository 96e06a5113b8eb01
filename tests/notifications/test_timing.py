from datetime import UTC, date, datetime, timedelta

import pytest

from notifications import timing
from notifications.models import ANSWERS
from notifications.timing import (
    is_quiet,
    may_go,
    outside_quiet_hours,
    reminder_times,
)
from times.bank_holidays import is_bank_holiday
from times.london import LONDON, day_in_england

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def london(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON)


def test_reminders_are_due_seven_and_two_days_before_at_the_same_time():
    start = london(2026, 12, 9, 14, 30)
    assert reminder_times(start, LONG_AGO) == [
        ("reminder_7_days", london(2026, 12, 2, 14, 30), start - timedelta(hours=2)),
        ("reminder_2_days", london(2026, 12, 7, 14, 30), start - timedelta(hours=2)),
    ]


def test_the_wall_clock_time_holds_when_the_clocks_go_forward():
    (_, due_at, _) = reminder_times(london(2027, 3, 29, 9, 0), LONG_AGO)[1]
    assert due_at == datetime(2027, 3, 27, 9, 0, tzinfo=UTC)  # 47 hours before


def test_the_wall_clock_time_holds_when_the_clocks_go_back():
    (_, due_at, _) = reminder_times(london(2026, 10, 26, 9, 0), LONG_AGO)[1]
    assert due_at == datetime(2026, 10, 24, 8, 0, tzinfo=UTC)  # 49 hours before


def test_two_hours_before_the_start_are_real_hours_on_the_night_the_clocks_change():
    (_, _, not_after) = reminder_times(london(2026, 10, 25, 3, 0), LONG_AGO)[1]
    assert not_after == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


def test_a_reminder_due_at_night_waits_for_the_morning():
    (_, due_at, _) = reminder_times(london(2026, 12, 9, 20, 30), LONG_AGO)[1]
    assert due_at == london(2026, 12, 8, 8, 0)


def test_a_reminder_due_before_opening_waits_for_eight_oclock_the_same_day():
    (_, due_at, _) = reminder_times(london(2026, 12, 9, 7, 15), LONG_AGO)[1]
    assert due_at == london(2026, 12, 7, 8, 0)


def test_a_reminder_due_as_quiet_hours_begin_waits_for_the_next_morning():
    eight_pm, late = london(2026, 12, 8, 20, 0), london(2026, 12, 12, 12, 0)
    assert outside_quiet_hours(eight_pm, late) == london(2026, 12, 9, 8, 0)


def test_a_text_of_no_use_from_the_opening_on_goes_the_evening_before():
    opening = london(2026, 12, 9, 8, 0)
    assert outside_quiet_hours(london(2026, 12, 9, 6, 0), opening) == london(2026, 12, 8, 18, 0)
    later = opening + timedelta(minutes=1)
    assert outside_quiet_hours(london(2026, 12, 9, 6, 0), later) == opening


def test_a_text_for_which_the_morning_is_too_late_goes_the_evening_before():
    six_pm = london(2026, 12, 8, 18, 0)
    not_after = london(2026, 12, 9, 7, 0)
    assert outside_quiet_hours(london(2026, 12, 9, 6, 0), not_after) == six_pm
    assert outside_quiet_hours(london(2026, 12, 8, 21, 0), not_after) == six_pm


def test_quiet_hours_begin_at_eight_in_the_evening_and_end_at_eight_in_the_morning():
    assert not is_quiet(london(2026, 12, 8, 19, 59))
    assert is_quiet(london(2026, 12, 8, 20, 0))
    assert is_quiet(london(2026, 12, 8, 7, 59))
    assert not is_quiet(london(2026, 12, 8, 8, 0))
    assert is_quiet(datetime(2026, 7, 1, 19, 30, tzinfo=UTC))  # half past eight in London


def test_a_reminder_already_past_when_the_patient_books_is_skipped():
    start = london(2026, 12, 9, 14, 30)
    booked_at = start - timedelta(days=4)
    assert [kind for kind, _, _ in reminder_times(start, booked_at)] == ["reminder_2_days"]


def test_a_reminder_within_a_day_of_booking_is_skipped():
    start = london(2026, 12, 9, 14, 30)
    assert reminder_times(start, start - timedelta(days=3)) == []
    assert len(reminder_times(start, start - timedelta(days=3, minutes=1))) == 1


def test_an_appointment_tomorrow_has_no_reminder():
    start = london(2026, 12, 9, 14, 30)
    assert reminder_times(start, start - timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("hour", "kind", "may"),
    [
        (6, "displaced", False),
        (7, "displaced", True),
        (7, "reminder_2_days", False),
        (21, "displaced", True),
        (21, "offer", False),
        (21, "changed", True),
        (22, "displaced", False),
        (23, "answer", True),
        (23, "confirmation", True),
        (12, "offer", True),
    ],
)
def test_news_about_today_has_longer_hours_and_answers_have_all(hour, kind, may):
    moment = london(2026, 12, 9, hour, 0)
    assert may_go(kind, date(2026, 12, 9), moment) is may


def test_news_about_another_day_keeps_to_quiet_hours():
    assert not may_go("displaced", date(2026, 12, 10), london(2026, 12, 9, 21, 0))
    assert may_go("displaced", date(2026, 12, 10), london(2026, 12, 10, 7, 0))


def test_today_is_todays_day_in_england_and_not_in_greenwich():
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # half past midnight on the 2nd
    assert day_in_england(late) == date(2026, 7, 2)


@pytest.mark.parametrize(
    ("day", "is_one"),
    [
        (date(2026, 12, 25), True),
        (date(2026, 12, 28), True),  # for Boxing Day on a Saturday
        (date(2026, 8, 31), True),
        (date(2026, 8, 3), False),  # Scotland's
        (date(2026, 3, 17), False),  # Northern Ireland's
        (date(2027, 3, 29), True),  # Easter Monday, the day after the clocks change
        (date(2026, 12, 24), False),
    ],
)
def test_bank_holidays_are_englands(day, is_one):
    assert is_bank_holiday(day) is is_one


def test_on_a_bank_holiday_what_can_wait_waits_and_the_rest_goes():
    noon = london(2026, 12, 25, 12, 0)
    assert not may_go("invitation", None, noon)
    assert not may_go("offer", None, noon)
    assert may_go("reminder_2_days", None, noon)
    assert may_go("displaced", date(2027, 1, 4), noon)
    assert may_go("answer", None, noon)


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2027, 3, 28)])
def test_quiet_hours_are_wall_clock_hours_on_the_days_when_clocks_change(day):
    for hour, quiet in ((7, True), (8, False), (19, False), (20, True)):
        moment = datetime.combine(day, datetime.min.time(), LONDON).replace(hour=hour)
        assert is_quiet(moment.astimezone(UTC)) is quiet


EIGHT = datetime(2026, 11, 26, 8, tzinfo=UTC)
"""Thursday, 8am: the morning after NIGHT."""


@pytest.mark.parametrize("kind", timing.DO_NOT_COME)
@pytest.mark.parametrize(
    ("lost", "starts", "goes"),
    [
        ("2026-11-25T20:05", "2026-11-26T08:00", "2026-11-25T20:05"),  # at once, not at 7am
        ("2026-11-25T21:59", "2026-11-26T09:59", "2026-11-25T21:59"),
        ("2026-11-25T20:05", "2026-11-26T10:00", "2026-11-26T07:00"),  # 7am is soon enough
        ("2026-11-25T22:00", "2026-11-26T08:00", "2026-11-26T05:00:01"),  # nobody is woken at 10pm
        ("2026-11-26T03:00", "2026-11-26T08:00", "2026-11-26T05:00:01"),
        ("2026-11-26T06:00", "2026-11-26T08:00", "2026-11-26T06:00"),
        ("2026-11-25T22:00", "2026-11-26T11:00", "2026-11-26T07:00"),
        ("2026-11-25T23:30", "2026-11-26T02:00", "2026-11-25T23:30"),
        ("2026-11-25T20:05", "2026-11-27T08:00", "2026-11-26T08:00"),  # the day after: as ever
        ("2026-11-26T20:05", "2026-11-26T19:00", "2026-11-26T20:05"),  # over, but of that day
    ],
)
def test_news_that_would_come_too_late_by_morning_goes_before(kind, lost, starts, goes):
    lost, starts, goes = (
        datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (lost, starts, goes)
    )
    opens = timing.first_open(kind, starts.date(), lost, starts)
    assert opens == (lost if kind in ANSWERS else goes)


@pytest.mark.parametrize("kind", ["reminder_2_days", "invitation", "offer", "confirmed"])
def test_no_other_text_goes_at_night_however_soon_it_is(kind):
    night = datetime(2026, 11, 25, 20, 5, tzinfo=UTC)
    assert not timing.may_go(kind, EIGHT.date(), night, EIGHT)


def test_by_the_clock_on_the_wall_in_summer_too():
    evening = datetime(2026, 7, 1, 19, 5, tzinfo=UTC)  # 8:05pm
    assert timing.may_go(
        "displaced", date(2026, 7, 2), evening, datetime(2026, 7, 2, 8, 59, tzinfo=UTC)
    )
    assert not timing.may_go(
        "displaced", date(2026, 7, 2), evening, datetime(2026, 7, 2, 9, tzinfo=UTC)
    )
