"""By when a person has seen to an answer: in working days, from 9 to 17 in England."""

from datetime import datetime, time, timedelta

from booking.exams.questions.question import Due
from booking.models import Referral
from times.london import LONDON
from times.working_days import DAY_ENDS, after_working_days, end_of_working_day_before

LAST_CALL = time(16)
"""When a call on the same day can still be asked for."""
NEXT_MORNING = time(12)


def phone_by(due: Due, referral: Referral, now: datetime) -> datetime:
    """Return by when a person phones a patient whom an answer stopped now.

    Within the working days of the file. Suspected cancer: the same day; after 16:00 by noon of the
    next, whatever day that is, as every row of such a referral presses.
    """
    if referral.urgency != Referral.Urgency.SUSPECTED_CANCER:
        return after_working_days(now, due.stop)
    local = now.astimezone(LONDON)
    if local.time() < LAST_CALL:
        return datetime.combine(local.date(), DAY_ENDS, LONDON)
    return datetime.combine(local.date() + timedelta(days=1), NEXT_MORNING, LONDON)


def last_check(due: Due, start: datetime) -> datetime:
    """Return the last moment at which a person can still check before the day of a scan."""
    return end_of_working_day_before(start, due.before)


def check_by(due: Due, start: datetime, now: datetime) -> datetime:
    """Return by when a person checks the answers for a scan that was booked now."""
    return min(after_working_days(now, due.hold), last_check(due, start))
