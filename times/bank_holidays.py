"""Days when nobody is at the phone: bank holidays of England."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import holidays

from times.london import LONDON


def is_bank_holiday(day: date) -> bool:
    """Return whether a day is a bank holiday of England."""
    return day in _bank_holidays()


def after_bank_holidays(moment: datetime) -> datetime:
    """Return the moment, or the same wall-clock time on the first day that is no bank holiday."""
    local = moment.astimezone(LONDON)
    while is_bank_holiday(local.date()):
        local += timedelta(days=1)
    return local.astimezone(UTC)


@cache
def _bank_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv="ENG")
