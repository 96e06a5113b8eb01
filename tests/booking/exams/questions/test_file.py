"""A file of questions that cannot be used is refused, naming the question and the line."""

import io
from types import SimpleNamespace

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command

from booking.exams.questions import file
from booking.exams.questions.file import QuestionFileInvalid, parse

GOOD = """version = 3
days = 100
[due]
stop = 1
hold = 2
before = 1
[[question]]
id = "metal"
kind = "yes_no"
words = "Is there metal?"
for_other = "Has {name} metal?"
answers = [
  { value = "yes", words = "Yes", outcome = "stop", staff = "Metal.", patient = "We phone." },
  { value = "no", words = "No", outcome = "ok" },
  { value = "dont_know", words = "I don’t know", outcome = "stop", staff = "?", patient = "We." },
]
[[question]]
id = "out"
kind = "yes_no"
modalities = ["MR"]
after = { question = "metal", answers = ["yes"] }
words = "Is it out?"
for_other = "Is it out of {name}?"
answers = [
  { value = "yes", words = "Yes", outcome = "ok" },
  { value = "no", words = "No", outcome = "tell", staff = "Not out.", patient = "They know." },
  { value = "dont_know", words = "I don’t know", outcome = "hold", staff = "?", patient = "We." },
]
[[question]]
id = "weight"
kind = "number"
least = 20
most = 300
unit = "kg"
words = "How heavy?"
for_other = "How heavy is {name}?"
answers = [
  { value = "", words = "kg", outcome = "filter", staff = "H", patient = "W", need = "weight_kg" },
  { value = "dont_know", words = "I don’t know", outcome = "stop", staff = "?", patient = "We." },
]
"""
WRONG = {
    "a circle": (
        'kind = "yes_no"\nwords = "Is there',
        'kind = "yes_no"\nafter = { question = "out", answers = ["yes"] }\nwords = "Is there',
        "line 7: question “metal”: it comes after “out”, which comes after it: a circle",
    ),
    "an unknown outcome": (
        'outcome = "hold"',
        'outcome = "maybe"',
        "line 27: question “out”: answer “dont_know”: there is no outcome “maybe”; there are ok,"
        " tell, filter, hold, stop",
    ),
    "a missing word": (
        'words = "Is it out?"\n',
        "",
        "line 17: question “out”: “words” is missing",
    ),
    "an answer without its words": (
        'value = "no", words = "No", outcome = "tell"',
        'value = "no", outcome = "tell"',
        "line 26: question “out”: answer “no”: “words” is missing",
    ),
    "no reason for staff": (
        'outcome = "tell", staff = "Not out.", ',
        'outcome = "tell", ',
        "line 26: question “out”: answer “no”: “staff” is missing",
    ),
    "nothing for the patient": (
        'staff = "Metal.", patient = "We phone."',
        'staff = "Metal."',
        "line 13: question “metal”: answer “yes”: “patient” is missing",
    ),
    "a question that is not there": (
        'question = "metal"',
        'question = "wood"',
        "line 17: question “out”: it comes after “wood”, and there is no such question that can be"
        " read",
    ),
    "an answer that is not there": (
        'answers = ["yes"] }',
        'answers = ["perhaps"] }',
        "line 17: question “out”: it comes after the answer “perhaps”, which “metal” does not have",
    ),
    "I don't know that is ok": (
        'value = "dont_know", words = "I don’t know", outcome = "hold"',
        'value = "dont_know", words = "I don’t know", outcome = "ok"',
        "line 17: question “out”: answer “dont_know”: “I don’t know” is never ok",
    ),
    "no I don't know": (
        '  { value = "dont_know", words = "I don’t know", outcome = "stop", staff = "?", patient ='
        ' "We." },\n]\n[[question]]\nid = "out"',
        ']\n[[question]]\nid = "out"',
        "line 7: question “metal”: “I don’t know” is missing: an answer with the value “dont_know”",
    ),
    "an unknown modality": (
        '["MR"]',
        '["XX"]',
        "line 20: question “out”: “modalities” has “XX”; there are CT, MR, DX, BMD, NM, US",
    ),
    "an unknown region": (
        'modalities = ["MR"]',
        'regions = ["tail"]',
        "line 20: question “out”: “regions” has “tail”; there are head, neck,",
    ),
    "an unknown dye": (
        'modalities = ["MR"]',
        'contrasts = ["ink"]',
        "line 20: question “out”: “contrasts” has “ink”; there are iodinated, gadolinium",
    ),
    "the same id twice": (
        'id = "out"',
        'id = "metal"',
        "line 17: question “metal”: another question has the same id",
    ),
    "no version": ("version = 3\n", "", "version is missing"),
    "a version that is no number": ("version = 3", 'version = "new"', "version is no whole number"),
    "no due times": ("[due]\nstop = 1\nhold = 2\nbefore = 1\n", "", "[due] is missing"),
    "a limit that is no number": (
        "most = 300",
        'most = "heavy"',
        "line 33: question “weight”: “most” is no whole number from 0 to 10000",
    ),
    "limits the wrong way round": ("least = 20", "least = 400", "least is not above most"),
    "an age that is no number": (
        'modalities = ["MR"]',
        'age_from = "old"',
        "line 20: question “out”: “age_from” is no whole number from 0 to 130",
    ),
    "ages the wrong way round": (
        'modalities = ["MR"]',
        "age_from = 50\nage_to = 20",
        "line 17: question “out”: “age_from” is above “age_to”",
    ),
    "a slip in a field's name": (
        'modalities = ["MR"]',
        'modality = ["MR"]',
        "line 20: question “out”: “modality” is nothing that a question has",
    ),
    "a filter without a need": (', need = "weight_kg"', "", "a filter needs a “need”"),
    "an unknown need": ('need = "weight_kg"', 'need = "wings"', "there is no need “wings”"),
    "nobody's name": ("of {name}?", "of them?", "“for_other” does not name the patient"),
    "an answer twice": (
        'value = "no", words = "No", outcome = "tell"',
        'value = "yes", words = "No", outcome = "tell"',
        "question “out”: the answer “yes” is there twice",
    ),
    "an id that is none": ('id = "out"', 'id = "Out!"', "its id is missing, or is not small"),
    "no TOML": ("version = 3", "version = ", "this is not TOML"),
    "no question": ("[[question]]", "[[questions]]", "there is no question"),
}


