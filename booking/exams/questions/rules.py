"""What must hold among the questions of a file, once each can be read."""

from collections import Counter
from collections.abc import Iterator, Sequence

from booking.exams.questions.question import DONT_KNOW, NEEDS, WEIGHT, Kind, Outcome, Question

YES_NO = {"yes", "no", DONT_KNOW}


def problems(questions: Sequence[Question]) -> Iterator[tuple[Question, str]]:
    """Return what is wrong, with the question it is wrong of."""
    known = {question.id: question for question in questions}
    times = Counter(question.id for question in questions)
    for question in questions:
        if times[question.id] > 1:
            yield question, "another question has the same id"
        yield from ((question, problem) for problem in _of_answers(question))
        yield from ((question, problem) for problem in _of_age(question))
        yield from ((question, problem) for problem in _of_follow_up(question, known))


def _of_answers(question: Question) -> Iterator[str]:
    values = [choice.value for choice in question.choices]
    for value, times in Counter(values).items():
        if times > 1:
            yield f"the answer “{value}” is there twice"
    if DONT_KNOW not in values:
        yield f"“I don’t know” is missing: an answer with the value “{DONT_KNOW}”"
    if question.kind == Kind.YES_NO and set(values) != YES_NO:
        yield "a yes_no question has the answers yes, no and dont_know"
    if question.kind == Kind.NUMBER and (len(values) != 2 or values[0]):
        yield "a question for a number has two answers: one without a value, for any number, first"
    if question.kind == Kind.CHOICE and (len(values) < 2 or "" in values):
        yield "a choice has at least two answers, each with a value"
    if "{name}" not in question.for_other:
        yield "“for_other” does not name the patient: it has no {name}"
    for choice in question.choices:
        yield from (f"answer “{choice.value}”: {one}" for one in _of_choice(question, choice.value))


def _of_choice(question: Question, value: str) -> Iterator[str]:
    choice = next(one for one in question.choices if one.value == value)
    if value == DONT_KNOW and choice.outcome == Outcome.OK:
        yield "“I don’t know” is never ok"
    if choice.outcome == Outcome.FILTER and not choice.need:
        yield f"a filter needs a “need”: one of {', '.join(NEEDS)}"
    if choice.outcome != Outcome.FILTER and choice.need:
        yield "only a filter has a “need”"
    if choice.need == WEIGHT and (question.limits is None or value):
        yield "a weight is the answer of a question for a number"
    if choice.need and choice.need != WEIGHT and question.limits:
        yield "a number can only be a weight"


def _of_age(question: Question) -> Iterator[str]:
    asked = question.asked
    if asked.age_from is not None and asked.age_to is not None and asked.age_from > asked.age_to:
        yield "“age_from” is above “age_to”"


def _of_follow_up(question: Question, known: dict[str, Question]) -> Iterator[str]:
    after = question.asked.after
    if after is None:
        return
    earlier = known.get(after.question)
    if earlier is None:
        yield f"it comes after “{after.question}”, and there is no such question that can be read"
        return
    values = {choice.value for choice in earlier.choices if choice.value}
    for value in after.answers:
        if value not in values:
            yield f"it comes after the answer “{value}”, which “{after.question}” does not have"
    if _is_in_a_circle(question, known):
        yield f"it comes after “{after.question}”, which comes after it: a circle"


def _is_in_a_circle(question: Question, known: dict[str, Question]) -> bool:
    seen: set[str] = set()
    at: Question | None = question
    while at is not None and at.asked.after and at.id not in seen:
        seen.add(at.id)
        at = known.get(at.asked.after.question)
        if at is question:
            return True
    return False
