"""Until when an offer can be answered: England's wall clock, nobody is woken for it.

Pure: every time is passed in, aware; answers are UTC.
"""

from datetime import UTC, date, datetime, time, timedelta

from times.london import LONDON

LONGEST = timedelta(hours=24)
SHORTEST = timedelta(hours=1)
OPENS, CLOSES = time(8), time(20)
"""No deadline falls between 8pm and 8am: nobody should have to look at their phone at night."""


def until_of(now: datetime, slot_start: datetime, longest: timedelta = LONGEST) -> datetime:
    """Return until when somebody can answer who is asked now about a time that starts then.

    The smaller of `longest` and half the time until it starts, but an hour at least. Who is asked
    at night is asked at 8am. A deadline that would fall into the night is at 8pm before it, or,
    where that leaves less than an hour, at 8am after it. None is later than the start.
    """
    asked = _when_told(now)
    until = asked + max(min(longest, (slot_start - asked) / 2), SHORTEST)
    return min(_by_day(until, asked, slot_start), slot_start).astimezone(UTC)


def _when_told(now: datetime) -> datetime:
    """Return now by day, at night when it opens."""
    local = now.astimezone(LONDON)
    if OPENS <= local.time() < CLOSES:
        return now.astimezone(UTC)
    return _at(local.date() + timedelta(days=local.time() >= CLOSES), OPENS)


def _by_day(until: datetime, asked: datetime, slot_start: datetime) -> datetime:
    """Return the moment; at night the evening before it, or the morning after it."""
    local = until.astimezone(LONDON)
    if OPENS <= local.time() <= CLOSES:
        return until
    evening_day = local.date() - timedelta(days=local.time() < OPENS)
    evening, morning = _at(evening_day, CLOSES), _at(evening_day + timedelta(days=1), OPENS)
    if evening - asked >= SHORTEST:
        return evening
    return morning if morning < slot_start else until


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, LONDON).astimezone(UTC)
