"""One [[question]] of the file, field by field; what is wrong is added to the errors."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from booking.exams.questions.question import (
    NEEDS,
    After,
    Asked,
    Choice,
    Kind,
    Limits,
    Outcome,
    Question,
)
from booking.models import Exam
from sites.models import MODALITIES

ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""Ids and values: stored, and sent to trusts."""
FIELDS = {
    "id", "kind", "words", "for_other", "hint", "hint_for_other", "modalities", "contrasts",
    "regions", "age_from", "age_to", "after", "answers", "least", "most", "unit", "days",
}  # fmt: skip
CONTRASTS = [contrast for contrast in Exam.Contrast.values if contrast]
REGIONS = Exam.Region.values
CHOICE_FIELDS = {"value", "words", "outcome", "staff", "patient", "need"}
OLDEST = 130
LARGEST = 10_000
LONGEST = 600
"""Letters of a word, a hint, a reason."""
Named = TypeVar("Named", bound=StrEnum)


@dataclass
class Errors:
    """What is wrong with a file: each with its line, 0 where none can be told."""

    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, problem: str, question: str = "", line: int = 0) -> None:
        """Add one, of a question or of the whole file."""
        where = f"line {line}: " if line else ""
        whose = f"question “{question}”: " if question else ""
        self.found.append((line, f"{where}{whose}{problem}"))

    def in_order(self) -> list[str]:
        """Return them in the order of the file."""
        return [problem for _, problem in sorted(self.found, key=lambda one: one[0])]


class Entry:
    """The table of one question, the line at which it begins, and its lines."""

    def __init__(self, table: dict[str, Any], line: int, lines: list[str], errors: Errors) -> None:
        """Take it as the file has it."""
        self.table, self.line, self.lines, self.errors = table, line, lines, errors
        self.id = str(table.get("id", "without an id"))[:60]
        self.is_sound = True

    def question(self, days: int) -> Question | None:
        """Return the question; None if something is wrong with it."""
        for name in sorted(set(self.table) - FIELDS):
            self._wrong(f"“{name}” is nothing that a question has", name)
        if not ID.fullmatch(self.id):
            self._wrong("its id is missing, or is not small letters, digits and _", "id")
        kind = self._one_of("kind", Kind, self.table.get("kind"))
        words = {name: self._words(name) for name in ("words", "for_other")}
        hints = {
            name: self._words(name) for name in ("hint", "hint_for_other") if name in self.table
        }
        asked, limits = self._asked(), self._limits(kind)
        choices = self._choices()
        days = self._number("days", 1, 3650, days) or days
        if not self.is_sound or kind is None:
            return None
        return Question(
            id=self.id, kind=kind, asked=asked, choices=choices, days=days, limits=limits,
            line=self.line, **words, **hints,
        )  # fmt: skip

    def _asked(self) -> Asked:
        return Asked(
            modalities=self._names("modalities", list(MODALITIES)),
            contrasts=self._names("contrasts", CONTRASTS),
            regions=self._names("regions", REGIONS),
            age_from=self._number("age_from", 0, OLDEST),
            age_to=self._number("age_to", 0, OLDEST),
            after=self._after(),
        )

    def _after(self) -> After | None:
        after = self.table.get("after")
        if after is None:
            return None
        answers = after.get("answers") if isinstance(after, dict) else None
        if not isinstance(answers, list) or not answers or set(after) != {"question", "answers"}:
            self._wrong("“after” must name a question and its answers", "after")
            return None
        return After(str(after["question"]), tuple(map(str, answers)))

    def _limits(self, kind: Kind | None) -> Limits | None:
        if kind != Kind.NUMBER:
            for name in {"least", "most", "unit"} & set(self.table):
                self._wrong(f"only a question for a number has “{name}”", name)
            return None
        least, most = (self._number(name, 0, LARGEST) for name in ("least", "most"))
        unit = self._words("unit")
        if least is None or most is None or least > most:
            if self.is_sound:
                self._wrong(
                    "a number needs “least” and “most”, and least is not above most", "most"
                )
            return None
        return Limits(least, most, unit)

    def _choices(self) -> tuple[Choice, ...]:
        answers = self.table.get("answers")
        if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
            self._wrong("its answers are missing")
            return ()
        return tuple(choice for one in answers if (choice := self._choice(one)))

    def _choice(self, table: dict[str, Any]) -> Choice | None:
        value = str(table.get("value", ""))
        near = f'value = "{value}"' if value else "value"
        for name in sorted(set(table) - CHOICE_FIELDS):
            self._wrong(f"answer “{value}”: “{name}” is nothing that an answer has", near)
        if value and not ID.fullmatch(value):
            self._wrong(f"answer “{value[:60]}” is not small letters, digits and _", near)
        said = table.get("outcome")
        outcome = self._one_of("outcome", Outcome, said, near, f"answer “{value}”: ")
        needed = ["words"] if outcome == Outcome.OK else ["words", "staff", "patient"]
        texts = {name: self._text(table.get(name), name, near, value) for name in needed}
        need = table.get("need", "")
        if need and need not in NEEDS:
            known = ", ".join(NEEDS)
            self._wrong(f"answer “{value}”: there is no need “{need}”; there are {known}", near)
        if outcome is None:
            return None
        return Choice(value=value, outcome=outcome, need=str(need), **texts)

    def _one_of(
        self, name: str, kinds: type[Named], value: Any, near: str = "", whose: str = ""
    ) -> Named | None:
        if value in list(kinds):
            return kinds(value)
        known = ", ".join(kinds)
        what = f"there is no {name} “{value}”" if value else f"its {name} is missing"
        self._wrong(f"{whose}{what}; there are {known}", near or name)
        return None

    def _words(self, name: str) -> str:
        return self._text(self.table.get(name), name, name)

    def _text(self, value: Any, name: str, near: str, answer: str = "") -> str:
        whose = f"answer “{answer}”: " if near != name else ""
        if not isinstance(value, str) or not value.strip():
            self._wrong(f"{whose}“{name}” is missing", near)
        elif len(value) > LONGEST:
            self._wrong(f"{whose}“{name}” is longer than {LONGEST} letters", near)
        else:
            return value.strip()
        return ""

    def _names(self, name: str, known: list[str]) -> tuple[str, ...]:
        names = self.table.get(name, [])
        if not isinstance(names, list):
            self._wrong(f"“{name}” is no list", name)
            return ()
        for one in names:
            if one not in known:
                there_are = ", ".join(known)
                self._wrong(f"“{name}” has “{one}”; there are {there_are}", name)
        return tuple(map(str, names))

    def _number(self, name: str, least: int, most: int, otherwise: int | None = None) -> int | None:
        value = self.table.get(name, otherwise)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self._wrong(f"“{name}” is no whole number from {least} to {most}", name)
            return None
        return value

    def _wrong(self, problem: str, near: str = "") -> None:
        self.is_sound = False
        self.errors.add(problem, self.id, self.line_of(near))

    def line_of(self, near: str) -> int:
        """Return the line of a field, or of an answer; where none can be told, the first."""
        mark = re.compile(rf"^\s*{re.escape(near)}\s*=" if ID.fullmatch(near) else re.escape(near))
        within = (number for number, line in enumerate(self.lines) if near and mark.search(line))
        return self.line + next(within, 0) if self.line else 0
