"""How pages say journeys, times and numbers: filters of the templates."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

import phonenumbers
from django.utils import timezone

from booking.models import Exam
from sites.models import MODALITIES
from sites.places import Hours, Visit
from sites.postcodes import Origin
from sites.travel import Journey
from sites.travel.bands import Band
from times.london import LONDON, day_in_england, say_day, say_time, say_times

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
IN_BAND = {
    Band.WEEKDAY_DAY: "on weekdays in the daytime",
    Band.WEEKDAY_EVENING: "on weekdays from 5pm",
    Band.SATURDAY: "on Saturdays",
    Band.SUNDAY: "on Sundays and bank holidays",
}
FEW_MILES = 9.95
"""Above it nobody counts tenths."""


def by_day(times: Iterable[Any]) -> list[tuple[date, list[Any]]]:
    """Return times (anything with a `start`) grouped by their day in England, in order."""
    return [
        (day, list(of_day))
        for day, of_day in groupby(times, lambda time: time.start.astimezone(LONDON).date())
    ]


def say_visits(visits: Iterable[tuple[datetime, datetime]]) -> str:
    """Return "9am", or "9am, and again at 1pm" of two visits on one day."""
    return say_times([start for start, _ in visits])


def say_until(moment: datetime) -> str:
    """Return "2:30pm", or "9am on Monday 30 November" of a moment that is not today."""
    is_today = day_in_england(moment) == day_in_england(timezone.now())
    return say_time(moment) if is_today else f"{say_time(moment)} on {say_day(moment)}"


def say_exam(exam: Exam) -> str:
    """Return an exam as staff speak of it: "MRI, knee"."""
    return f"{capitalize_first(MODALITIES[exam.modality])}, {exam.body_part}"


def hide_number(number: str) -> str:
    """Return a phone number with only its last three digits, enough to know one's own."""
    return f"number ending {number[-3:]}" if number else "No mobile number"


def is_next_door(journey: Journey) -> bool:
    """Whether a place is less than half a mile away, and not over a river without a bridge."""
    return journey.straight_miles < 0.5 and journey.miles < 1


def say_phone(number: str) -> str:
    """Return a phone number as people in the UK write it: 07700 900461, 020 7946 0018."""
    if number.startswith("+447"):
        return f"0{number[3:7]} {number[7:]}"
    if not number.startswith("+"):
        return number
    parsed = phonenumbers.parse(number)
    of_uk = parsed.country_code == 44
    formats = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, formats.NATIONAL if of_uk else formats.INTERNATIONAL)


def say_journey(journey: Journey) -> str:
    """Return "46 minutes by car, 33 miles by road", and straight miles only where no road is known.

    "About 23 miles in a straight line" then. Without a car as say_by_public.
    """
    if is_next_door(journey):
        return "Less than half a mile away"
    if journey.by_public:
        return say_by_public(journey)
    by_car = say_by_car(journey)
    return f"{by_car}, {say_distance(journey)}" if by_car else say_distance(journey)


def say_by_car(journey: Journey) -> str:
    """Return "46 minutes by car", empty where no road is known, it is next door or not by car."""
    if journey.by_public or not journey.is_by_road or is_next_door(journey):
        return ""
    return f"{say_minutes(max(1, journey.minutes))} by car"


def say_by_public(journey: Journey) -> str:
    """Return "About 55 minutes by bus or train, 1 change, 8 minutes’ walk".

    Of another band than weekdays in the daytime it says which; where nothing was found, that, and
    how far it is.
    """
    if not journey.rides:
        how_far = lower_first(say_distance(journey))
        return f"We found no way there by bus, train or on foot, {how_far}"
    ride = journey.rides[0]
    when = "" if ride.band == Band.WEEKDAY_DAY else f" {IN_BAND[Band(ride.band)]}"
    about = f"About {say_minutes(max(1, ride.minutes))}"
    if ride.walk == ride.minutes:
        return f"{about} on foot{when}"
    said = [f"{about} by bus or train{when}"]
    said.append(f"{ride.changes or 'no'} change{'' if ride.changes == 1 else 's'}")
    if ride.walk:
        said.append(f"{say_minutes(ride.walk)}’ walk".replace("minute’", "minute’s"))
    return ", ".join(said)


