"""By when somebody must answer: hours of the day only, whatever the clocks do."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.offers.sooner.hours import answer_by, is_near, may_ask
from times.london import LONDON


def at(day, hour, minute=0, month=11):
    return datetime(2026, month, day, hour, minute, tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("asked", "start", "by"),
    [
        (at(24, 10), at(1, 10, month=12), at(25, 10)),  # 7 days: the same time tomorrow
        (at(24, 10), at(1, 9, month=12), at(24, 14)),  # under 7 days: four hours
        (at(24, 18), at(28, 9), at(25, 10)),  # two of them tonight, two tomorrow
        (at(24, 16), at(28, 9), at(25, 8)),  # at 8pm nobody need answer any more
        (at(24, 10), at(26, 10), at(24, 14)),  # exactly two days is not near
        (at(24, 10), at(26, 9), at(24, 11)),  # near: an hour
        (at(24, 19, 30), at(26, 9), at(25, 8, 30)),
        (at(24, 10, month=10), at(2, 10), at(25, 10, month=10)),  # the clocks go back between
    ],
)
def test_by_when_somebody_must_answer(asked, start, by):
    assert answer_by(start, asked) == by


def test_it_is_near_below_two_days():
    assert is_near(at(26, 9), at(24, 10))
    assert not is_near(at(26, 10), at(24, 10))


def test_nobody_is_asked_at_night_or_on_a_bank_holiday():
    assert may_ask(at(24, 8))
    assert not may_ask(at(24, 7, 59))
    assert not may_ask(at(24, 20))
    assert not may_ask(at(25, 12, month=12))


def test_a_deadline_never_falls_into_the_night():
    moment = at(1, 8, month=10)
    for step in range(0, 60 * 24 * 40, 7):
        now = moment + timedelta(minutes=step)
        if may_ask(now):
            for ahead in (1.5, 3, 9):
                by = answer_by(now + timedelta(days=ahead), now)
                assert by > now
                assert 8 <= by.astimezone(LONDON).hour < 20
