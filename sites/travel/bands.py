"""The bands of the week that a timetable tells apart, and which of them a moment falls in.

Days and hours are England's. A day of buses begins at 4am: what runs at 1am belongs to the day
before, whose timetable calls it 25:00.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from times.bank_holidays import is_bank_holiday
from times.london import LONDON

DAY_BEGINS, EVENING_BEGINS = 4, 17
"""O'clock."""


class Band(StrEnum):
    """Hours with about the same buses, as a timetable's file names them."""

    WEEKDAY_DAY = "weekday-day"
    WEEKDAY_EVENING = "weekday-evening"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


BANDS = tuple(Band)
"""In the order of the week: the first that a place has is what a list says."""


def band_of(moment: datetime) -> Band:
    """Return the band of a moment (aware). Bank holidays are as Sundays."""
    day = service_day(moment)
    if day.weekday() == 6 or is_bank_holiday(day):
        return Band.SUNDAY
    if day.weekday() == 5:
        return Band.SATURDAY
    late = minutes_into_day(moment, day) >= EVENING_BEGINS * 60
    return Band.WEEKDAY_EVENING if late else Band.WEEKDAY_DAY


def service_day(moment: datetime) -> date:
    """Return the day whose buses run at a moment."""
    return (_clock(moment) - timedelta(hours=DAY_BEGINS)).date()


def minutes_into_day(moment: datetime, day: date) -> int:
    """Return what the clock shows, in minutes after the midnight with which a day begins."""
    midnight = datetime.combine(day, datetime.min.time())
    return int((_clock(moment) - midnight).total_seconds() // 60)


def _clock(moment: datetime) -> datetime:
    return moment.astimezone(LONDON).replace(tzinfo=None)
