"""What a patient does before a scan, in plain sentences: at an appointment, or before it is made.

A line of `Exam.preparation` that holds from a moment before the scan says so at its head, and where
in the sentence that moment stands:

    6h: Do not eat after {time}
    90m: Drink 1 litre of water, and finish by {time}
    2d: Eat only what the leaflet says from {time}

At an appointment this is "Do not eat after 7am"; before there is one, "Do not eat for 6 hours
before the scan". Hours and minutes are counted as they pass, also in a night when the clocks
change; days as the calendar counts them in England. Nothing here says that anything is safe: who
has diabetes is told to ask first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from booking.models import Exam
from times.london import LONDON, day_in_england, say_day, say_time

TIME = "{time}"
MOST_MINUTES = 7 * 24 * 60
_TIMED = re.compile(r"(\d{1,4}) ?([mhd]): *(.*)", re.ASCII)
_PLACE = re.compile(r"\b(after|from|by) \{time\}")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
_IN_GENERAL = {
    "after": "for {} before the scan",
    "from": "from {} before the scan",
    "by": "at least {} before the scan",
}
Visit = tuple[datetime, datetime]
"""From when to when somebody is there."""


class PreparationUnreadable(ValueError):
    """A line of preparation cannot be said as it is written. The text says what to type."""


@dataclass(frozen=True)
class Line:
    """A sentence, and how long before the scan it holds; `unit` is empty if it always does."""

    words: str
    number: int = 0
    unit: str = ""

    @property
    def minutes(self) -> int:
        """How long before the scan it holds."""
        return self.number * _MINUTES[self.unit] if self.unit else 0

    def before(self, start: datetime) -> datetime:
        """Return the moment before a start from which it holds."""
        if self.unit == "d":
            return start.astimezone(LONDON) - timedelta(days=self.number)
        return start - timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Instructions:
    """What to do for a scan, a plain sentence each; what is empty is not said.

    `come` is when to be there, `again` when to come back for the second visit, `takes` how long
    the whole visit is, `prepare` what to do before, who has diabetes first.
    """

    come: str
    again: str
    takes: str
    prepare: tuple[str, ...]
    bring: tuple[str, ...]

    @property
    def times(self) -> tuple[str, ...]:
        """When to come, to come back, and how long it takes."""
        return tuple(words for words in (self.come, self.again, self.takes) if words)

    @property
    def spoken(self) -> str:
        """When to come and how to prepare, as it is read out."""
        said = (self.come, self.again, *self.prepare, self.takes)
        return " ".join(f"{words.rstrip('.')}." for words in said if words)


def instructions(exam: Exam, visits: Sequence[Visit]) -> Instructions:
    """Return what to do for an exam at an appointment: of one visit, or two on one day."""
    start = visits[0][0]
    lines = read_lines(exam.preparation)
    return Instructions(
        come=_come(exam, start),
        again=f"Come back the same day at {say_time(visits[1][0])}" if len(visits) > 1 else "",
        takes=_takes(exam),
        prepare=_with_diabetes(exam, [_at(line, start) for line in lines]),
        bring=tuple(exam.bring.splitlines()),
    )


def in_general(exam: Exam) -> Instructions:
    """Return what to do for an exam before there is an appointment."""
    lines = read_lines(exam.preparation)
    return Instructions(
        come="",
        again=_in_two_visits(exam),
        takes=_takes(exam),
        prepare=_with_diabetes(exam, [_before_any(line) for line in lines]),
        bring=tuple(exam.bring.splitlines()),
    )


def in_one_line(exam: Exam, start: datetime | None = None) -> str:
    """Return what must be done from some time before a scan, as one line; empty if nothing.

    Of an appointment at `start`, or before there is one: who chooses a time sees what it asks.
    """
    timed = [line for line in read_lines(exam.preparation) if line.unit]
    said = [_at(line, start) if start else _before_any(line) for line in timed]
    return " ".join(f"{words.rstrip('.')}." for words in said)


def say_come_time(exam: Exam, start: datetime) -> str:
    """Return when to be there for a scan at `start`: "9:45am"."""
    return _moment(start - timedelta(minutes=exam.arrive_minutes), start)


def read_lines(text: str) -> list[Line]:
    """Return the lines of a preparation. Raises PreparationUnreadable for the first wrong one."""
    return [read_line(line) for line in text.splitlines() if line.strip()]


def read_line(text: str) -> Line:
    """Return a line of preparation. Raises PreparationUnreadable."""
    timed = _TIMED.fullmatch(text.strip())
    words = timed[3].strip() if timed else text.strip()
    places = len(_PLACE.findall(words))
    if words.count("{") != places or words.count("}") != places or places > 1:
        raise PreparationUnreadable(
            f"{text[:60]!r}: braces stand only in after {TIME}, from {TIME} or by {TIME}, and once"
        )
    if not timed:
        if places:
            raise PreparationUnreadable(
                f"{text[:60]!r}: it must say how long before at its head, like 6h: or 90m: or 2d:"
            )
        return Line(words)
    line = Line(words, int(timed[1]), timed[2])
    if not places:
        raise PreparationUnreadable(
            f"{text[:60]!r}: it must say where its time stands, like: Do not eat after {TIME}"
        )
    if not 1 <= line.minutes <= MOST_MINUTES:
        raise PreparationUnreadable(f"{text[:60]!r}: it may hold from 1 minute to 7 days before")
    if line.unit == "d" and f"from {TIME}" not in words:
        raise PreparationUnreadable(f"{text[:60]!r}: of days type: from {TIME}")
    return line


def say_minutes(minutes: int) -> str:
    """Return a length: "45 minutes", "1 hour", "2 hours 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    return " ".join(_count(n, unit) for n, unit in ((hours, "hour"), (rest, "minute")) if n)


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _come(exam: Exam, start: datetime) -> str:
    at = say_come_time(exam, start)
    if not exam.arrive_minutes:
        return f"Come at {at}"
    return f"Come {say_minutes(exam.arrive_minutes)} before, at {at}"


