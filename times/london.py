"""Dates and times in the words that patients read, on pages and in texts alike.

Source: NHS content style guide ("Wednesday 2 December 2026", "2:30pm", "midday").
All functions take an aware datetime and speak Europe/London wall-clock time.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def say_time(moment: datetime) -> str:
    """Return "2:30pm", "9am", "midday" or "midnight"."""
    local = moment.astimezone(LONDON)
    if (local.hour, local.minute) == (12, 0):
        return "midday"
    if (local.hour, local.minute) == (0, 0):
        return "midnight"
    half = "am" if local.hour < 12 else "pm"
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{half}"


def say_times(starts: Sequence[datetime]) -> str:
    """Return "9am", or "9am, and again at 1pm" of two visits on one day."""
    return ", and again at ".join(map(say_time, starts))


def say_day(day: date | datetime) -> str:
    """Return "Wednesday 2 December"; a datetime speaks its day in London."""
    local = day.astimezone(LONDON) if isinstance(day, datetime) else day
    return f"{local:%A} {local.day} {local:%B}"


def say_date(day: date | datetime) -> str:
    """Return "Wednesday 2 December 2026"; a datetime speaks its day in London."""
    local = day.astimezone(LONDON) if isinstance(day, datetime) else day
    return f"{say_day(local)} {local.year}"


def say_span(begins: datetime, ends: datetime) -> str:
    """Return "Monday 30 November 2026, all day", or from when to when where it is no whole day."""
    first, last = (moment.astimezone(LONDON) for moment in (begins, ends - timedelta(seconds=1)))
    whole = (first.hour, first.minute, last.hour, last.minute) == (0, 0, 23, 59)
    if whole and first.date() == last.date():
        return f"{say_date(first)}, all day"
    if whole:
        return f"{say_date(first)} to {say_date(last)}, all day"
    return f"{say_date(begins)}, {say_time(begins)}, to {say_date(ends)}, {say_time(ends)}"


def day_in_england(moment: datetime) -> date:
    """Return the calendar day in England."""
    return moment.astimezone(LONDON).date()
