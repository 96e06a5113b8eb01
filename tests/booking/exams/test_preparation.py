"""What a patient is told to do for a scan at the time that they have."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.exams.preparation import (
    Instructions,
    Line,
    PreparationUnreadable,
    in_general,
    instructions,
    read_line,
    say_minutes,
)
from booking.models import Exam
from times.london import LONDON

FAST = "6h: Do not eat after {time}\nYou can drink water"
PHONE = "If you have diabetes, phone 01632 960 100 before you stop eating"


@pytest.fixture(autouse=True)
def phone(settings):
    settings.HELP_PHONE = "01632 960 100"


def at(day, hour, minute=0, month=12, year=2026, fold=0):
    return datetime(year, month, day, hour, minute, tzinfo=LONDON, fold=fold).astimezone(UTC)


def told(exam, start, *more):
    lasts = timedelta(minutes=30)
    return instructions(exam, [(one, one + lasts) for one in (start, *more)])


def first(preparation, start):
    return told(Exam(preparation=preparation), start).prepare[0]


def test_hours_before_become_a_time_of_that_day():
    assert first("3h: Do not eat after {time}", at(2, 10)) == "Do not eat after 7am"
    assert first(FAST, at(2, 14)) == "Do not eat after 8am"
    assert first("90m: Drink 1 litre, and finish by {time}", at(2, 12)) == (
        "Drink 1 litre, and finish by 10:30am"
    )


def test_a_time_on_the_day_before_is_said_with_its_day():
    assert first("12h: Do not eat after {time}", at(2, 8)) == (
        "Do not eat after 8pm on Tuesday 1 December"
    )


def test_midnight_is_said_as_the_evening_before_as_nobody_knows_which_day_it_is_of():
    assert first(FAST, at(2, 6)) == "Do not eat after 11:59pm on Tuesday 1 December"
    # 12:15am is of a day that everybody knows.
    assert first(FAST, at(2, 6, 15)) == "Do not eat after 12:15am"


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (at(28, 4, month=3, year=2027), "9pm on Saturday 27 March"),
        (at(25, 4, month=10), "11pm on Saturday 24 October"),
        (at(25, 7, 30, month=10), "1:30am"),
    ],
    ids=["an hour is left out", "an hour comes twice", "in the hour that comes twice"],
)
def test_hours_are_those_that_pass_when_the_clocks_change(start, words):
    assert first(FAST, start) == f"Do not eat after {words}"


def test_days_are_those_of_the_calendar_also_when_the_clocks_change():
    line = "2d: Eat only what the leaflet says from {time}"
    says = "Eat only what the leaflet says from Friday 23 October"

    assert first(line, at(25, 0, 30, month=10)) == says
    assert first(line, at(25, 23, 30, month=10)) == says


def test_who_fasts_hears_first_what_somebody_with_diabetes_must_do():
    exam = Exam(preparation=FAST, fasting=True)

    assert told(exam, at(2, 14)).prepare == (PHONE, "Do not eat after 8am", "You can drink water")
    assert in_general(exam).prepare == (
        PHONE, "Do not eat for 6 hours before the scan", "You can drink water"
    )  # fmt: skip
    assert PHONE not in told(Exam(preparation="You can eat"), at(2, 14)).prepare


def test_when_to_come_and_how_long_it_takes():
    exam = Exam(arrive_minutes=15, visit_minutes=75)

    assert told(exam, at(2, 10)).times == (
        "Come 15 minutes before, at 9:45am", "The whole visit takes about 1 hour 15 minutes"
    )  # fmt: skip
    assert told(Exam(arrive_minutes=60), at(2, 0, 30)).come == (
        "Come 1 hour before, at 11:30pm on Tuesday 1 December"
    )
    assert told(Exam(arrive_minutes=0), at(2, 10)).times == ("Come at 10am",)


def test_two_visits_are_both_said_and_the_fast_is_before_the_first():
    exam = Exam(preparation=FAST, visits=2, gap_min_minutes=120, gap_max_minutes=240)

    both = told(exam, at(2, 14), at(2, 17))

    assert both.again == "Come back the same day at 5pm"
    assert both.prepare[0] == "Do not eat after 8am"
    assert in_general(exam).again == (
        "You come twice on one day: the second time is 2 hours to 4 hours after the first part ends"
    )


def test_it_is_read_out_as_sentences():
    exam = Exam(preparation=FAST, fasting=True, arrive_minutes=15, visit_minutes=45)

    assert told(exam, at(2, 14)).spoken == (
        f"Come 15 minutes before, at 1:45pm. {PHONE}. Do not eat after 8am. You can drink water. "
        "The whole visit takes about 45 minutes."
    )


@pytest.mark.parametrize(
    ("line", "general"),
    [
        ("4h: Do not eat after {time}", "Do not eat for 4 hours before the scan"),
        ("1h: Finish drinking by {time}", "Finish drinking at least 1 hour before the scan"),
        ("2d: Take it from {time}", "Take it from 2 days before the scan"),
        ("You can eat", "You can eat"),
    ],
)
def test_before_there_is_a_time_it_is_said_in_general(line, general):
    assert in_general(Exam(preparation=line)).prepare == (general,)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("6h: Do not eat", "must say where its time stands"),
        ("Do not eat after {time}", "must say how long before"),
        ("6h: Do not eat after {time} or after {time}", "braces stand only"),
        ("6h: Do not eat at {time}", "braces stand only"),
        ("6h: Do not eat after {hour}", "braces stand only"),
        ("Take {these}", "braces stand only"),
        ("0h: Do not eat after {time}", "1 minute to 7 days"),
        ("8d: Do not eat from {time}", "1 minute to 7 days"),
        ("2d: Do not eat after {time}", "type: from {time}"),
    ],
)
def test_a_line_that_cannot_be_said_is_refused_with_what_to_type(line, words):
    with pytest.raises(PreparationUnreadable) as refused:
        read_line(line)

    assert words in str(refused.value)


BRACES = "braces stand only in after {time}, from {time} or by {time}, and once"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("6h: Do not eat at {time}", BRACES),
        ("6h: Do not eat after {time} }", BRACES),
        ("6h: Do not eat after {time} or from {time}", BRACES),
        ("after {time}", "it must say how long before at its head, like 6h: or 90m: or 2d:"),
        (
            f"6h: {'x' * 60}",
            "it must say where its time stands, like: Do not eat after {time}",
        ),
        ("169h: Eat from {time}", "it may hold from 1 minute to 7 days before"),
        ("2d: Eat by {time}", "of days type: from {time}"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_in_full_behind_its_first_letters(line, problem):
    for text in (line, f"{line} {'and so on ' * 6}"):
        with pytest.raises(PreparationUnreadable) as refused:
            read_line(text)

        assert str(refused.value) == f"{text[:60]!r}: {problem}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1m: Eat from {time}", Line("Eat from {time}", 1, "m")),
        ("9999m: Eat from {time}", Line("Eat from {time}", 9999, "m")),
        ("168h: Eat from {time}", Line("Eat from {time}", 168, "h")),
        ("7d: Eat from {time}", Line("Eat from {time}", 7, "d")),
        (" 6 h:Eat from {time} ", Line("Eat from {time}", 6, "h")),
        ("  You can eat ", Line("You can eat")),
    ],
)
def test_a_line_holds_for_a_minute_to_seven_days(text, line):
    assert read_line(text) == line


def test_how_long_before_a_line_holds_is_counted_in_minutes():
    lines = [Line("x", 2, unit).minutes for unit in ("m", "h", "d")]

    assert [*lines, Line("x").minutes] == [2, 120, 2880, 0]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (61, "1 hour 1 minute"),
        (150, "2 hours 30 minutes"),
    ],
)
def test_a_length_is_said_in_hours_and_minutes(minutes, words):
    assert say_minutes(minutes) == words


@pytest.mark.parametrize(
    ("line", "general"),
    [
        ("90m: Finish by {time}", "Finish at least 1 hour 30 minutes before the scan"),
        ("1d: Take it from {time}", "Take it from 1 day before the scan"),
        ("1h: Do not eat after {time}", "Do not eat for 1 hour before the scan"),
        ("24h: Do not eat after {time}", "Do not eat for 24 hours before the scan"),
    ],
)
def test_in_general_a_length_is_said_as_it_is_written(line, general):
    assert in_general(Exam(preparation=line)).prepare == (general,)


def test_before_there_is_a_time_nobody_is_told_when_to_come():
    exam = Exam(
        preparation="You can eat\n\n \nYou can drink",
        bring="This\nThat",
        arrive_minutes=15,
        visit_minutes=60,
        visits=2,
        gap_min_minutes=120,
        gap_max_minutes=120,
    )

    assert in_general(exam) == Instructions(
        come="",
        again="You come twice on one day: the second time is 2 hours after the first part ends",
        takes="The whole visit takes about 1 hour",
        prepare=("You can eat", "You can drink"),
        bring=("This", "That"),
    )


def test_at_an_appointment_of_one_visit_all_is_said_but_a_second():
    exam = Exam(preparation="You can eat", bring="This\nThat", arrive_minutes=15)

    assert told(exam, at(2, 14)) == Instructions(
        come="Come 15 minutes before, at 1:45pm",
        again="",
        takes="",
        prepare=("You can eat",),
        bring=("This", "That"),
    )


def test_nothing_is_said_of_a_second_visit_where_there_is_one_only():
    assert in_general(Exam(visits=1, gap_min_minutes=60, gap_max_minutes=60)).again == ""


def test_a_sentence_that_ends_with_a_full_stop_is_read_out_with_one():
    exam = Exam(preparation="You can eat.\n.5 litres will do", arrive_minutes=0)

    assert told(exam, at(2, 14)).spoken == "Come at 2pm. You can eat. .5 litres will do."


def test_a_length_is_typed_in_plain_digits():
    with pytest.raises(PreparationUnreadable, match="it must say how long before"):
        read_line("٦h: Do not eat after {time}")