def say_distance(journey: Journey) -> str:
    """Return "33 miles by road", or "About 23 miles in a straight line" where no road is known."""
    if journey.is_by_road:
        return f"{say_miles(journey.miles)} by road"
    return f"About {say_miles(journey.straight_miles)} in a straight line"


def say_miles(miles: float) -> str:
    """Return miles in words: tenths of a few, whole ones of many ("0.9 miles", "33 miles")."""
    number = f"{miles:.1f}".removesuffix(".0") if miles < FEW_MILES else f"{miles:.0f}"
    return f"{number} mile{'' if number == '1' else 's'}"


def capitalize_first(text: str) -> str:
    """Return text with a capital first letter and the rest as it is ("An MRI scan")."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """Return text with a small first letter, for what stands after a colon."""
    return text[:1].lower() + text[1:]


def say_origin(origin: Origin) -> str:
    """Return where somebody travels from: a postcode, a town, or where their device says."""
    return origin.postcode or "where you are"


def say_interval(minutes: int) -> str:
    """Return a length of time in the largest unit that fits it whole: "8 hours", "45 minutes"."""
    number, unit = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
    return unit if number == 1 else f"{number} {unit}s"


def in_minutes(length: timedelta) -> int:
    """Return a length of time in whole minutes."""
    return int(length.total_seconds() // 60)


def say_minutes(minutes: float) -> str:
    """Return minutes in words, the nearest whole one: "1 minute", "45 minutes"."""
    number = round(minutes)
    return f"{number} minute{'' if number == 1 else 's'}"


def say_scan(code: str) -> str:
    """Return the word for a modality: "MRI"."""
    return MODALITIES[code]


def say_days(visit: Visit) -> str:
    """Return "3 to 14 December", "30 November to 12 December", with years where they differ."""
    first, last = visit.first_day, visit.last_day
    if first == last:
        return f"{last.day} {last:%B}"
    if first.year != last.year:
        return f"{first.day} {first:%B} {first.year} to {last.day} {last:%B} {last.year}"
    if first.month != last.month:
        return f"{first.day} {first:%B} to {last.day} {last:%B}"
    return f"{first.day} to {last.day} {last:%B}"


def say_visit(visit: Visit) -> str:
    """Return "The mobile MRI scanner is here from 3 to 14 December"."""
    joins = "on" if visit.first_day == visit.last_day else "from"
    return f"The mobile {MODALITIES[visit.modality]} scanner is here {joins} {say_days(visit)}"


def first_of_each(visits: Iterable[Visit]) -> list[Visit]:
    """Return each scanner's first visit: its timetable has the others."""
    first: dict[int, Visit] = {}
    for visit in visits:
        first.setdefault(visit.scanner_id, visit)
    return list(first.values())


def say_hours(opens: time, closes: time) -> str:
    """Return "8am to 8pm"."""
    return " to ".join(
        say_time(datetime.combine(date(2026, 1, 1), t, LONDON)) for t in (opens, closes)
    )


def say_week(hours: Iterable[Hours]) -> list[tuple[str, str]]:
    """Return opening hours with days that are alike together: ("Monday to Friday", "8am to 8pm");
    days without hours are closed."""
    by_day = {day.weekday: say_hours(day.opens, day.closes) for day in hours}
    said = []
    for words, group in groupby(range(7), lambda day: by_day.get(day, "Closed")):
        days = [WEEKDAYS[day] for day in group]
        joins = " and " if len(days) == 2 else " to "
        said.append((days[0] if len(days) == 1 else f"{days[0]}{joins}{days[-1]}", words))
    return said
