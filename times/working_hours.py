"""Hours in which a team is at work: Monday to Friday, 8:00 to 18:00, no bank holidays of England.

By England's own clock; what comes out is aware, UTC.
"""

from datetime import UTC, date, datetime, time, timedelta

from times.london import LONDON
from times.working_days import is_working_day

OPENS, CLOSES = time(8), time(18)
A_WORKING_DAY = timedelta(hours=10)


def after_working_time(moment: datetime, span: timedelta) -> datetime:
    """Return when a team has been at work for so long since a moment.

    What is asked before or after hours counts from the next opening.
    """
    local = moment.astimezone(LONDON)
    day, begins = local.date(), max(local.time().replace(tzinfo=None), OPENS)
    if not is_working_day(day) or begins >= CLOSES:
        day, begins = _next(day), OPENS
    while span > (left := _between(begins, CLOSES)):
        day, begins, span = _next(day), OPENS, span - left
    # By the wall clock: clocks change on Sundays at night, when nobody is at work.
    ends = datetime.combine(day, begins) + span
    return ends.replace(tzinfo=LONDON).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the last second of a day in England."""
    return datetime.combine(day, time(23, 59, 59), LONDON).astimezone(UTC)


def _next(day: date) -> date:
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def _between(begins: time, ends: time) -> timedelta:
    return datetime.combine(date.min, ends) - datetime.combine(date.min, begins)
