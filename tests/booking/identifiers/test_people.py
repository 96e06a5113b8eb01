"""NHS numbers as people type them."""

import pytest

from booking.identifiers.people import WrongCheckDigit, read_nhs_number, say_nhs_number


@pytest.mark.parametrize("typed", [
    "9434765870", "943 476 5870", "943-476-5870", " 943\t476 5870\n", "943\u00a0476\u00a05870",
    "943\u2013476\u20135870", "９４３４７６５８７０",
])  # fmt: skip
def test_however_a_number_is_spaced_it_is_kept_as_ten_digits(typed):
    assert read_nhs_number(typed) == "9434765870"


@pytest.mark.parametrize("typed", ["", "943476587", "94347658700", "943476587X", "Iris Bell"])
def test_what_is_not_ten_digits_is_no_number(typed):
    assert read_nhs_number(typed) is None


@pytest.mark.parametrize("last", "123456789")
def test_any_other_last_digit_is_a_slip_of_the_finger(last):
    with pytest.raises(WrongCheckDigit):
        read_nhs_number(f"943476587{last}")


@pytest.mark.parametrize("last", "0123456789")
def test_nine_digits_whose_check_would_be_ten_are_no_number_whatever_follows(last):
    with pytest.raises(WrongCheckDigit):
        read_nhs_number(f"987654408{last}")


def test_a_number_is_said_in_groups():
    assert say_nhs_number("9434765870") == "943 476 5870"
    assert say_nhs_number("") == "not known"
