"""How pages say journeys, times and numbers: filters of the templates."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from booking.models import Exam
from notifications.wording.dates import LONDON
from sites.models import MODALITIES
from sites.travel import Journey


def by_day(times: Iterable[Any]) -> list[tuple[date, list[Any]]]:
    """Return times (anything with a `start`) grouped by their day in England, in order."""
    return [
        (day, list(of_day))
        for day, of_day in groupby(times, lambda time: time.start.astimezone(LONDON).date())
    ]


def say_exam(exam: Exam) -> str:
    """Return an exam as staff speak of it: "MRI, knee"."""
    return f"{capitalize_first(MODALITIES[exam.modality])}, {exam.body_part}"


def hide_number(number: str) -> str:
    """Return a phone number with only its last three digits, enough to know one's own."""
    return f"number ending {number[-3:]}" if number else "No mobile number"


def say_phone(number: str) -> str:
    """Return a phone number as people in the UK write it: 07700 900461."""
    if not number.startswith("+44"):
        return number
    national = f"0{number[3:]}"
    return f"{national[:5]} {national[5:]}"


def say_journey(journey: Journey) -> str:
    """Return "46 minutes by car, 22.5 miles in a straight line"."""
    if journey.straight_miles < 0.5:
        return "Less than half a mile away"
    straight = f"{journey.straight_miles:.1f} miles in a straight line"
    if journey.engine == "geodesic":
        return straight
    minutes = max(1, round(journey.minutes))
    return f"{minutes} minute{'s' if minutes > 1 else ''} by car, {straight}"


def capitalize_first(text: str) -> str:
    """Return text with a capital first letter and the rest as it is ("An MRI scan")."""
    return text[:1].upper() + text[1:]
