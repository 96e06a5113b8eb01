"""By when a request of suspected cancer is to be acknowledged, booked, scanned and told of."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from booking.models import Referral
from booking.waits.targets import BREACH_DAYS
from times.working_hours import A_WORKING_DAY, after_working_time, end_of_day

TELL_DAYS = BREACH_DAYS[Referral.Urgency.SUSPECTED_CANCER]


class Dates(NamedTuple):
    """The four instants that an alert keeps, whatever happens to it."""

    acknowledge_by: datetime
    book_by: datetime
    scan_by: datetime
    tell_by: datetime


def dates_of(exam: str, *, now: datetime, since: date) -> Dates:
    """Return the dates of an alert that is raised now, whose clock began on the day `since`."""
    days = settings.ALERT_SCAN_DAYS_OF.get(exam, settings.ALERT_SCAN_DAYS)
    return Dates(
        acknowledge_by=after_working_time(now, timedelta(hours=settings.ALERT_ACKNOWLEDGE_HOURS)),
        book_by=after_working_time(now, A_WORKING_DAY * settings.ALERT_BOOK_DAYS),
        scan_by=end_of_day(since + timedelta(days=days)),
        tell_by=end_of_day(since + timedelta(days=TELL_DAYS)),
    )


def book_again_by(book_by: datetime, *, now: datetime) -> datetime:
    """Return until when an acknowledged alert waits to be booked before it opens again.

    Its first date; if that has passed, as long as an acknowledgement may take, so that one that
    is acknowledged late does not open again in the same moment.
    """
    if book_by > now:
        return book_by
    return after_working_time(now, timedelta(hours=settings.ALERT_ACKNOWLEDGE_HOURS))
