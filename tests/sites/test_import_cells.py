"""What each cell of a file of places and scanners may hold, and what is said where it does not."""

from datetime import date, time

import pytest

from sites import changes
from sites.imports import cells
from sites.imports.cells import RowRefused
from sites.models import NEEDS

DAY_SHIFT, SHORT = (time(8), time(20)), (time(9), time(17))


def refusal(read, *args):
    with pytest.raises(RowRefused) as refused:
        read(*args)
    return str(refused.value)


def test_a_cell_that_is_needed_says_whether_its_column_or_its_words_are_missing():
    assert cells.needed({"name": "X" * 60}, "name", 60) == "X" * 60
    assert refusal(cells.needed, {}, "name", 60) == "the file has no column name"
    assert refusal(cells.needed, {"name": ""}, "name", 60) == "name is empty"
    too_long = refusal(cells.needed, {"name": "X" * 61}, "name", 60)
    assert too_long == "name is 61 characters long; 60 are allowed"


@pytest.mark.parametrize("letter", ["\x00", "\x1f", "\n"])
def test_letters_that_cannot_be_shown_are_refused(letter):
    said = refusal(cells.text, {"bus": f"a{letter}b"}, "bus", 300)

    assert said == "bus holds characters that cannot be shown"
    assert cells.text({"bus": "a b"}, "bus", 3) == "a b"
    assert cells.text({}, "bus", 3) == ""


def test_one_of_some_words():
    assert cells.one_of({"kind": "cdc"}, "kind", ["hospital", "cdc"]) == "cdc"
    said = refusal(cells.one_of, {"kind": "shop"}, "kind", ["hospital", "cdc"])
    assert said == "kind is 'shop'; type one of hospital, cdc"
    said = refusal(cells.one_of, {"kind": "x" * 81}, "kind", ["hospital"])
    assert said == "kind is 81 characters long; 80 are allowed"
    assert refusal(cells.one_of, {"kind": "x" * 80}, "kind", ["a"]).startswith("kind is 'x")


@pytest.mark.parametrize(("cell", "number"), [("50", 50), ("500", 500), ("", None)])
def test_a_whole_number_within_its_bounds(cell, number):
    assert cells.whole({"table_kg": cell}, "table_kg", 50, 500) == number
    assert cells.whole({}, "table_kg", 50, 500) is None


@pytest.mark.parametrize("cell", ["49", "501", "heavy", "5.5", "-50"])
def test_another_number_is_refused_with_its_bounds(cell):
    said = refusal(cells.whole, {"table_kg": cell}, "table_kg", 50, 500)

    assert said == f"table_kg is {cell!r}; type a whole number from 50 to 500"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["yes", "y", "true", "1", "YES", "True"], True),
        (["no", "n", "false", "0", "No", "FALSE"], False),
        ([""], None),
    ],
)
def test_yes_and_no_are_read_as_people_type_them_and_nothing_is_nobody_said(words, answer):
    assert {cells.yes_or_no({"hoist": word}, "hoist") for word in words} == {answer}
    assert cells.yes_or_no({}, "hoist") is None
    assert refusal(cells.yes_or_no, {"hoist": "May"}, "hoist") == "hoist is 'may'; type yes or no"


@pytest.mark.parametrize("cell", ["2026-12-03", "3/12/2026", "03/12/2026"])
def test_a_day_is_read_in_both_ways(cell):
    assert cells.day({"from": cell}, "from") == date(2026, 12, 3)


