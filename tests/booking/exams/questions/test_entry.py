"""Each field of a question in the file: what it may hold, and what is said where it does not."""

import pytest

from booking.exams.questions import file
from booking.exams.questions.file import QuestionFileInvalid, parse
from booking.exams.questions.question import After, Asked, Choice, Due, Kind, Limits, Outcome

FULL = """version = 1
days = 100
[due]
stop = 1
hold = 2
before = 1
[[question]]
id = "metal"
kind = "yes_no"
words = " Is there metal? "
for_other = "Has {name} metal?"
hint = "A clip."
hint_for_other = "A clip of {name}."
modalities = ["MR", "CT"]
contrasts = ["iodinated", "gadolinium"]
regions = ["head", "neck"]
age_from = 0
age_to = 130
days = 3650
answers = [
  { value = "yes", words = "Yes", outcome = "stop", staff = " Metal. ", patient = "We phone." },
  { value = "no", words = "No", outcome = "ok" },
  { value = "dont_know", words = "?", outcome = "tell", staff = "S", patient = "P" },
]
[[question]]
id = "weight"
kind = "number"
after = { question = "metal", answers = ["yes", "no"] }
least = 0
most = 10000
unit = "kg"
words = "How heavy?"
for_other = "How heavy is {name}?"
answers = [
  { value = "", words = "kg", outcome = "filter", staff = "H", patient = "W", need = "weight_kg" },
  { value = "dont_know", words = "I don’t know", outcome = "stop", staff = "?", patient = "We." },
]
"""


def wrong_with(text):
    with pytest.raises(QuestionFileInvalid) as refused:
        parse(text)
    return refused.value.errors


def changed(was, becomes):
    assert FULL.count(was) == 1, was
    return FULL.replace(was, becomes)


def test_all_that_a_question_says_is_kept():
    questions = parse(FULL)
    metal, weight = questions

    assert (questions.version, questions.due) == (1, Due(1, 2, 1))
    assert (metal.id, metal.kind, metal.line, metal.days) == ("metal", Kind.YES_NO, 7, 3650)
    assert (metal.words, metal.for_other) == ("Is there metal?", "Has {name} metal?")
    assert (metal.hint, metal.hint_for_other) == ("A clip.", "A clip of {name}.")
    assert metal.asked == Asked(
        ("MR", "CT"), ("iodinated", "gadolinium"), ("head", "neck"), age_from=0, age_to=130
    )
    assert metal.choices == (
        Choice("yes", "Yes", Outcome.STOP, "Metal.", "We phone."),
        Choice("no", "No", Outcome.OK),
        Choice("dont_know", "?", Outcome.TELL, "S", "P"),
    )
    assert metal.limits is None
    assert (weight.limits, weight.line, weight.days) == (Limits(0, 10000, "kg"), 25, 100)
    assert weight.asked == Asked(after=After("metal", ("yes", "no")))
    assert (weight.hint, weight.hint_for_other) == ("", "")


