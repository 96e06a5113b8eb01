"""By when a patient should have their scan.

Routine is the national six-week diagnostic standard (DM01). Urgent and suspected cancer are
this network's own aims inside the 28-day Faster Diagnosis Standard. A planned scan is due on
the day that its plan says, so its clock starts on that day.
"""

from datetime import date, datetime, timedelta

from booking.models import Referral
from times.london import LONDON

TARGET_DAYS = {
    Referral.Urgency.SUSPECTED_CANCER: 10,
    Referral.Urgency.URGENT: 14,
    Referral.Urgency.ROUTINE: 42,
    Referral.Urgency.PLANNED: 0,
}

BREACH_DAYS = {
    Referral.Urgency.SUSPECTED_CANCER: 28,
    Referral.Urgency.URGENT: 42,
    Referral.Urgency.ROUTINE: 42,
    Referral.Urgency.PLANNED: 42,
}
"""After so many days a national standard is missed: the 28-day Faster Diagnosis Standard, and
six weeks for a diagnostic test (DM01), which a planned scan joins on its planned day."""


def target_day(urgency: str, clock_start: date) -> date:
    """Return the day by which a referral of this urgency should be scanned."""
    return clock_start + timedelta(days=TARGET_DAYS[Referral.Urgency(urgency)])


def breach_day(urgency: str, clock_start: date) -> date:
    """Return the last day on which the scan still meets the national standard."""
    return clock_start + timedelta(days=BREACH_DAYS[Referral.Urgency(urgency)])


def later_than_target(referral: Referral, start: datetime) -> date | None:
    """Return the referral's target day if a time that starts then is later; None if it is not.

    Whoever would take such a time is told so before, and says once more that they want it.
    """
    late = start.astimezone(LONDON).date() > referral.target_day
    return referral.target_day if late else None
