"""Until when an offer can be answered: England's wall clock, nobody is woken for it.

Pure: every time is passed in, aware; answers are UTC.
"""

from datetime import UTC, datetime, time, timedelta

from times.london import LONDON

LONGEST = timedelta(hours=24)
SHORTEST = timedelta(hours=1)
OPENS, CLOSES = time(8), time(20)
"""No deadline falls between 8pm and 8am: nobody should have to look at their phone at night."""


def until_of(now: datetime, slot_start: datetime, longest: timedelta = LONGEST) -> datetime:
    """Return until when somebody can answer who is asked now about a time that starts then.

    The smaller of `longest` and half the time until it starts; one that falls into the night is
    moved to 8pm before it, or, where that is less than an hour from now, to 8am after it if the
    time starts later than that. It is never less than an hour, but for a time that starts sooner.
    """
    half = (slot_start - now) / 2
    until = now + max(min(longest, half), SHORTEST)
    return min(_by_day(until, now, slot_start), slot_start).astimezone(UTC)


def _by_day(until: datetime, now: datetime, slot_start: datetime) -> datetime:
    """Return the moment, or the evening before it or the morning after it if it is at night."""
    local = until.astimezone(LONDON)
    if OPENS <= local.time() <= CLOSES:
        return until
    evening_day = local.date() - timedelta(days=local.time() < OPENS)
    evening = datetime.combine(evening_day, CLOSES, LONDON).astimezone(UTC)
    if evening - now >= SHORTEST:
        return evening
    morning_day = evening_day + timedelta(days=1)
    morning = datetime.combine(morning_day, OPENS, LONDON).astimezone(UTC)
    return morning if morning < slot_start else until
