"""Weight in the units that people know theirs in; never less than was typed."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from booking.pages.fields import WeightField
from booking.pages.forms import NhsForm


class Form(NhsForm):
    weight = WeightField(
        label="How much do you weigh?", unknown=("dont_know", "I do not know"), least=1, most=500,
        missing="Choose how you want to answer", label_size="l", is_page_heading=True,
    )  # fmt: skip


def form(**typed):
    data = QueryDict(mutable=True)
    for part, value in typed.items():
        data[f"weight[{part}]"] = value
    return Form(data)


@pytest.mark.parametrize(
    ("typed", "kilograms"),
    [
        ({"unit": "kg", "kg": "84"}, "84"),
        ({"unit": "kg", "kg": " 84 kg "}, "84"),
        ({"unit": "kg", "kg": "84,5"}, "85"),
        ({"unit": "kg", "kg": "159.2"}, "160"),  # over a table's limit of 159
        ({"unit": "kg", "kg": "٨٤"}, "84"),
        ({"unit": "stones", "stones": "13", "pounds": "3"}, "84"),
        ({"unit": "stones", "stones": "13"}, "83"),
        ({"unit": "stones", "stones": "12.5 st"}, "80"),
        ({"unit": "stones", "pounds": "185"}, "84"),
        ({"unit": "", "kg": "84"}, "84"),
        ({"unit": "", "stones": "13", "pounds": "3"}, "84"),
        ({"unit": "dont_know", "kg": "84"}, "dont_know"),
        ({"unit": "kg", "kg": "500"}, "500"),
        ({"unit": "kg", "kg": "1"}, "1"),
    ],
)
def test_a_weight_is_read_as_whole_kilograms_rounded_up(typed, kilograms):
    sent = form(**typed)

    assert sent.is_valid(), sent.errors
    assert sent.cleaned_data["weight"] == kilograms


@pytest.mark.parametrize(
    ("typed", "error", "box"),
    [
        ({}, "Choose how you want to answer", "kg"),
        ({"unit": "tons", "kg": "1"}, "Choose how you want to answer", "kg"),
        ({"kg": "84", "stones": "13"}, "Choose how you want to answer", "kg"),
        ({"unit": "kg"}, "Enter the weight in kilograms", "kg-box"),
        ({"unit": "kg", "kg": "about 84"}, "Kilograms must be a number, like 84", "kg-box"),
        ({"unit": "kg", "kg": "²"}, "Kilograms must be a number, like 84", "kg-box"),
        ({"unit": "kg", "kg": "-84"}, "Kilograms must be a number, like 84", "kg-box"),
        ({"unit": "kg", "kg": "0"}, "Weight must be between 1 and 500 kilograms", "kg-box"),
        ({"unit": "kg", "kg": "501"}, "Weight must be between 1 and 500 kilograms", "kg-box"),
        ({"unit": "stones"}, "Enter the weight in stones and pounds", "stones-box"),
        (
            {"unit": "stones", "stones": "13", "pounds": "14"},
            "Pounds must be between 0 and 13, because 14 pounds are a stone",
            "pounds-box",
        ),
        (
            {"unit": "stones", "stones": "84"},
            "Weight must be between 3 pounds and 78 stones",
            "stones-box",
        ),
    ],
)
def test_what_cannot_be_a_weight_is_said_at_its_box(typed, error, box):
    sent = form(**typed)

    assert sent.error_list == [{"text": error, "href": f"#weight-{box}"}]
    printed = str(sent["weight"])
    assert f'id="weight-{box}"' in printed
    for part in ("kg", "stones", "pounds"):
        assert f'value="{typed[part]}"' in printed if typed.get(part) else True


def test_what_was_answered_stands_in_its_box_again():
    known = str(Form(initial={"weight": "84"})["weight"])
    unknown = str(Form(initial={"weight": "dont_know"})["weight"])

    assert 'value="kg" checked' in known
    assert 'value="84"' in known
    assert 'value="dont_know" checked' in unknown


@given(st.integers(1, 35), st.integers(0, 13))
def test_stones_and_pounds_are_never_less_than_they_weigh(stones, pounds):
    sent = form(unit="stones", stones=str(stones), pounds=str(pounds))
    exact = (stones * 14 + pounds) * 0.45359237

    assert sent.is_valid()
    assert exact - 0.005 <= int(sent.cleaned_data["weight"]) < exact + 1
