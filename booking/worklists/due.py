"""By when somebody should have seen to a row: in hours at which the team is at work.

Suspected cancer alone counts every hour, at night and on Sundays too: who is on call sees to it.
`now` is passed in, aware, UTC.
"""

from datetime import date, datetime, time, timedelta

from django.conf import settings

from booking.models import Referral, WorklistRow
from booking.waits.targets import breach_day
from times.london import LONDON
from times.working_hours import A_WORKING_DAY, after_working_time, at_work_by

Kind, Urgency = WorklistRow.Kind, Referral.Urgency

AT_ONCE = timedelta(hours=4)
"""How soon somebody should see to a row about suspected cancer, by the clock."""
DUE_WITHIN = {
    Urgency.URGENT: A_WORKING_DAY,
    Urgency.ROUTINE: 2 * A_WORKING_DAY,
    Urgency.PLANNED: 5 * A_WORKING_DAY,
}
"""How much time at work may go by for the others. All four are this network's own aims."""
TO_REBOOK = (Kind.NOT_BOOKED, Kind.DISPLACED, Kind.NOT_REBOOKED)
"""Lists on which somebody is to see that the referral gets a time."""
BEFORE_TRAVELLING = timedelta(hours=4)
"""Who has lost a time is phoned so long before it at the latest: else they would set out."""


def usual_due_at(referral: Referral | None, now: datetime) -> datetime:
    """Return when somebody should have seen to it. What is of no referral counts as urgent."""
    if presses(referral):
        return now + AT_ONCE
    urgency = Urgency(referral.urgency if referral else Urgency.URGENT)
    return after_working_time(now, DUE_WITHIN[urgency], settings.TEAM_HOURS)


def due_of(kind: str, referral: Referral | None, now: datetime) -> datetime:
    """Return when a new row of a list is due: on those to rebook, in time for a time in time."""
    if referral is None or kind not in TO_REBOOK:
        return usual_due_at(referral, now)
    return _in_time(referral, now)


def due_before(referral: Referral, start: datetime, now: datetime) -> datetime:
    """Return when a row about a time that was lost is due: before the patient would set out."""
    due_at = _in_time(referral, now)
    if start <= now:
        return due_at
    last = start - BEFORE_TRAVELLING
    return min(due_at, max(now, last if presses(referral) else at_work(last)))


def at_work(moment: datetime) -> datetime:
    """Return the moment, or the last before it at which the team is at work."""
    return at_work_by(moment, settings.TEAM_HOURS)


def not_before(referral: Referral | None, moment: datetime) -> datetime:
    """Return the moment, or the next at which the team is at work, unless the referral presses."""
    if presses(referral):
        return moment
    return after_working_time(moment, timedelta(0), settings.TEAM_HOURS)


def presses(referral: Referral | None) -> bool:
    """Return whether somebody sees to it at any hour."""
    return referral is not None and referral.urgency == Urgency.SUSPECTED_CANCER


def _in_time(referral: Referral, now: datetime) -> datetime:
    """Return the usual moment, or sooner: so that a day is left before the target day, else before
    the breach day, on which the scan can be."""
    usual = usual_due_at(referral, now)
    breach = breach_day(referral.urgency, referral.clock_start)
    for day in (referral.target_day, breach):
        if (last := _close_before(day)) > now:
            return min(usual, last)
    return usual


def _close_before(day: date) -> datetime:
    """Return when the team goes home for the last time before a day."""
    return at_work(datetime.combine(day, time.min, LONDON))