def _in_two_visits(exam: Exam) -> str:
    if exam.visits < 2:
        return ""
    least, most = (say_minutes(one) for one in (exam.gap_min_minutes, exam.gap_max_minutes))
    wait = least if least == most else f"{least} to {most}"
    return f"You come twice on one day: the second time is {wait} after the first part ends"


def _takes(exam: Exam) -> str:
    if not exam.visit_minutes:
        return ""
    return f"The whole visit takes about {say_minutes(exam.visit_minutes)}"


def _with_diabetes(exam: Exam, lines: list[str]) -> tuple[str, ...]:
    """Put in front of a fast what somebody with diabetes must know before they begin it."""
    if not exam.fasting:
        return tuple(lines)
    phone = f"If you have diabetes, phone {settings.HELP_PHONE} before you stop eating"
    return (phone, *lines)


def _at(line: Line, start: datetime) -> str:
    if not line.unit:
        return line.words
    moment = line.before(start)
    said = say_day(moment) if line.unit == "d" else _moment(moment, start)
    return line.words.replace(TIME, said)


def _before_any(line: Line) -> str:
    if not line.unit:
        return line.words
    length = say_minutes(line.minutes) if line.unit != "d" else _count(line.number, "day")
    return _PLACE.sub(lambda place: _IN_GENERAL[place[1]].format(length), line.words)


def _moment(moment: datetime, start: datetime) -> str:
    """Say a time, with its day if that is not the day of the scan.

    Nobody knows on which side of a day its midnight is: a minute sooner is the evening before.
    """
    said = say_time(moment)
    if said == "midnight":
        moment -= timedelta(minutes=1)
        said = say_time(moment)
    if day_in_england(moment) == day_in_england(start):
        return said
    return f"{said} on {say_day(moment)}"
