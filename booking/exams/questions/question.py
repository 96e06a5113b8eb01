"""A question, its answers, and what follows from each: what the network's file says, read."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

DONT_KNOW = "dont_know"
"""The value of "I don't know": an answer of every question, and never one that is ok."""
NEEDS = ("weight_kg", "wide", "hoist", "step_free", "wheelchair_transfer", "general_anaesthetic")
"""What an answer may ask of a scanner: the fields of booking.exams.needed.Needed."""
WEIGHT = "weight_kg"
"""The one that is a number: the answer's own."""


class Outcome(StrEnum):
    """What follows from an answer, the mildest first: the order counts."""

    OK = "ok"
    """Go on."""
    TELL = "tell"
    """Go on; the staff at the scan see it."""
    FILTER = "filter"
    """Go on, to places that can do it."""
    HOLD = "hold"
    """Book; a person checks before the day of the scan."""
    STOP = "stop"
    """Nobody books by themselves: a person phones first."""

    @property
    def rank(self) -> int:
        """How grave it is: of several, the highest counts."""
        return list(Outcome).index(self)


class Kind(StrEnum):
    """How a question is answered."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    NUMBER = "number"


@dataclass(frozen=True)
class Choice:
    """One answer to a question: what is stored, the words on its button, and what follows.

    `staff` is the reason for staff in plain words, `patient` what the patient is told; both are
    empty where it is ok. `need` is what it asks of a scanner (NEEDS).
    """

    value: str
    words: str
    outcome: Outcome
    staff: str = ""
    patient: str = ""
    need: str = ""


@dataclass(frozen=True)
class After:
    """Asked only after another question had one of these answers."""

    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """Of whom a question is asked. What is empty leaves nobody out.

    `contrasts` are the dyes of the exam, `regions` where in the body. The ages, in whole years,
    are both included.
    """

    modalities: tuple[str, ...] = ()
    contrasts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    age_from: int | None = None
    age_to: int | None = None
    after: After | None = None


@dataclass(frozen=True)
class Limits:
    """The smallest and the largest number that is an answer, and its unit: "kg"."""

    least: int
    most: int
    unit: str


@dataclass(frozen=True)
class Question:
    """One question. `for_other` asks it of somebody else, {name} being the patient's.

    `choices` are its answers; of a question for a number the first, whose value is empty, stands
    for any number within the `limits`. An answer counts for `days`. `line` is where it begins in
    the file.
    """

    id: str
    kind: Kind
    words: str
    for_other: str
    asked: Asked
    choices: tuple[Choice, ...]
    days: int
    hint: str = ""
    hint_for_other: str = ""
    limits: Limits | None = None
    line: int = 0

    def choice(self, value: str) -> Choice | None:
        """Return the answer that a stored value is; None if it is none of this question's."""
        if self.limits is None or not _is_number(value):
            return next((one for one in self.choices if one.value == value and value), None)
        within = self.limits.least <= int(value) <= self.limits.most
        return self.choices[0] if within else None

    def say(self, value: str) -> str:
        """Return an answer in words, as pages show it: "Yes", "95 kg"."""
        if self.limits and _is_number(value):
            return f"{value} {self.limits.unit}"
        found = self.choice(value)
        return found.words if found else ""

    def words_for(self, name: str = "") -> str:
        """Return the question to the patient; or, with a name, to somebody who answers for them."""
        return self.for_other.replace("{name}", name) if name else self.words

    def hint_for(self, name: str = "") -> str:
        """Return the hint below it, empty if it has none; with a name, as `words_for`."""
        if not name:
            return self.hint
        return (self.hint_for_other or self.hint).replace("{name}", name)

    @cached_property
    def digest(self) -> str:
        """What tells that an answer was to these words: it changes with words, answers, outcomes.

        Who is asked, for how many days it counts and what is told afterwards are not in it: nobody
        is asked again because of them.
        """
        limits = self.limits and [self.limits.least, self.limits.most, self.limits.unit]
        choices = [[one.value, one.words, one.outcome, one.need] for one in self.choices]
        asked = [self.id, self.kind, self.words, self.for_other, self.hint, self.hint_for_other]
        return hashlib.sha256(json.dumps([asked, limits, choices]).encode()).hexdigest()[:16]


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal()


@dataclass(frozen=True)
class Due:
    """By when a person has seen to an answer, in working days.

    `stop` counts from the answer, `hold` from the booking, and `before` from the day of the scan
    backwards: 1 is by the end of the working day before.
    """

    stop: int
    hold: int
    before: int


@dataclass(frozen=True)
class QuestionSet:
    """All questions of one version of the file, in the order in which they are asked."""

    version: int
    due: Due
    questions: tuple[Question, ...]

    def __iter__(self) -> Iterator[Question]:
        """Return the questions, one after the other."""
        return iter(self.questions)

    @cached_property
    def by_id(self) -> dict[str, Question]:
        """The questions by their ids."""
        return {question.id: question for question in self.questions}