@pytest.mark.parametrize(
    ("was", "becomes", "line", "question", "problem"),
    [
        ("age_from = 0", "age_from = -1", 17, "metal",
         "“age_from” is no whole number from 0 to 130"),
        ("age_to = 130", "age_to = 131", 18, "metal", "“age_to” is no whole number from 0 to 130"),
        ("age_to = 130", "age_to = true", 18, "metal", "“age_to” is no whole number from 0 to 130"),
        ("days = 3650", "days = 3651", 19, "metal", "“days” is no whole number from 1 to 3650"),
        ("days = 100", "days = 4000", 25, "weight",
         "“days” is no whole number from 1 to 3650"),
        ("days = 3650", "days = 0", 19, "metal", "“days” is no whole number from 1 to 3650"),
        ("least = 0", "least = -1", 29, "weight", "“least” is no whole number from 0 to 10000"),
        ("most = 10000", "most = 10001", 30, "weight", "“most” is no whole number from 0 to 10000"),
        ("most = 10000\n", "", 25, "weight",
         "a number needs “least” and “most”, and least is not above most"),
        ("least = 0\nmost = 10000", "least = 8\nmost = 7", 30, "weight",
         "a number needs “least” and “most”, and least is not above most"),
        ('unit = "kg"\n', "", 25, "weight", "“unit” is missing"),
        ('unit = "kg"', "unit = 7", 31, "weight", "“unit” is missing"),
        ('["MR", "CT"]', '"MR"', 14, "metal", "“modalities” is no list"),
        ('words = "How heavy?"', 'words = " "', 32, "weight", "“words” is missing"),
        ('hint = "A clip."', "hint = 3", 12, "metal", "“hint” is missing"),
        ('hint = "A clip."', 'hint = "' + "x" * 601 + '"', 12, "metal",
         "“hint” is longer than 600 letters"),
        ('"Yes"', '"' + "x" * 601 + '"', 21, "metal",
         "answer “yes”: “words” is longer than 600 letters"),
        ('id = "metal"', 'id = "' + "m" * 41 + '"', 8, "m" * 41,
         "its id is missing, or is not small letters, digits and _"),
        ('id = "metal"', 'id = "' + "M" * 70 + '"', 8, "M" * 60,
         "its id is missing, or is not small letters, digits and _"),
        ('id = "metal"\n', "", 7, "without an id",
         "its id is missing, or is not small letters, digits and _"),
        ('kind = "yes_no"\n', "", 7, "metal",
         "its kind is missing; there are yes_no, choice, number"),
        ('kind = "yes_no"', 'kind = "maybe"', 9, "metal",
         "there is no kind “maybe”; there are yes_no, choice, number"),
        ('kind = "number"', 'kind = "yes_no"', 30, "weight",
         "only a question for a number has “most”"),
        ('kind = "number"', 'kind = "yes_no"', 29, "weight",
         "only a question for a number has “least”"),
        ('kind = "number"', 'kind = "yes_no"', 31, "weight",
         "only a question for a number has “unit”"),
        ('after = { question = "metal", answers = ["yes", "no"] }', 'after = "metal"', 28, "weight",
         "“after” must name a question and its answers"),
        ('answers = ["yes", "no"] }', "answers = [] }", 28, "weight",
         "“after” must name a question and its answers"),
        ('answers = ["yes", "no"] }', 'answers = "yes" }', 28, "weight",
         "“after” must name a question and its answers"),
        ('answers = ["yes", "no"] }', 'answers = ["yes"], not = 1 }', 28, "weight",
         "“after” must name a question and its answers"),
        ('{ value = "no", words = "No", outcome = "ok" }', '"no"', 7, "metal",
         "its answers are missing"),
        ('outcome = "ok" }', 'outcome = "ok", colour = "red" }', 22, "metal",
         "answer “no”: “colour” is nothing that an answer has"),
        ('outcome = "ok" }', 'outcome = "ok", need = "wings" }', 22, "metal",
         "answer “no”: there is no need “wings”; there are weight_kg, wide, hoist, step_free,"
         " wheelchair_transfer, general_anaesthetic"),
        ('{ value = "no",', '{ value = "No!",', 22, "metal",
         "answer “No!” is not small letters, digits and _"),
        ('{ value = "no",', '{ value = "' + "N" * 70 + '",', 22, "metal",
         "answer “" + "N" * 60 + "” is not small letters, digits and _"),
        (', outcome = "ok" }', " }", 22, "metal",
         "answer “no”: its outcome is missing; there are ok, tell, filter, hold, stop"),
        ('need = "weight_kg"', 'need = "wings"', 25, "weight",
         "answer “”: there is no need “wings”; there are weight_kg, wide, "
         "hoist, step_free, wheelchair_transfer, general_anaesthetic"),
        ("before = 1\n", "before = 1\nsoon = 1\n", 0, "", "[due] “soon” is nothing that it has"),
        ("hold = 2\n", "", 0, "", "[due] hold is missing"),
        ("stop = 1\n", "stop = 0\n", 0, "", "[due] stop is no whole number from 1 on"),
        ("before = 1\n", "before = true\n", 0, "", "[due] before is no whole number from 1 on"),
        ("version = 1\n", "version = 0\n", 0, "", "version is no whole number from 1 on"),
        ("version = 1\n", 'version = 1\ncolour = "red"\n', 0, "",
         "“colour” is nothing that the head of the file has"),
        ("days = 100\n", "", 0, "", "days is missing"),
    ],
)  # fmt: skip
def test_what_a_field_may_not_hold_is_said_with_its_line(was, becomes, line, question, problem):
    where = f"line {line}: question “{question}”: " if line else ""

    assert f"{where}{problem}" in wrong_with(changed(was, becomes))


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("days = 3650", "days = 1"),
        ("least = 0\nmost = 10000", "least = 7\nmost = 7"),
        ('hint = "A clip."', f'hint = "{"x" * 600}"'),
        ("age_from = 0\nage_to = 130", "age_from = 7\nage_to = 7"),
    ],
)
def test_at_the_edges_all_is_well(was, becomes):
    assert len(list(parse(changed(was, becomes)))) == 2


