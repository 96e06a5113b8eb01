"""The questions before a scan as a clerk asks them by phone: all that apply, on one page."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from booking.exams.questions import answering
from booking.exams.questions.answering import Carer, NoSuchAnswer
from booking.exams.questions.asking import Asking
from booking.exams.questions.overriding import LONGEST
from booking.exams.questions.question import Kind, Outcome, Question
from booking.models import Answer
from booking.pages.fields import BoundNhsField, HiddenField, RadiosField, TextField
from booking.pages.fields.base import invalid
from booking.pages.forms import NhsForm
from received.numbers import whole_number

LONGEST_SHOWN = 4000
LONGEST_TYPED = 2000
SMALL = "nhsuk-radios--small nhsuk-radios--inline"
OVERRIDES = {
    Outcome.OK: "Nothing: go on",
    Outcome.TELL: "Go on, and the staff at the scan are told",
    Outcome.HOLD: "Book, and a person checks before the day",
    Outcome.STOP: "Do not book: a person phones first",
}
"""What staff may let follow from an answer; what a scanner must be able to do is no such thing."""


@dataclass(frozen=True)
class QuestionLine:
    """A question on the page, and its boxes: a number has one to type in and one for the rest."""

    question: Question
    field: BoundNhsField
    other: BoundNhsField | None


class QuestionsForm(NhsForm):
    """All questions that apply to one referral. What is left open stays open.

    It carries the version of the file, and what was answered when it was shown: only what the
    clerk chose since is an answer, so that nothing that the patient said meanwhile is undone.
    """

    version = HiddenField(longest=20)
    shown = HiddenField(longest=LONGEST_SHOWN)
    carer_name = TextField(label="Name", longest=200, autocomplete="off", classes="desk-input")
    carer_relation = TextField(
        label="Who they are to the patient", longest=100, autocomplete="off", classes="desk-input"
    )

    def __init__(
        self, data: Any = None, *, asking: Asking, version: int, name: str = "", **options: Any
    ) -> None:
        """Ask what applies, with what was answered; `version` is the file's.

        With a name the questions are to somebody who answers for the patient of that name.
        """
        super().__init__(data, **options)
        self.asking, self.name = asking, name
        self.values: dict[str, str] = {}
        shown = {key: answer.value for key, answer in asking.answers.items()}
        self.initial.update(version=str(version), shown=urlencode(shown))
        for question in asking.questions:
            self._add(question, shown.get(question.id, ""))

    def _add(self, question: Question, value: str) -> None:
        name = field_of(question)
        words = {
            "label": question.words_for(self.name),
            "hint": question.hint_for(self.name),
            "label_size": "s",
        }
        choices = [(one.value, one.words) for one in question.choices if one.value]
        if question.kind != Kind.NUMBER:
            self.fields[name] = RadiosField(choices=choices, classes=SMALL, **words)
            self.initial[name] = value
            return
        is_typed = value not in dict(choices)
        self.fields[name] = TextField(
            longest=40, autocomplete="off", classes="nhsuk-input--width-10", **words
        )
        self.fields[f"{name}_other"] = RadiosField(label="Or", choices=choices, classes=SMALL)
        self.initial[name] = value if is_typed else ""
        self.initial[f"{name}_other"] = "" if is_typed else value

    @property
    def lines(self) -> Iterator[QuestionLine]:
        """The questions with their boxes, in their order."""
        for question in self.asking.questions:
            name = field_of(question)
            other = self[f"{name}_other"] if f"{name}_other" in self.fields else None
            yield QuestionLine(question, self[name], other)  # type: ignore[arg-type]

    @property
    def carer(self) -> Carer | None:
        """Who answers for the patient, None if they do themselves."""
        name, relation = self.cleaned_data["carer_name"], self.cleaned_data["carer_relation"]
        return Carer(name, relation) if name else None

    @property
    def version_shown(self) -> int:
        """The version of the file that the page showed."""
        return whole_number(self.cleaned_data["version"]) or 0

    def clean(self) -> dict[str, Any]:
        """Read every answer that was chosen on this page; say which cannot be taken."""
        found = super().clean() or {}
        before = dict(parse_qsl(found.get("shown", "")))
        for question in self.asking.questions:
            name = field_of(question)
            was = before.get(question.id, "")
            # A button cannot be let go of: what stood there before is not chosen again.
            chosen = (found.get(name, ""), found.get(f"{name}_other", ""))
            new = [value for value in chosen if value and value != was]
            if len(new) > 1:
                self.add_error(name, "Type a number, or choose one of the others: not both")
            elif new:
                self._read(question, name, new[0], before)
        for one, missing, words in (
            ("carer_name", "carer_relation", "Say who this person is to the patient"),
            ("carer_relation", "carer_name", "Type the name of who answers"),
        ):
            if found.get(one) and not found.get(missing) and missing not in self.errors:
                self.add_error(missing, words)
        return found

    def _read(self, question: Question, name: str, value: str, before: dict[str, str]) -> None:
        try:
            stored = answering.read_value(question, value)
        except NoSuchAnswer:
            limits = question.limits
            among = f" from {limits.least} to {limits.most} {limits.unit}" if limits else ""
            self.add_error(name, f"Type a number{among}" if limits else "Choose one of these")
            return
        if stored != before.get(question.id):
            self.values[question.id] = stored


def field_of(question: Question) -> str:
    """Return the name of a question's box: the patient's own pages have other ones."""
    return f"q_{question.id}"


class OverrideForm(NhsForm):
    """What shall follow from an answer instead, and why."""

    outcome = RadiosField(
        label="What follows from this answer", missing="Choose what follows",
        choices=[(str(one), words) for one, words in OVERRIDES.items()],
    )  # fmt: skip
    reason = TextField(
        label="Why", hint=f"Up to {LONGEST} characters. Your name is kept with it.",
        missing="Type why", longest=LONGEST_TYPED, autocomplete="off",
    )  # fmt: skip

    def clean_reason(self) -> str:
        """Return the reason; one too long is refused, for it is kept whole."""
        reason: str = self.cleaned_data["reason"]
        if len(reason) > LONGEST:
            raise invalid(f"Why must be {LONGEST} characters or fewer")
        return reason


def say_override(answer: Answer) -> str:
    """Return what staff let follow from an answer, in words; empty if nothing."""
    return OVERRIDES[Outcome(answer.override)] if answer.override else ""
