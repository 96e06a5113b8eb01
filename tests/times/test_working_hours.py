"""Hours of a team: the worked examples, bank holidays and the clock change."""

from datetime import datetime, timedelta

import pytest

from times.london import LONDON
from times.working_hours import A_WORKING_DAY, after_working_time, end_of_day


def london(*parts):
    return datetime(*parts, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("moment", "hours", "ends"),
    [
        (london(2026, 10, 1, 16, 50), 2, london(2026, 10, 2, 8, 50)),
        (london(2026, 10, 2, 17, 30), 2, london(2026, 10, 5, 9, 30)),
        (london(2026, 12, 24, 17, 0), 2, london(2026, 12, 29, 9, 0)),
        (london(2026, 10, 1, 16, 0), 2, london(2026, 10, 1, 18, 0)),
        (london(2026, 10, 1, 18, 0), 2, london(2026, 10, 2, 10, 0)),
        (london(2026, 10, 1, 2, 0), 2, london(2026, 10, 1, 10, 0)),
        (london(2026, 10, 3, 12, 0), 2, london(2026, 10, 5, 10, 0)),
        (london(2026, 10, 1, 16, 50), 10, london(2026, 10, 2, 16, 50)),
        (london(2026, 10, 2, 17, 30), 10, london(2026, 10, 5, 17, 30)),
        (london(2026, 10, 3, 12, 0), 10, london(2026, 10, 5, 18, 0)),
        # The clocks go back on Sunday 25 October: Monday at 9:30 is 9:30 by the new clock.
        (london(2026, 10, 23, 17, 30), 2, london(2026, 10, 26, 9, 30)),
        (london(2026, 3, 27, 17, 30), 2, london(2026, 3, 30, 9, 30)),
    ],
)
def test_time_at_work(moment, hours, ends):
    assert after_working_time(moment, timedelta(hours=hours)) == ends


def test_the_hours_after_the_clock_change_are_the_new_clocks():
    ends = after_working_time(london(2026, 10, 23, 17, 30), timedelta(hours=2))

    assert ends.utcoffset() == timedelta(0)
    assert ends.isoformat() == "2026-10-26T09:30:00+00:00"


def test_a_working_day_is_its_ten_hours():
    assert timedelta(hours=10) == A_WORKING_DAY


def test_a_day_ends_by_the_clock_of_that_day():
    assert end_of_day(london(2026, 10, 29).date()).isoformat() == "2026-10-29T23:59:59+00:00"
    assert end_of_day(london(2026, 10, 1).date()).isoformat() == "2026-10-01T22:59:59+00:00"
