"""A question by itself: its answers, its words, and when it counts as another one."""

from dataclasses import replace

import pytest

from booking.exams.questions.question import Asked, Choice, Kind, Limits, Outcome, Question

UNSURE = Choice("dont_know", "I don’t know", Outcome.HOLD, "S", "P")
NUMBER = Choice("", "kg", Outcome.FILTER, "S", "P", "weight_kg")
WEIGHT = Question(
    "weight", Kind.NUMBER, "How heavy?", "How heavy is {name}?", Asked(), (NUMBER, UNSURE), 10,
    hint="You can guess {name}.", limits=Limits(20, 300, "kg"),
)  # fmt: skip
COLOUR = Question(
    "colour", Kind.CHOICE, "Which?", "Which for {name}?", Asked(),
    (Choice("red", "Red", Outcome.OK), UNSURE), 10,
)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        ("20", NUMBER), ("300", NUMBER), ("19", None), ("301", None), ("", None),
        ("dont_know", UNSURE), ("٢٠٠", None), ("heavy", None),
    ],
)  # fmt: skip
def test_a_number_is_an_answer_within_its_limits(value, choice):
    assert WEIGHT.choice(value) == choice


@pytest.mark.parametrize(
    ("value", "choice"),
    [("red", COLOUR.choices[0]), ("", None), ("20", None), ("dont_know", UNSURE)],
)
def test_a_choice_is_one_of_its_values(value, choice):
    assert COLOUR.choice(value) == choice


def test_an_answer_is_said_in_its_words():
    assert [WEIGHT.say(value) for value in ("95", "dont_know", "x")] == [
        "95 kg",
        "I don’t know",
        "",
    ]
    assert [COLOUR.say(value) for value in ("red", "95", "")] == ["Red", "", ""]


def test_who_answers_for_somebody_reads_the_patients_name():
    assert (WEIGHT.words_for(), WEIGHT.words_for("Ada")) == ("How heavy?", "How heavy is Ada?")
    assert (WEIGHT.hint_for(), WEIGHT.hint_for("Ada")) == (
        "You can guess {name}.", "You can guess Ada."
    )  # fmt: skip
    other = replace(WEIGHT, hint_for_other="Guess for {name}.")
    assert (other.hint_for(), other.hint_for("Ada")) == (
        "You can guess {name}.", "Guess for Ada."
    )  # fmt: skip
    assert COLOUR.hint_for("Ada") == ""


def test_outcomes_are_ranked_from_mild_to_grave():
    assert [one.rank for one in Outcome] == [0, 1, 2, 3, 4]
    assert list(Outcome) == ["ok", "tell", "filter", "hold", "stop"]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "x"}, {"kind": Kind.CHOICE}, {"words": "x"}, {"for_other": "x"}, {"hint": "x"},
        {"hint_for_other": "x"}, {"limits": Limits(21, 300, "kg")},
        {"limits": Limits(20, 301, "kg")},
        {"limits": Limits(20, 300, "st")}, {"choices": (NUMBER,)},
        {"choices": (replace(NUMBER, value="x"), UNSURE)},
        {"choices": (replace(NUMBER, words="x"), UNSURE)},
        {"choices": (replace(NUMBER, outcome=Outcome.STOP), UNSURE)},
        {"choices": (replace(NUMBER, need="wide"), UNSURE)},
    ],
)  # fmt: skip
def test_with_other_words_answers_or_outcomes_it_must_be_answered_anew(changes):
    assert replace(WEIGHT, **changes).digest != WEIGHT.digest
    assert len(WEIGHT.digest) == 16


@pytest.mark.parametrize(
    "changes",
    [
        {"asked": Asked(modalities=("MR",))}, {"days": 11}, {"line": 5},
        {"choices": (replace(NUMBER, staff="x", patient="x"), UNSURE)},
    ],
)  # fmt: skip
def test_whom_it_asks_and_what_is_told_afterwards_make_it_no_other(changes):
    assert replace(WEIGHT, **changes).digest == WEIGHT.digest
