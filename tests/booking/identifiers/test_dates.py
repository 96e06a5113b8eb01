"""Dates as people type them."""

from datetime import date

import pytest

from booking.identifiers.dates import (
    DateInvalid,
    DateTooEarly,
    DateTooLate,
    DayKind,
    find_day,
    read_day,
    read_parts,
    two_years_on,
)

TODAY = date(2026, 11, 24)
BORN, TO_COME, CLOCK = DayKind.BIRTHDAY, DayKind.TO_COME, DayKind.CLOCK_START


@pytest.mark.parametrize(
    "typed",
    ["12/3/61", "12/03/1961", "12 March 1961", "12-Mar-1961", "12031961", "12 3 61", "1961-03-12",
     "12.3.1961", "12.3.61", "12-3-1961", "  12 / 3 / 1961 ", "12th March 1961", "12 mar. 61",
     "12 MARCH, 1961", "12mar1961", "1961/3/12", "12-MAR-61"],
)  # fmt: skip
def test_a_birthday_is_read_as_people_write_it(typed):
    assert read_day(typed, BORN, TODAY) == date(1961, 3, 12)


def test_the_day_comes_first_and_a_run_of_eight_digits_is_a_date():
    assert read_day("04051950", BORN, TODAY) == date(1950, 5, 4)
    assert read_day("3 sept 1950", BORN, TODAY) == date(1950, 9, 3)


@pytest.mark.parametrize(
    ("typed", "year"),
    [("24/11/26", 2026), ("25/11/26", 1926), ("1/1/27", 1927), ("1/1/00", 2000), ("29/2/00", 2000)],
)
def test_two_digits_of_a_birthday_are_never_a_year_to_come(typed, year):
    assert read_day(typed, BORN, TODAY).year == year


@pytest.mark.parametrize("kind", [TO_COME, CLOCK])
def test_two_digits_of_another_day_are_this_century(kind):
    assert read_day("1/3/27", kind, TODAY) == date(2027, 3, 1)


def test_a_leap_day_with_two_digits_is_the_century_that_has_it():
    assert read_day("29/2/00", BORN, date(2101, 1, 1)) == date(2000, 2, 29)
    with pytest.raises(DateInvalid):
        read_day("29/2/61", BORN, TODAY)


@pytest.mark.parametrize(
    ("typed", "part", "says"),
    [
        ("32/3/1961", "day", "the day is a number from 1 to 31"),
        ("0/3/1961", "day", "the day is a number"),
        ("31/2/1961", "day", "that month has fewer days"),
        ("12/13/1961", "month", "the month is a number from 1 to 12"),
        ("12 Mrach 1961", "month", "the month is a number"),
        ("Fell", "", ""),
        ("", "", ""),
        ("12/3/196", "", ""),
        ("12/3", "", ""),
        ("١٢/٣/١٩٦١", "", ""),
        ("12/3/1961 " * 99, "", ""),
        ("12" + " " * 99 + "3 1961", "", ""),
        ("-1/3/1961", "", ""),
    ],
)
def test_the_error_says_which_part_is_wrong(typed, part, says):
    with pytest.raises(DateInvalid) as wrong:
        read_day(typed, BORN, TODAY)

    assert wrong.value.part == part
    assert str(wrong.value).startswith(says)
    assert bool(says) == bool(str(wrong.value))


@pytest.mark.parametrize(
    ("typed", "kind", "error"),
    [
        ("31/12/1899", BORN, DateTooEarly),
        ("0000-01-01", BORN, DateTooEarly),
        ("25/11/2026", BORN, DateTooLate),
        ("9999-12-31", BORN, DateTooLate),
        ("23/11/2026", TO_COME, DateTooEarly),
        ("25/11/2028", TO_COME, DateTooLate),
        ("9999-12-31", TO_COME, DateTooLate),
        ("31/12/1899", CLOCK, DateTooEarly),
        ("25/11/2028", CLOCK, DateTooLate),
    ],
)
def test_a_day_that_cannot_be_meant_is_refused(typed, kind, error):
    with pytest.raises(error):
        read_day(typed, kind, TODAY)


@pytest.mark.parametrize(
    ("typed", "kind"),
    [("1/1/1900", BORN), ("24/11/2026", BORN), ("24/11/2026", TO_COME), ("24/11/2028", TO_COME),
     ("1/1/1900", CLOCK), ("24/11/2028", CLOCK)],
)  # fmt: skip
def test_the_first_and_last_day_are_within(typed, kind):
    assert read_day(typed, kind, TODAY)


def test_two_years_from_a_leap_day_is_the_last_of_february():
    assert two_years_on(date(2028, 2, 29)) == date(2030, 2, 28)


def test_what_is_wrong_is_a_sentence_about_the_field():
    for typed, sentence in {
        "31/2/1961": "Date of birth must be a real date: that month has fewer days",
        "Fell": "Date of birth must be a real date, like 27 3 1968",
        "1/1/2030": "Date of birth must be in the past",
        "1/1/1066": "Date of birth must be in 1900 or later",
    }.items():
        with pytest.raises(DateInvalid) as wrong:
            read_day(typed, BORN, TODAY)
        assert wrong.value.message("Date of birth") == sentence


def test_parts_of_three_boxes_are_read_and_the_wrong_one_named():
    assert read_parts(" 12 ", "March", "61", BORN, TODAY) == date(1961, 3, 12)
    for parts, part in [(("12", "3", "196"), "year"), (("12", "3", "19611"), "year"),
                        (("9" * 500, "3", "1961"), "day"), (("-1", "3", "1961"), "day"),
                        (("12", "x", "1961"), "month"), (("١", "3", "1961"), "day")]:  # fmt: skip
        with pytest.raises(DateInvalid) as wrong:
            read_parts(*parts, BORN, TODAY)
        assert wrong.value.part == part


@pytest.mark.parametrize(
    ("words", "rest"),
    [("Fell 12/3/61", "Fell"), ("Fell, 12-Mar-1961", "Fell"), ("12031961 Fell", "Fell"),
     ("Fell 12 March 1961 Jane", "Fell Jane"), ("1961-03-12 Fell", "Fell")],
)  # fmt: skip
def test_a_date_is_found_among_other_words(words, rest):
    assert find_day(words, BORN, TODAY) == (date(1961, 3, 12), rest)


def test_words_without_a_date_are_left_and_a_wrong_date_is_refused():
    assert find_day("Fell", BORN, TODAY) == (None, "Fell")
    assert find_day("2 Smith 1961", BORN, TODAY) == (None, "2 Smith 1961")
    with pytest.raises(DateInvalid):
        find_day("Fell 31 2 1961", BORN, TODAY)
