"""Whether a time is later than the day by which the scan should be."""

from datetime import UTC, date, datetime

import pytest

from booking.models import Referral
from booking.waits.targets import later_than_target


@pytest.mark.parametrize(
    ("start", "late"),
    [
        (datetime(2026, 12, 4, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 12, 4, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 5, 0, 0, tzinfo=UTC), True),
    ],
)
def test_a_time_is_late_from_the_day_after_the_target_day(start, late):
    referral = Referral(target_day=date(2026, 12, 4))

    assert later_than_target(referral, start) == (date(2026, 12, 4) if late else None)


def test_the_day_is_englands_and_not_utcs():
    referral = Referral(target_day=date(2026, 7, 4))

    assert later_than_target(referral, datetime(2026, 7, 4, 23, 30, tzinfo=UTC))
