"""What must hold among the questions of a file: each rule by itself, said in full."""

from dataclasses import replace

import pytest

from booking.exams.questions.question import After, Asked, Choice, Kind, Limits, Outcome, Question
from booking.exams.questions.rules import problems

YES, NO = Choice("yes", "Yes", Outcome.STOP, "S", "P"), Choice("no", "No", Outcome.OK)
NUMBER = "a question for a number has two answers: one without a value, for any number, first"
CHOICE = "a choice has at least two answers, each with a value"
NEEDS = "weight_kg, wide, hoist, step_free, wheelchair_transfer, general_anaesthetic"
UNSURE = Choice("dont_know", "I don’t know", Outcome.HOLD, "S", "P")
ANY = Choice("", "kg", Outcome.FILTER, "S", "P", "weight_kg")


def question(name, *choices, kind=Kind.YES_NO, after=None, **more):
    asked = Asked(after=After(*after) if after else None)
    fields = {"words": "W?", "for_other": "W of {name}?", "days": 1, **more}
    return Question(name, kind, asked=asked, choices=choices or (YES, NO, UNSURE), **fields)


def weight(*choices, **more):
    fields = {"limits": Limits(20, 300, "kg"), **more}
    return question("weight", *(choices or (ANY, UNSURE)), kind=Kind.NUMBER, **fields)


def said(*questions):
    return [(one.id, problem) for one, problem in problems(questions)]


def test_of_sound_questions_nothing_is_said():
    colour = question("colour", Choice("red", "R", Outcome.OK), UNSURE, kind=Kind.CHOICE)
    later = question("later", after=("colour", ("red", "dont_know")))
    last = question("last", after=("later", ("yes",)))
    ages = replace(colour, id="ages", asked=Asked(age_from=5, age_to=5))
    open_end = replace(colour, id="open", asked=Asked(age_from=5))
    open_start = replace(colour, id="start", asked=Asked(age_to=5))
    wide = question("wide", replace(YES, outcome=Outcome.FILTER, need="wide"), NO, UNSURE)

    assert said(colour, later, last, ages, open_end, open_start, wide, weight()) == []


@pytest.mark.parametrize(
    ("one", "problem"),
    [
        (question("q", YES, YES, NO, UNSURE), "the answer “yes” is there twice"),
        (
            question("q", YES, UNSURE),
            "a yes_no question has the answers yes, no and dont_know",
        ),
        (
            question("q", YES, NO, UNSURE, Choice("red", "R", Outcome.OK)),
            "a yes_no question has the answers yes, no and dont_know",
        ),
        (question("q", UNSURE, kind=Kind.CHOICE), CHOICE),
        (
            question("q", Choice("", "R", Outcome.OK), UNSURE, kind=Kind.CHOICE),
            CHOICE,
        ),
        (
            question("q", Choice("a", "R", Outcome.OK), YES, kind=Kind.CHOICE),
            "“I don’t know” is missing: an answer with the value “dont_know”",
        ),
        (weight(ANY, NO, UNSURE), NUMBER),
        (weight(UNSURE, ANY), NUMBER),
        (question("q", for_other="W?"), "“for_other” does not name the patient: it has no {name}"),
        (
            question("q", YES, NO, replace(UNSURE, outcome=Outcome.OK)),
            "answer “dont_know”: “I don’t know” is never ok",
        ),
        (
            question("q", replace(YES, outcome=Outcome.FILTER), NO, UNSURE),
            f"answer “yes”: a filter needs a “need”: one of {NEEDS}",
        ),
        (
            question("q", replace(YES, need="wide"), NO, UNSURE),
            "answer “yes”: only a filter has a “need”",
        ),
        (
            question("q", replace(YES, outcome=Outcome.FILTER, need="weight_kg"), NO, UNSURE),
            "answer “yes”: a weight is the answer of a question for a number",
        ),
        (
            weight(ANY, replace(UNSURE, outcome=Outcome.FILTER, need="weight_kg")),
            "answer “dont_know”: a weight is the answer of a question for a number",
        ),
        (weight(replace(ANY, need="wide"), UNSURE), "answer “”: a number can only be a weight"),
        (replace(question("q"), asked=Asked(age_from=6, age_to=5)), "“age_from” is above “age_to”"),
        (
            question("q", after=("none", ("yes",))),
            "it comes after “none”, and there is no such question that can be read",
        ),
        (
            question("q", after=("q", ("yes",))),
            "it comes after “q”, which comes after it: a circle",
        ),
    ],
)
def test_each_rule_is_said_of_its_question(one, problem):
    assert said(one) == [(one.id, problem)]


def test_an_answer_that_the_earlier_question_does_not_have_is_said():
    after_any = question("q", after=("weight", ("", "dont_know", "red")))

    assert said(weight(), after_any) == [
        ("q", "it comes after the answer “”, which “weight” does not have"),
        ("q", "it comes after the answer “red”, which “weight” does not have"),
    ]


def test_a_circle_of_three_is_said_of_each_and_not_of_what_comes_after_it():
    ring = [
        question(one, after=(before, ("yes",)))
        for one, before in (("a", "c"), ("b", "a"), ("c", "b"))
    ]
    outside = question("d", after=("a", ("yes",)))

    assert said(*ring, outside) == [
        (one, f"it comes after “{before}”, which comes after it: a circle")
        for one, before in (("a", "c"), ("b", "a"), ("c", "b"))
    ]


def test_two_with_one_id_are_both_named():
    found = said(question("q"), question("q"), question("other"))

    assert found == [("q", "another question has the same id")] * 2
