"""What pages say to who comes by bus, train or on foot of a time. Never that a bus will come."""

from datetime import date, datetime, time, timedelta

from booking.pages.filters import IN_BAND, say_minutes
from sites.travel.way_home import NoWayHome, Snag
from times.london import LONDON, say_time

SHORT = {
    Snag.NO_SERVICE: "no bus or train",
    Snag.NONE_HOME: "no bus or train home",
    Snag.TOO_LATE: "no bus or train home",
}
"""On a time's button, after the time."""


def say_snag(snag: NoWayHome) -> str:
    """Return a few words for the button of a time that has a snag."""
    return SHORT[snag.snag]


def say_no_way_home(snag: NoWayHome) -> str:
    """Return what is said of one time: "The last bus or train home goes at 7:10pm. This scan ends
    at 7:30pm."
    """
    if snag.snag == Snag.NO_SERVICE:
        return f"We found no bus or train to this place {IN_BAND[snag.band]}."
    if snag.snag == Snag.NONE_HOME:
        return f"We found no bus or train home from this place {IN_BAND[snag.band]}."
    last, ends = _say_clock(snag.last_home), _say_clock(snag.ends)
    said = f"The last bus or train home goes at {last}. This scan ends at {ends}"
    if snag.ends < snag.last_home:
        return f"{said}, and the walk to it may take {say_minutes(snag.walk)}."
    return f"{said}."


def _say_clock(minutes: int) -> str:
    """Return what a clock shows so many minutes after a midnight: 1510 is 1:10am."""
    midnight = datetime.combine(date(2026, 1, 1), time(), LONDON)
    return say_time(midnight + timedelta(minutes=minutes % (24 * 60)))
