"""Reads the network's file of questions, and says what is wrong with one, by question and line.

The one that was published last counts (booking/exams/publishing.py), before any was the one that
comes with the service. docs/fit.md says how its owners change it. Nothing of a file with an error
is used.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

from booking.exams.questions import rules
from booking.exams.questions.entry import Entry, Errors
from booking.exams.questions.question import Due, QuestionSet
from booking.models import QuestionFile

FILE = Path(__file__).resolve().parents[2] / "data" / "questions.toml"
LONGEST = 1_000_000
"""Bytes: no file of questions is longer."""
KEPT = 60.0
"""Seconds until what another process published is asked here; our own is asked at once."""
_HEAD = re.compile(r"^\s*\[\[\s*question\s*\]\]")


class QuestionFileInvalid(ValueError):
    """The file cannot be used. `errors` says each thing that is wrong, with question and line."""

    def __init__(self, errors: list[str]) -> None:
        """Keep them all, so that they can be put right at once."""
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True)
class _Known:
    """The questions as they were looked up last: when, by the clock of the process, and which."""

    at: float
    key: int
    questions: QuestionSet


_known: list[_Known] = []


def current() -> QuestionSet:
    """Return the questions that are asked now, read anew after KEPT. Raises QuestionFileInvalid."""
    if _known and monotonic() - _known[0].at < KEPT:
        return _known[0].questions
    newest = QuestionFile.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    questions = _published(newest) if newest else packaged()
    _known[:] = [_Known(monotonic(), newest, questions)]
    return questions


def forget() -> None:
    """Look the questions up anew when they are asked for next."""
    _known.clear()


@cache
def packaged() -> QuestionSet:
    """Return the questions that come with the service. Raises QuestionFileInvalid."""
    return read(FILE)


def text_of_current() -> str:
    """Return the file that is asked now, as it was written."""
    newest = QuestionFile.objects.order_by("-pk").first()
    return newest.text if newest else FILE.read_text(encoding="utf-8")


def _published(key: int) -> QuestionSet:
    if _known and _known[0].key == key:
        return _known[0].questions
    return parse(QuestionFile.objects.get(pk=key).text)


def read(path: Path) -> QuestionSet:
    """Read a file of questions. Raises QuestionFileInvalid; OSError if there is no such file."""
    with path.open("rb") as file:
        return parse(text_of(file.read(LONGEST + 1)))


def text_of(raw: bytes) -> str:
    """Return the text of a file's bytes, with or without a mark. Raises QuestionFileInvalid."""
    if len(raw) > LONGEST:
        raise QuestionFileInvalid([f"the file is longer than {LONGEST} bytes"])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise QuestionFileInvalid(["the file is not UTF-8 text"]) from None


def parse(text: str) -> QuestionSet:
    """Read the text of a file of questions. Raises QuestionFileInvalid."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise QuestionFileInvalid([f"this is not TOML: {error}"]) from None
    errors = Errors()
    entries = _entries(table, text.splitlines(), errors)
    days = _whole(table, "days", errors)
    questions = [question for entry in entries if (question := entry.question(days))]
    for entry, problem in rules.problems(questions):
        errors.add(problem, entry.id, entry.line)
    version, due = _whole(table, "version", errors), _due(table, errors)
    if errors.found:
        raise QuestionFileInvalid(errors.in_order())
    return QuestionSet(version=version, due=due, questions=tuple(questions))


def _entries(table: dict[str, Any], lines: list[str], errors: Errors) -> list[Entry]:
    found = table.get("question")
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        errors.add("there is no question: each begins with a line [[question]]")
        return []
    for name in set(table) - {"version", "days", "due", "question"}:
        errors.add(f"“{name}” is nothing that the head of the file has")
    heads = [number for number, line in enumerate(lines, 1) if _HEAD.match(line)]
    if len(heads) != len(found):  # written in a way of its own: no line can be told
        return [Entry(one, 0, [], errors) for one in found]
    ends = [*(head - 1 for head in heads[1:]), len(lines)]
    return [
        Entry(one, head, lines[head - 1 : end], errors)
        for one, head, end in zip(found, heads, ends, strict=True)
    ]


def _whole(table: dict[str, Any], name: str, errors: Errors, where: str = "") -> int:
    """Return a whole number of the file's head, at least 1."""
    value = table.get(name)
    if value is None:
        errors.add(f"{where}{name} is missing")
    elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
        errors.add(f"{where}{name} is no whole number from 1 on")
    else:
        return value
    return 1


def _due(table: dict[str, Any], errors: Errors) -> Due:
    due = table.get("due")
    if not isinstance(due, dict):
        errors.add("[due] is missing: in how many working days a person sees to an answer")
        return Due(1, 1, 1)
    for name in set(due) - {"stop", "hold", "before"}:
        errors.add(f"[due] “{name}” is nothing that it has")
    stop, hold, before = (
        _whole(due, name, errors, "[due] ") for name in ("stop", "hold", "before")
    )
    return Due(stop, hold, before)
