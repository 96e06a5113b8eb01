"""How pages say things."""

from datetime import date, time

import pytest

from booking.pages.filters import (
    by_limits,
    capitalize_first,
    hide_number,
    say_days,
    say_journey,
    say_week,
)
from sites.abilities import Abilities
from sites.places import Hours, Machine, Visit
from sites.travel import Journey


@pytest.mark.parametrize(
    ("journey", "said"),
    [
        (Journey(1, 46.4, 32.7, 22.5, "roads"), "46 minutes by car, 33 miles by road"),
        (Journey(1, 0.7, 0.9, 0.6, "roads"), "1 minute by car, 0.9 miles by road"),
        (Journey(1, 0.0, 0.0, 0.0, "roads"), "Less than half a mile away"),
        (Journey(1, 24, 12.4, 0.4, "roads"), "24 minutes by car, 12 miles by road"),
        (Journey(1, 4, 1.0, 0.8, "osrm"), "4 minutes by car, 1 mile by road"),
        (Journey(1, 19, 9.94, 8, "roads"), "19 minutes by car, 9.9 miles by road"),
        (Journey(1, 19, 9.97, 8, "roads"), "19 minutes by car, 10 miles by road"),
        (Journey(1, 40, 30, 22.6, "geodesic"), "About 23 miles in a straight line"),
        (Journey(1, 9, 6, 5, "geodesic"), "About 5 miles in a straight line"),
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


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 12, 3), date(2026, 12, 14), "3 to 14 December"),
        (date(2026, 12, 3), date(2026, 12, 3), "3 December"),
        (date(2026, 11, 30), date(2026, 12, 12), "30 November to 12 December"),
        (date(2026, 12, 28), date(2027, 1, 9), "28 December 2026 to 9 January 2027"),
    ],
)
def test_days_of_a_stop_are_said_as_people_say_them(first, last, said):
    assert say_days(Visit(1, "v", "The van", "MR", 1, first, last, time(8), time(18))) == said


def test_days_that_are_alike_are_said_together_and_closed_days_too():
    week = [Hours(day, time(8), time(20)) for day in range(5)] + [Hours(5, time(9, 30), time(12))]

    assert say_week(week) == [
        ("Monday to Friday", "8am to 8pm"),
        ("Saturday", "9:30am to midday"),
        ("Sunday", "Closed"),
    ]


def test_machines_that_are_alike_are_said_once_with_their_limits_in_plain_words():
    mri = Machine("MR", "MRI 1", Abilities(bore_cm=70, table_kg=250, contrast=False))

    assert by_limits([Machine("CT", "CT 1"), mri, mri]) == [
        ("CT", 1, []),
        (
            "MRI",
            2,
            [
                "For people who weigh up to 250 kilograms (39 stone).",
                "You lie in an opening 70 centimetres wide.",
                "Cannot do scans that need a dye (contrast).",
            ],
        ),
    ]
