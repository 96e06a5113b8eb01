"""By when somebody must say whether they take a sooner time. All moments aware, UTC.

Short deadlines count only the hours in which texts go (8am to 8pm in England): who is asked at
7:30pm for an hour has until 8:30am. A deadline of a day is the same clock time on the next one.
"""

from datetime import UTC, datetime, time, timedelta

from notifications import timing
from notifications.models import Kind
from times.london import LONDON

FAR, NEAR = timedelta(days=7), timedelta(days=2)
"""How long before its start a time is far off; and how long before it three are asked at once."""
HOURS_BETWEEN, HOURS_NEAR = timedelta(hours=4), timedelta(hours=1)


def may_ask(now: datetime) -> bool:
    """Return whether a text that offers a time may go now."""
    return timing.may_go(Kind.OFFER, None, now)


def is_near(start: datetime, now: datetime) -> bool:
    """Return whether a time is so near that several are asked about it at once."""
    return start - now < NEAR


def answer_by(start: datetime, now: datetime) -> datetime:
    """Return by when somebody who is asked now about a time must have answered."""
    if start - now >= FAR:
        local = now.astimezone(LONDON)
        return (local + timedelta(days=1)).astimezone(UTC)
    return _open_hours_later(now, HOURS_NEAR if is_near(start, now) else HOURS_BETWEEN)


def _open_hours_later(now: datetime, left: timedelta) -> datetime:
    """Return when so many of the hours in which texts go have passed."""
    moment = now
    while True:
        day = moment.astimezone(LONDON).date()
        opens, closes = (
            datetime.combine(day, hour, LONDON).astimezone(UTC)
            for hour in (timing.OPENS, timing.CLOSES)
        )
        moment = max(moment, opens)
        if moment + left < closes:
            return moment + left
        left -= max(timedelta(0), closes - moment)
        moment = datetime.combine(day + timedelta(days=1), time(0), LONDON).astimezone(UTC)
