"""Whether somebody without a car can come to a time and get home from it, by the timetable.

It is said, never refused: somebody may give them a lift. It never says that a bus comes.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sites.travel.bands import Band, band_of, minutes_into_day, service_day
from sites.travel.journey import Journey


class Snag(StrEnum):
    """What stands in the way."""

    NO_SERVICE = "no_service"
    """No journey there was found in that band of the week, as on Sundays."""
    NONE_HOME = "none_home"
    """There is a way there, and none home."""
    TOO_LATE = "too_late"
    """The last bus or train home goes before the scan ends, or too soon after it to walk there."""


class NoWayHome(NamedTuple):
    """What stands in the way of a time in a band of the week.

    Of TOO_LATE also when the last one goes and when the scan ends, in minutes after the day's
    midnight, and the minutes on foot that are counted to get to it.
    """

    snag: Snag
    band: Band
    last_home: int = 0
    ends: int = 0
    walk: int = 0


def no_way_home(journey: Journey | None, start: datetime, end: datetime) -> NoWayHome | None:
    """Return what stands in the way of a time at the end of a journey; None if nothing is known.

    Of a place that no journey was found to at all the place itself says so, not each time. To get
    to the stop, all that the way there has on foot is counted: where is not known.
    """
    if journey is None or not journey.rides:
        return None
    band, ends = band_of(start), minutes_into_day(end, service_day(start))
    ride = next((one for one in journey.rides if one.band == band), None)
    if ride is None:
        return NoWayHome(Snag.NO_SERVICE, band)
    if ride.last_home is None:
        return NoWayHome(Snag.NONE_HOME, band)
    if ends + ride.walk > ride.last_home:
        return NoWayHome(Snag.TOO_LATE, band, ride.last_home, ends, ride.walk)
    return None
