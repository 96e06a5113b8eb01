"""Days on which somebody is at the phone: Monday to Friday, 9:00 to 17:00, no bank holidays.

Of England, by its own clock; what comes out is aware, UTC.
"""

from datetime import UTC, date, datetime, time, timedelta

from times.bank_holidays import is_bank_holiday
from times.london import LONDON

DAY_BEGINS, DAY_ENDS = time(9), time(17)
SATURDAY = 5


def is_working_day(day: date) -> bool:
    """Return whether somebody works then: no weekend, no bank holiday of England."""
    return day.weekday() < SATURDAY and not is_bank_holiday(day)


def after_working_days(moment: datetime, days: int) -> datetime:
    """Return the moment so many working days later, while somebody is at the phone.

    What is asked before or after hours counts from the next opening: of a Saturday one working day
    is over when Monday is.
    """
    local = moment.astimezone(LONDON)
    day, clock = local.date(), local.time().replace(tzinfo=None)
    if not is_working_day(day) or clock >= DAY_ENDS:
        day, clock, days = _next(day), DAY_ENDS, days - 1
    for _ in range(days):
        day = _next(day)
    return _at(day, max(DAY_BEGINS, min(clock, DAY_ENDS)))


def end_of_working_day_before(moment: datetime, days: int) -> datetime:
    """Return when the working day ends that is so many working days before that day."""
    day = moment.astimezone(LONDON).date()
    for _ in range(days):
        day -= timedelta(days=1)
        while not is_working_day(day):
            day -= timedelta(days=1)
    return _at(day, DAY_ENDS)


def _next(day: date) -> date:
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, LONDON).astimezone(UTC)