@pytest.mark.parametrize("cell", ["12/31/2026", "soon", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_what_is_no_day_of_our_time_is_refused(cell):
    said = refusal(cells.day, {"from": cell}, "from")

    assert said == f"from is {cell!r}; type a date like 2026-12-03 or 3/12/2026"


def test_a_day_is_needed_and_short():
    assert refusal(cells.day, {"from": ""}, "from") == "from is empty"
    said = refusal(cells.day, {"from": "3" * 21}, "from")
    assert said == "from is 21 characters long; 20 are allowed"


def test_the_first_and_the_last_day_of_our_time():
    first, last = cells.FIRST.date(), cells.LAST.date()

    assert cells.day({"from": first.isoformat()}, "from") == first
    assert "type a date" in refusal(cells.day, {"from": last.isoformat()}, "from")


def test_a_time_of_day():
    assert (cells.clock("8:30", "opens"), cells.clock("08:30", "opens")) == (time(8, 30),) * 2
    said = refusal(cells.clock, "8.30", "opens")
    assert said == "opens holds '8.30'; type a time like 08:30"


@pytest.mark.parametrize(
    ("typed", "week"),
    [
        ("", {}),
        (" ; ", {}),
        ("Mon 08:00-20:00", {0: DAY_SHIFT}),
        (" ; Mon 08:00-20:00", {0: DAY_SHIFT}),
        ("Mon-Fri 08:00-20:00; Sat 9:00-17:00", {**dict.fromkeys(range(5), DAY_SHIFT), 5: SHORT}),
        ("monday - FRIDAY  8:00 - 20:00", dict.fromkeys(range(5), DAY_SHIFT)),
        ("Sat-Sun 09:00-17:00;", {5: SHORT, 6: SHORT}),
        ("Mon-Wed 08:00-20:00; Wed 09:00-17:00", {0: DAY_SHIFT, 1: DAY_SHIFT, 2: SHORT}),
    ],
)
def test_opening_hours_are_read_by_day(typed, week):
    assert cells.week({"hours": typed}) == week
    assert cells.week({}) == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Mon 08:00", "hours hold 'Mon 08:00'; type like Mon-Fri 08:00-20:00; Sat ..."),
        (
            "Mon 08:00-20:00; Day 9:00-17:00",
            "hours hold 'Day 9:00-17:00'; type like Mon-Fri 08:00-20:00; Sat ...",
        ),
        (
            "Mon-Day 9:00-17:00",
            "hours hold 'Mon-Day 9:00-17:00'; type like Mon-Fri 08:00-20:00; Sat ...",
        ),
        ("Mon 20:00-08:00", "hours hold 'Mon 20:00-08:00', which closes before it opens"),
        ("Mon 08:00-08:00", "hours hold 'Mon 08:00-08:00', which closes before it opens"),
        ("Mon 8-20", "hours holds '8'; type a time like 08:30"),
        ("Mon 08:00-25:00", "hours holds '25:00'; type a time like 08:30"),
    ],
)
def test_hours_that_cannot_be_read_are_said(typed, said):
    assert refusal(cells.week, {"hours": typed}) == said


@pytest.mark.parametrize(
    ("week", "said"),
    [
        ({}, ""),
        ({0: DAY_SHIFT}, "Mon 08:00-20:00"),
        ({**dict.fromkeys(range(5), DAY_SHIFT), 5: SHORT}, "Mon-Fri 08:00-20:00; Sat 09:00-17:00"),
        ({0: DAY_SHIFT, 2: DAY_SHIFT}, "Mon 08:00-20:00; Wed 08:00-20:00"),
        ({1: SHORT, 0: DAY_SHIFT}, "Mon 08:00-20:00; Tue 09:00-17:00"),
    ],
)
def test_hours_are_written_as_they_are_read(week, said):
    assert cells.say_week(week) == said
    assert cells.week({"hours": said}) == week


def test_facilities_stand_in_our_order():
    first, second, *_ = NEEDS

    assert cells.facilities({"facilities": f" {second};{first} ;;{second}"}) == [first, second]
    assert cells.facilities({}) == []
    said = refusal(cells.facilities, {"facilities": f"zoo; {first}; pool"})
    assert said == f"facilities hold 'pool, zoo'; known are {', '.join(NEEDS)}"
    long = refusal(cells.facilities, {"facilities": "z" * 70})
    assert long.startswith(f"facilities hold '{'z' * 60}'; known")


def test_exams_are_codes_that_are_loaded(monkeypatch):
    monkeypatch.setattr(changes, "exam_codes", [lambda: {"MR-HEAD", "CT-1", "X" * 32}])
    known = {"excluded_exams": f"mr-head; CT-1;;{'X' * 32}"}

    assert cells.exams(known, "excluded_exams") == ["CT-1", "MR-HEAD", "X" * 32]
    assert cells.exams({}, "excluded_exams") == []
    ending = "; type codes of exams that are loaded, with ; between them"
    for typed, wrong in [
        ("MR-TOE; MR-HEAD; CT-TOE", "CT-TOE, MR-TOE"), ("MR TOE;MR-HEAD", "MR TOE"),
        ("X" * 33, "X" * 33), ("Y" * 70, "Y" * 60),
    ]:  # fmt: skip
        said = refusal(cells.exams, {"excluded_exams": typed}, "excluded_exams")
        assert said == f"excluded_exams holds {wrong!r}{ending}"
