"""The file against the design's table: every question, answer, exam and age."""

import itertools

import pytest

from booking.exams.questions import file
from booking.exams.questions.asking import Subject, applying
from booking.exams.questions.question import DONT_KNOW
from booking.models import Exam
from sites.models import MODALITIES
from tests.booking.exams.questions.table import TABLE

AGES = [0, 11, 12, 15, 16, 40, 55, 56, 90]
SUBJECTS = [
    Subject(*subject)
    for subject in itertools.product(
        MODALITIES, Exam.Contrast.values, ["", *Exam.Region.values], AGES
    )
]


def by_hand(row, subject, values):
    least, most = row.ages
    asked = (
        subject.modality in row.modalities
        and subject.contrast in row.contrasts
        and least <= subject.age <= most
    )
    if not asked or row.after is None:
        return asked
    earlier, answers = row.after
    return by_hand(TABLE[earlier], subject, values) and values.get(earlier) in answers


def test_the_file_has_the_questions_of_the_table():
    assert set(file.packaged().by_id) == set(TABLE)


@pytest.mark.parametrize("question", list(TABLE))
def test_from_each_answer_follows_what_the_table_says(question):
    row, asked = TABLE[question], file.packaged().by_id[question]
    yes = "130" if question == "weight" else "yes"

    assert asked.choice(yes).outcome == row.yes
    assert asked.choice(DONT_KNOW).outcome == row.dont_know
    if row.no:
        assert asked.choice("no").outcome == row.no


@pytest.mark.parametrize("answer", ["yes", "no", DONT_KNOW])
def test_each_exam_and_age_is_asked_what_the_table_says(answer):
    questions = file.packaged()
    values = dict.fromkeys(TABLE, answer)

    for subject in SUBJECTS:
        asked = {one.id for one in applying(questions, subject, values)}
        wanted = {key for key, row in TABLE.items() if by_hand(row, subject, values)}

        assert asked == wanted, subject


def test_nobody_is_asked_what_follows_on_a_question_before_it_is_answered():
    for subject in SUBJECTS:
        assert all(one.asked.after is None for one in applying(file.packaged(), subject, {}))


def test_what_a_scanner_must_have_is_asked_of_it():
    needs = {
        (question.id, choice.need)
        for question in file.packaged()
        for choice in question.choices
        if choice.need
    }

    assert needs == {
        ("weight", "weight_kg"),
        ("wide", "wide"),
        ("step_free", "step_free"),
        ("hoist", "hoist"),
    }


def test_i_do_not_know_is_an_answer_of_every_question_and_never_ok():
    for question in file.packaged():
        assert question.choice(DONT_KNOW).words == "I don’t know"
        assert question.choice(DONT_KNOW).outcome != "ok"


def test_whatever_is_not_ok_is_said_to_staff_and_to_the_patient():
    for question in file.packaged():
        for choice in question.choices:
            assert (choice.outcome == "ok") == (not choice.staff)
            assert (choice.outcome == "ok") == (not choice.patient)
            assert "safe" not in f"{choice.patient} {question.hint}".lower().split()


def test_somebody_else_is_asked_by_the_patients_name():
    asked = file.packaged().by_id["pacemaker"]

    assert asked.words_for() == "Do you have a pacemaker or a defibrillator?"
    assert asked.words_for("Ada {name}") == ("Does Ada {name} have a pacemaker or a defibrillator?")
