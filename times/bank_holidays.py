"""Days when nobody is at the phone: bank holidays of England."""

from datetime import date
from functools import cache

import holidays


def is_bank_holiday(day: date) -> bool:
    """Return whether a day is a bank holiday of England."""
    return day in _bank_holidays()


@cache
def _bank_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv="ENG")
