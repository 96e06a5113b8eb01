"""What the pages of the questions before a scan ask: the question itself, and who answers it."""

from collections.abc import Mapping
from typing import Any, cast

from booking.exams.questions.answering import Carer
from booking.exams.questions.question import DONT_KNOW, Question
from booking.pages.fields import NhsField, NumberField, RadiosField, TextField, WeightField
from booking.pages.forms import NhsForm

KG = "kg"
NOT_CHOSEN = "Choose an answer. If you are not sure, choose “I don’t know”"
CARER, MYSELF = "carer", "patient"
RELATIONS = (
    "Parent or guardian",
    "Husband, wife or partner",
    "Son or daughter",
    "Other family or friend",
    "Paid carer or support worker",
)
"""Who somebody is to the patient, as it is stored and as staff read it."""


class QuestionForm(NhsForm):
    """One question; the field `answer` is made as its kind asks for."""

    answer = RadiosField(label="")

    def __init__(
        self, data: Mapping[str, Any] | None, *, question: Question, name: str, **options: Any
    ) -> None:
        """Take what was sent, the question, and the patient's name if somebody else answers."""
        super().__init__(data, **options)
        self.fields["answer"] = _field_of(question, name)


class WhoForm(NhsForm):
    """Whether the patient answers, or somebody for them."""

    who = RadiosField(
        label="Who is answering the questions?", label_size="l", is_page_heading=True,
        choices=[(MYSELF, ""), (CARER, "")], missing="Choose who is answering",
    )  # fmt: skip

    def __init__(
        self, data: Mapping[str, Any] | None, *, name: str, is_child: bool, **options: Any
    ) -> None:
        """Take what was sent, and of whom the questions are: an adult answers for a child."""
        super().__init__(data, **options)
        adult = "I am an adult, and I answer" if is_child else "I am answering"
        choices = [(MYSELF, f"I am {name}"), (CARER, f"{adult} for {name}")]
        field = cast(RadiosField, self.fields["who"])
        field.choices = choices[::-1] if is_child else choices
        if is_child:
            field.hint = f"{name} is under 16, so an adult should answer if they can."


class CarerForm(NhsForm):
    """Who answers for the patient."""

    carer_name = TextField(
        label="Your name", hint="First name and last name.", missing="Enter your name",
        longest=200, autocomplete="name", spellcheck=False,
    )  # fmt: skip
    relation = RadiosField(
        label="Who are you to them?", label_size="s", choices=[(one, one) for one in RELATIONS],
        missing="Choose who you are to them",
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any] | None, *, name: str, **options: Any) -> None:
        """Take what was sent, and the patient's name."""
        super().__init__(data, **options)
        self.fields["relation"].label = f"Who are you to {name}?"
        missing = f"Choose who you are to {name}"
        self.fields["relation"].error_messages.update(required=missing, invalid_choice=missing)

    @property
    def carer(self) -> Carer:
        """Who answers, of a form without errors."""
        return Carer(self.cleaned_data["carer_name"], self.cleaned_data["relation"])


def _field_of(question: Question, name: str) -> NhsField:
    """Return the field that a question is answered in."""
    words: dict[str, Any] = {
        "label": question.words_for(name), "label_size": "l", "is_page_heading": True,
        "missing": NOT_CHOSEN, "hint": question.hint_for(name),
    }  # fmt: skip
    if question.limits is None:
        choices = [(one.value, one.words) for one in question.choices]
        return RadiosField(choices=choices, apart=DONT_KNOW, **words)
    unknown = question.choice(DONT_KNOW)
    limits: dict[str, Any] = {
        "least": question.limits.least, "most": question.limits.most,
        "unknown": (DONT_KNOW, unknown.words if unknown else "I don’t know"),
    }  # fmt: skip
    if question.limits.unit == KG:
        return WeightField(**words, **limits)
    return NumberField(unit=question.limits.unit, **words, **limits)
