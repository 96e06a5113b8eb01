"""How pages say things."""

import pytest

from booking.words import capitalize_first, hide_number, say_journey
from sites.travel import Journey


@pytest.mark.parametrize(
    ("journey", "said"),
    [
        (Journey(1, 46.4, 32.7, 22.5, "roads"), "46 minutes by car, 22.5 miles in a straight line"),
        (Journey(1, 0.7, 0.9, 0.6, "roads"), "1 minute by car, 0.6 miles in a straight line"),
        (Journey(1, 0.0, 0.0, 0.0, "roads"), "Less than half a mile away"),
        (Journey(1, 40, 30, 22.5, "geodesic"), "22.5 miles in a straight line"),
    ],
)
def test_a_journey_is_said_in_minutes_and_miles_and_never_guessed(journey, said):
    assert say_journey(journey) == said


def test_only_the_end_of_a_number_is_shown():
    assert hide_number("+447700900461") == "number ending 461"
    assert hide_number("") == "No mobile number"


def test_a_first_letter_is_capital_and_the_rest_stays():
    assert capitalize_first("an MRI scan") == "An MRI scan"
    assert capitalize_first("") == ""