def test_of_questions_that_are_written_on_one_line_no_line_is_told():
    head = 'version = 1\ndays = 1\nquestion = [{ id = "metal" }]\n[due]\n'

    said = wrong_with(f"{head}stop = 1\nhold = 1\nbefore = 1\n")

    assert "question “metal”: its answers are missing" in said


def test_what_is_wrong_with_the_whole_file_comes_first_and_then_line_by_line():
    text = changed('kind = "yes_no"', 'kind = "maybe"').replace('unit = "kg"\n', "")

    said = [one[:8] for one in wrong_with(text.replace("days = 100\n", ""))]

    assert said == ["days is ", "line 8: ", "line 24:"]


def test_what_is_wrong_on_one_line_stands_as_it_is_found():
    text = changed('kind = "yes_no"\n', "").replace('{ value = "no", words = "No"', '"no", { x = 1')

    assert [one.split(": ")[2].split(";")[0] for one in wrong_with(text)][:2] == [
        "its kind is missing",
        "its answers are missing",
    ]


def test_a_file_may_be_as_long_as_it_may_be(tmp_path, monkeypatch):
    good = tmp_path / "good.toml"
    good.write_text(FULL, encoding="utf-8")
    size = good.stat().st_size
    monkeypatch.setattr(file, "LONGEST", size)
    assert file.read(good).version == 1

    monkeypatch.setattr(file, "LONGEST", size - 1)
    with pytest.raises(QuestionFileInvalid) as refused:
        file.read(good)
    assert refused.value.errors == [f"the file is longer than {size - 1} bytes"]


def test_an_answer_without_a_value_is_any_number():
    (_, weight) = parse(changed('{ value = "", words = "kg"', '{ words = "kg"'))

    assert weight.choices[0].value == ""


def test_an_answer_may_be_written_line_by_line():
    head, _, answers = FULL.rpartition("answers = [")
    lines = [one.strip(" {},") for one in answers.strip().splitlines()[:-1]]
    written = "\n".join("[[question.answers]]\n" + one.replace('", ', '"\n') for one in lines)

    assert parse(head + written) == parse(FULL)
    said = wrong_with((head + written).replace('need = "weight_kg"', 'need = "wings"'))

    at = head.count("\n") + 2
    assert said[0].startswith(f"line {at}: question “weight”: answer “”: there is no need “wings”")


@pytest.mark.parametrize("questions", ["question = []", "question = 3", 'question = ["x"]', ""])
def test_without_a_question_nothing_can_be_asked(questions):
    head = f"version = 1\ndays = 1\n{questions}\n[due]\nstop = 1\nhold = 1\nbefore = 1\n"

    assert wrong_with(head) == ["there is no question: each begins with a line [[question]]"]


def test_the_last_line_of_a_question_is_its_own():
    text = changed("days = 3650\n", "").replace("]\n[[question]]", "]\ndays = 0\n[[question]]")

    assert wrong_with(text)[:1] == [
        "line 24: question “metal”: “days” is no whole number from 1 to 3650"
    ]


def test_without_due_times_it_is_said_what_they_are():
    assert wrong_with(changed("[due]\nstop = 1\nhold = 2\nbefore = 1\n", "")) == [
        "[due] is missing: in how many working days a person sees to an answer"
    ]