def test_a_good_file_is_read_with_all_it_says():
    questions = parse(GOOD)

    assert (questions.version, questions.due.hold) == (3, 2)
    assert [one.id for one in questions] == ["metal", "out", "weight"]
    assert questions.by_id["out"].days == 100
    assert questions.by_id["out"].line == 17


@pytest.mark.parametrize("what", list(WRONG))
def test_what_is_wrong_is_refused_with_its_question_and_line(what):
    was, becomes, error = WRONG[what]
    assert was in GOOD

    with pytest.raises(QuestionFileInvalid) as refused:
        parse(GOOD.replace(was, becomes))

    assert any(error in said for said in refused.value.errors), refused.value.errors


def test_all_that_is_wrong_is_said_at_once():
    wrong = GOOD.replace('["MR"]', '["XX"]').replace("most = 300", 'most = "heavy"')

    with pytest.raises(QuestionFileInvalid) as refused:
        parse(wrong)

    assert [said.split(":")[0] for said in refused.value.errors[:2]] == ["line 20", "line 33"]


def test_the_command_says_what_is_in_a_file_and_what_is_wrong_with_one(tmp_path, capsys):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(GOOD, encoding="utf-8")
    bad.write_text(GOOD.replace('["MR"]', '["XX"]'), encoding="utf-8")

    call_command("check_questions", str(good))

    assert "Version 3: 3 questions" in capsys.readouterr().out
    with pytest.raises(CommandError, match="line 20: question “out”"):
        call_command("check_questions", str(bad))
    with pytest.raises(CommandError, match=r"none\.toml cannot be read"):
        call_command("check_questions", str(tmp_path / "none.toml"))


def test_bytes_that_are_no_text_and_a_file_without_end_are_refused(tmp_path, monkeypatch):
    strange = tmp_path / "strange.toml"
    strange.write_bytes(b"version = 1 # \xff")
    with pytest.raises(QuestionFileInvalid) as refused:
        file.read(strange)
    assert refused.value.errors == ["the file is not UTF-8 text"]
    monkeypatch.setattr(file, "LONGEST", 5)
    with pytest.raises(QuestionFileInvalid, match="longer than 5 bytes"):
        file.read(strange)


def test_the_service_does_not_start_on_a_file_that_cannot_be_used(tmp_path, monkeypatch):
    bad = tmp_path / "questions.toml"
    bad.write_text(GOOD.replace('["MR"]', '["XX"]'), encoding="utf-8")
    monkeypatch.setattr(file, "packaged", lambda: file.read(bad))

    said = [str(one) for one in run_checks() if one.id == "booking.E003"]

    assert len(said) == 1
    assert "line 20: question “out”" in said[0]


def test_an_answer_is_to_the_words_and_answers_of_its_question():
    before, metal = parse(GOOD).by_id, "Is there metal?"
    for was, becomes in [(metal, "Any metal?"), ('words = "No", outcome = "tell"',
                         'words = "Not yet", outcome = "tell"'), ("most = 300", "most = 200"),
                         ('outcome = "tell"', 'outcome = "stop"')]:  # fmt: skip
        after = parse(GOOD.replace(was, becomes)).by_id
        changed = [key for key, one in after.items() if one.digest != before[key].digest]
        assert len(changed) == 1, was

    same = parse(
        GOOD.replace("version = 3", "version = 4")
        .replace("Not out.", "Still in.")
        .replace('["MR"]', '["CT"]')
    )
    assert all(one.digest == before[one.id].digest for one in same)


def test_a_file_without_end_is_not_read_to_its_end():
    class Endless(io.BytesIO):
        def read(self, size=None):
            assert size is not None
            return b"#" * size

    with pytest.raises(QuestionFileInvalid, match="longer than 1000000 bytes"):
        file.read(SimpleNamespace(open=lambda _mode: Endless()))


def test_in_a_log_each_thing_that_is_wrong_has_a_line_of_its_own():
    with pytest.raises(QuestionFileInvalid) as refused:
        parse(GOOD.replace('["MR"]', '["XX"]').replace("most = 300", 'most = "heavy"'))

    assert len(refused.value.errors) > 1
    assert str(refused.value) == "\n".join(refused.value.errors)
