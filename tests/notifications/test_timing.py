from datetime import UTC, datetime, timedelta

from notifications.timing import is_quiet, outside_quiet_hours, reminder_times
from notifications.wording.dates import LONDON

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
