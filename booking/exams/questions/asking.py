"""Who is asked what now: the questions that apply to a referral, given what was answered so far.

`now` is passed in, aware, UTC. Nothing is written here.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from booking.exams.questions import file
from booking.exams.questions.question import Question, QuestionSet
from booking.models import Answer, Referral
from times.london import day_in_england


@dataclass(frozen=True)
class Subject:
    """What decides who is asked: the exam, and the patient's age in whole years."""

    modality: str
    contrast: str
    region: str
    age: int


@dataclass(frozen=True)
class Asking:
    """The questions that apply to one referral now, and the answers that count.

    An answer counts while it is current, has not expired, and was to the words that the file has.
    """

    questions: list[Question]
    answers: dict[str, Answer]

    @property
    def unanswered(self) -> list[Question]:
        """The questions that are still to be answered, in their order."""
        return [question for question in self.questions if question.id not in self.answers]


def questions_of(referral: Referral, *, now: datetime) -> list[Question]:
    """Return the questions that apply, answered or not, in their order."""
    return asking_of(referral, now=now).questions


def next_question(referral: Referral, *, now: datetime) -> Question | None:
    """Return the first question that has no answer that counts; None if there is none."""
    return next(iter(asking_of(referral, now=now).unanswered), None)


def asking_of(referral: Referral, *, now: datetime) -> Asking:
    """Return the questions that apply to a referral, with the answers that count."""
    questions = file.current()
    current = _current(referral)
    counting = that_count(questions, current, now=now)
    values = {key: answer.value for key, answer in counting.items()}
    asked = applying(questions, subject_of(referral, now=now), values)
    ids = {question.id for question in asked}
    return Asking(asked, {key: one for key, one in counting.items() if key in ids})


def read_answers(referrals: Collection[Referral]) -> None:
    """Read the current answers of many referrals at once: what is asked of each is then not asked
    of the database again. For who is done with them before anybody could answer anew.
    """
    found: dict[int, list[Answer]] = {one.pk: [] for one in referrals}
    what_counts = ("referral", "question", "digest", "value", "override", "expires_at")
    for answer in current_answers().filter(referral__in=found).only(*what_counts):
        found[answer.referral_id].append(answer)
    for one in referrals:
        one.answers_read = found[one.pk]


def _current(referral: Referral) -> Iterable[Answer]:
    if referral.answers_read is not None:
        return referral.answers_read
    return current_answers().filter(referral=referral)


def current_answers() -> QuerySet[Answer]:
    """Return the answers that no newer one has taken the place of."""
    return Answer.objects.filter(is_current=True)


def give_answers(referral: Referral, answers: list[Answer]) -> None:
    """Let a referral that is only read, as for a page, have its current answers from here on."""
    referral.answers_read = answers


@contextmanager
def answers_given(referral: Referral, answers: list[Answer]) -> Iterator[None]:
    """Let a referral have these current answers inside the block: whoever asks in it asks no more
    of the database. For answers that were read under the patient's lock."""
    before, referral.answers_read = referral.answers_read, answers
    try:
        yield
    finally:
        referral.answers_read = before


def that_count(
    questions: QuestionSet, answers: Iterable[Answer], *, now: datetime
) -> dict[str, Answer]:
    """Return those of current answers that have not expired and are to the words of now."""
    return {
        answer.question: answer
        for answer in answers
        if (question := questions.by_id.get(answer.question))
        and answer.digest == question.digest
        and answer.expires_at > now
    }


def applying(questions: QuestionSet, subject: Subject, values: Mapping[str, str]) -> list[Question]:
    """Return the questions that apply to such a subject who answered so, by question."""
    known: dict[str, bool] = {}

    def applies(question: Question) -> bool:
        if question.id not in known:
            after = question.asked.after
            known[question.id] = is_asked(question, subject) and (
                after is None
                or (
                    applies(questions.by_id[after.question])
                    and values.get(after.question) in after.answers
                )
            )
        return known[question.id]

    return [question for question in questions if applies(question)]


def is_asked(question: Question, subject: Subject) -> bool:
    """Whether a question is for this exam and age, whatever was answered before.

    An exam of which nobody said where in the body it is, is taken to be anywhere.
    """
    asked = question.asked
    return (
        (not asked.modalities or subject.modality in asked.modalities)
        and (not asked.contrasts or subject.contrast in asked.contrasts)
        and (not asked.regions or not subject.region or subject.region in asked.regions)
        and (asked.age_from is None or asked.age_from <= subject.age)
        and (asked.age_to is None or subject.age <= asked.age_to)
    )


def subject_of(referral: Referral, *, now: datetime) -> Subject:
    """Return what decides who is asked, of a referral today."""
    exam = referral.exam
    return Subject(
        modality=exam.modality,
        contrast=exam.contrast,
        region=exam.region,
        age=age_of(referral.patient.born, day_in_england(now)),
    )


def age_of(born: date, today: date) -> int:
    """Return how old somebody is, in whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
