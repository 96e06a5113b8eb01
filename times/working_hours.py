"""Hours in which a team is at work: Monday to Friday, 8:00 to 18:00, no bank holidays of England.

Another week is passed in where a network says its own. By England's own clock; what comes out is
aware, UTC.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from times.bank_holidays import is_bank_holiday
from times.london import LONDON

Week = Mapping[int, tuple[time, time]]
"""From when to when a team is at work, by the day of the week (0 is Monday); no key, no work."""
MONDAY_TO_FRIDAY: Week = dict.fromkeys(range(5), (time(8), time(18)))
A_WORKING_DAY = timedelta(hours=10)


def after_working_time(
    moment: datetime, span: timedelta, week: Week = MONDAY_TO_FRIDAY
) -> datetime:
    """Return when a team has been at work for so long since a moment.

    What is asked before or after hours counts from the next opening.
    """
    local = moment.astimezone(LONDON)
    day, begins = local.date(), local.time()
    while True:
        opens, closes = hours_of(day, week)
        begins = max(begins, opens)
        if begins < closes:
            left = _between(begins, closes)
            if span <= left:
                # By the wall clock: clocks change on Sundays at night, when nobody is at work.
                return _at(day, (datetime.combine(day, begins) + span).time())
            span -= left
        day, begins = day + timedelta(days=1), time.min


def at_work_by(moment: datetime, week: Week = MONDAY_TO_FRIDAY) -> datetime:
    """Return the moment, or the last one before it at which a team was at work."""
    local = moment.astimezone(LONDON)
    day, clock = local.date(), local.time()
    while True:
        opens, closes = hours_of(day, week)
        if opens < closes and clock >= opens:
            return _at(day, min(clock, closes))
        day, clock = day - timedelta(days=1), time.max


def hours_of(day: date, week: Week = MONDAY_TO_FRIDAY) -> tuple[time, time]:
    """Return from when to when a team is at work on a day: twice midnight if it is not."""
    if is_bank_holiday(day):
        return time.min, time.min
    return week.get(day.weekday(), (time.min, time.min))


def end_of_day(day: date) -> datetime:
    """Return the last second of a day in England."""
    return _at(day, time(23, 59, 59))


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, LONDON).astimezone(UTC)


def _between(begins: time, ends: time) -> timedelta:
    return datetime.combine(date.min, ends) - datetime.combine(date.min, begins)
