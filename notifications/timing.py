"""When a text may go: quiet hours and reminder times, in Europe/London wall-clock time.

Pure functions: every time is passed in.
"""

from datetime import UTC, date, datetime, time, timedelta

from notifications.models import AT_ANY_HOUR, Kind
from times.bank_holidays import is_bank_holiday
from times.london import LONDON, day_in_england

OPENS, CLOSES = time(8), time(20)
SAME_DAY_OPENS, SAME_DAY_CLOSES = time(7), time(22)
DO_NOT_COME = (
    Kind.DISPLACED, Kind.OFFER_DISPLACED, Kind.CHANGED, Kind.CANCELLED_BY_YOU, Kind.ENDED,
    Kind.STOP_MOVED,
)  # fmt: skip
"""Texts that say: do not come, or come at another time or place."""
SAME_DAY = DO_NOT_COME
"""News about today's appointment: better at 7am or 9:30pm than after a wasted journey."""
BEFORE_LEAVING = timedelta(hours=3)
"""Who hears that they need not come must hear it so long before the start: then they set out."""
CAN_WAIT = (Kind.INVITATION, Kind.OFFER, Kind.SOONER_LIST)
"""Not sent on a bank holiday of England, when nobody is at the phone to help. Reminders go all
the same: they are due so many calendar days before, and moving them would take days away."""
EVENING = time(18)
REMINDERS = ((Kind.REMINDER_7_DAYS, 7), (Kind.REMINDER_2_DAYS, 2))
TOO_SOON = timedelta(hours=24)  # the confirmation is still fresh
USELESS = timedelta(hours=2)  # before the start: the patient is on the way


def is_quiet(moment: datetime) -> bool:
    """Return whether a text that nobody asked for must wait at this moment (8pm to 8am)."""
    return not OPENS <= moment.astimezone(LONDON).time() < CLOSES


def may_go(
    kind: str, on_day: date | None, moment: datetime, scan_at: datetime | None = None
) -> bool:
    """Return whether a text of this kind, about this day in England, may be sent at this moment.

    `scan_at` is when what it is about begins.
    """
    if kind in open_kinds(moment):
        return True
    if kind in DO_NOT_COME and scan_at and moment < scan_at < too_late_by_morning(moment):
        return True
    return on_day == day_in_england(moment) and kind in open_kinds_today(moment)


def too_late_by_morning(moment: datetime) -> datetime:
    """Return before which start quiet hours give way to the news that it is off. In UTC.

    From 8pm to 10pm: if waiting until 7am, when news of that day may go, would leave less than
    BEFORE_LEAVING. Later at night nobody is woken sooner than need be: only if less is left now.
    """
    local = moment.astimezone(LONDON)
    if not CLOSES <= local.time() < SAME_DAY_CLOSES:
        return (moment + BEFORE_LEAVING).astimezone(UTC)
    morning = datetime.combine(local.date() + timedelta(days=1), SAME_DAY_OPENS, LONDON)
    return morning.astimezone(UTC) + BEFORE_LEAVING


def first_open(
    kind: str, on_day: date | None, moment: datetime, scan_at: datetime | None = None
) -> datetime:
    """Return the first moment, from this one on, at which such a text may be sent. In UTC."""
    while not may_go(kind, on_day, moment, scan_at):
        local = moment.astimezone(LONDON)
        next_day = local.date() + timedelta(days=1)
        hours = [(local.date(), SAME_DAY_OPENS), (local.date(), OPENS), (next_day, SAME_DAY_OPENS)]
        opens = [datetime.combine(day, hour, LONDON) for day, hour in hours]
        opening = next(hour.astimezone(UTC) for hour in opens if hour > local)
        night = scan_at - BEFORE_LEAVING + timedelta(seconds=1) if scan_at else opening
        moment = night if moment < night < opening and kind in DO_NOT_COME else opening
    return moment.astimezone(UTC)


def open_kinds(moment: datetime) -> list[str]:
    """Return the kinds of text that may be sent at this moment, whatever day they are about."""
    if is_quiet(moment):
        return list(AT_ANY_HOUR)
    if is_bank_holiday(day_in_england(moment)):
        return [kind for kind in Kind.values if kind not in CAN_WAIT]
    return Kind.values


def open_kinds_today(moment: datetime) -> list[str]:
    """Return the kinds that may also be sent now if they are about this very day."""
    hour = moment.astimezone(LONDON).time()
    return list(SAME_DAY) if SAME_DAY_OPENS <= hour < SAME_DAY_CLOSES else []


def outside_quiet_hours(due_at: datetime, not_after: datetime) -> datetime:
    """Return the due time, moved out of quiet hours if it falls into them.

    It moves to the next opening (8am), or, if that is not before `not_after`, back to 6pm on
    the evening before that opening. In UTC.
    """
    if not is_quiet(due_at):
        return due_at
    local = due_at.astimezone(LONDON)
    morning = local.date() + timedelta(days=1 if local.time() >= CLOSES else 0)
    opening = datetime.combine(morning, OPENS, LONDON)
    if opening < not_after:
        return opening.astimezone(UTC)
    evening = datetime.combine(morning - timedelta(days=1), EVENING, LONDON)
    return evening.astimezone(UTC)


def reminder_times(start: datetime, booked_at: datetime) -> list[tuple[str, datetime, datetime]]:
    """Return (kind, due_at, not_after) of each reminder for an appointment, earliest first.

    A reminder is due 7 and 2 days before the start at the same wall-clock time, which is not a
    multiple of 24 hours before when the clocks change between. One that would be due before
    the booking or within 24 hours after it is left out. Times are in UTC.
    """
    # As instants: two times of one zone are compared by the wall clock, wrong twice a year.
    start, booked_at = start.astimezone(UTC), booked_at.astimezone(UTC)
    not_after = start - USELESS
    times = []
    for kind, days in REMINDERS:
        same_time = (start.astimezone(LONDON) - timedelta(days=days)).astimezone(UTC)
        due_at = outside_quiet_hours(same_time, not_after)
        if due_at > booked_at + TOO_SOON:
            times.append((kind.value, due_at, not_after))
    return times
