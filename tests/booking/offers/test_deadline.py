"""Until when an offer can be answered, on England's wall clock."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.offers.deadline import until_of
from times.london import LONDON


def at(day, hour, minute=0, month=11):
    return datetime(2026, month, day, hour, minute, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("now", "start", "until"),
    [
        (at(24, 10), at(30, 10), at(25, 10)),  # a day
        (at(24, 10), at(25, 10), at(24, 20)),  # half of it is 10pm: the evening before that
        (at(24, 10), at(24, 16), at(24, 13)),  # half the time
        (at(24, 10), at(24, 11, 30), at(24, 11)),  # an hour at least
        (at(24, 10), at(24, 10, 40), at(24, 10, 40)),  # never later than it starts
        (at(24, 19, 30), at(25, 15), at(25, 8)),  # 8pm would leave half an hour
        (at(24, 23), at(30, 10), at(26, 8)),  # asked at night is asked at 8am
        (at(24, 3), at(24, 18), at(24, 13)),
        (at(24, 20), at(30, 10), at(26, 8)),  # 8pm is night already
        (at(24, 19, 59), at(30, 10), at(25, 19, 59)),
        (at(24, 19), at(25, 10), at(24, 20)),  # 8pm leaves an hour
        (at(24, 19, 30), at(25, 8), at(25, 1, 45)),  # at 8am it starts
        (at(24, 19, 30), at(25, 7), at(25, 1, 15)),  # neither evening nor morning is any use
        # The clocks go back in the night to 25 October, and on to 29 March 2026: 24 hours after
        # 8:30pm of the wall clock is 7:30pm, and would be 9:30pm.
        (at(24, 19, 30, 10), at(30, 10, month=10), at(25, 18, 30, 10)),
        (at(28, 19, 30, 3), at(31, 10, month=3), at(29, 20, 0, 3)),
    ],
)
def test_known_deadlines(now, start, until):
    assert until_of(now, start) == until


def test_a_shorter_life_is_kept():
    assert until_of(at(24, 10), at(30, 10), timedelta(hours=4)) == at(24, 14)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=LONDON)
)


@given(MOMENTS, st.integers(13 * 60, 90 * 24 * 60))
def test_no_deadline_is_at_night_or_leaves_less_than_an_hour(now, minutes):
    start = datetime.fromtimestamp(now.timestamp() + minutes * 60, LONDON)
    until = until_of(now, start)

    local = until.astimezone(LONDON)
    assert now < until <= start
    assert until - now >= timedelta(hours=1) or until == start
    if until != start and start - now > timedelta(hours=25):
        assert 8 * 60 <= local.hour * 60 + local.minute <= 20 * 60
