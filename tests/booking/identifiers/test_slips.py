"""Birthdays and codes that are one slip away."""

from datetime import date

import pytest

from booking.identifiers.slips import (
    CENTURY,
    ONE_DIGIT,
    ONE_YEAR,
    SWAPPED,
    TWO_DIGITS,
    codes_near,
    days_near,
)

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (date(1961, 12, 3), SWAPPED),
        (date(1961, 3, 13), ONE_DIGIT),
        (date(1961, 2, 12), ONE_DIGIT),
        (date(1981, 3, 12), ONE_DIGIT),
        (date(1960, 3, 12), ONE_YEAR),
        (date(1961, 3, 21), TWO_DIGITS),
        (date(1916, 3, 12), TWO_DIGITS),
    ],
)
def test_a_birthday_one_slip_away_is_near_and_its_slip_is_named(other, why):
    assert days_near(date(1961, 3, 12), TODAY)[other] == why


def test_birthdays_further_away_in_the_future_or_the_same_are_not_near():
    near = days_near(date(1961, 3, 12), TODAY)

    assert len(near) < 60
    assert not {date(1961, 3, 12), date(1971, 4, 12), date(1962, 3, 13)} & set(near)
    assert max(days_near(TODAY, TODAY)) < TODAY
    assert days_near(date(1999, 12, 31), TODAY)[date(1998, 12, 31)] == ONE_YEAR
    assert days_near(date(2021, 3, 12), TODAY)[date(1921, 3, 12)] == CENTURY
    assert date(1899, 12, 31) not in days_near(date(1900, 12, 31), TODAY)
    assert days_near(date(2000, 2, 29), TODAY)


@pytest.mark.parametrize(
    "heard",
    ["7KQ49CRP", "7kq4 9crp", "7KQ49CR", "KQ49CRB", "77KQ49CRB", "7KQ49CRBB", "K7Q49CRB",
     "7KQ49CR8", "7KO49CRB", "7KQ4-9CR1"],
)  # fmt: skip
def test_a_code_one_letter_away_is_near(heard):
    assert "7KQ49CRB" in codes_near(heard)


@pytest.mark.parametrize(
    "heard",
    ["", "7KQ49CPP", "7KQ49C", "7OO49CRB", "Smith", "Clarkson", "12031961", "24101956", "Ünïcødé8"],
)
def test_what_is_no_code_or_two_letters_away_is_not(heard):
    assert "7KQ49CRB" not in codes_near(heard)


def test_a_right_code_is_not_near_itself_and_has_few_beside_it():
    near = codes_near("7KQ49CRB")

    assert "7KQ49CRB" not in near
    assert 190 < len(near) < 210
