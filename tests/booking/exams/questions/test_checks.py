"""What is said before the service starts, of a file of questions that cannot be used."""

from django.core.checks import Error

from booking.exams.questions import checks, file
from booking.exams.questions.file import QuestionFileInvalid


def test_of_the_file_that_comes_with_the_service_nothing_is_said():
    assert checks.questions_can_be_asked(None) == []


def test_each_thing_that_is_wrong_is_an_error_of_its_own(monkeypatch):
    def invalid():
        raise QuestionFileInvalid(["line 7: this", "line 9: that"])

    monkeypatch.setattr(file, "packaged", invalid)

    assert checks.questions_can_be_asked(None) == [
        Error(f"questions.toml, {problem}.", hint="See docs/fit.md.", id="booking.E003")
        for problem in ("line 7: this", "line 9: that")
    ]


def test_a_file_that_is_not_there_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(file, "packaged", lambda: file.read(tmp_path / "none.toml"))

    assert checks.questions_can_be_asked(None) == [
        Error("questions.toml cannot be read: No such file or directory.", id="booking.E002")
    ]
