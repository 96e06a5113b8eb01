"""Writes down an answer. Kept are all of them: a new one takes the earlier one's place as current.

Any question that applies may be answered, in any order, and again: a patient who goes back, two
tabs, a clerk and a patient at once end with the last answer of each, and what comes after an
answer that changed is asked again. `now` is passed in, aware, UTC. `actor` is who does it, as
AuditEntry says it.
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.dispatch import Signal

from booking.changes import audit
from booking.changes.patient_lock import lock_patient_of
from booking.exams.questions import asking, file
from booking.exams.questions.question import Question, QuestionSet
from booking.identifiers.actors import Actor, ActorKind, kind_of
from booking.models import Answer, AuditAction, Referral

Who = Answer.Who
SPEAKING = {ActorKind.STAFF: Who.CLERK, ActorKind.PATIENT: Who.PATIENT}
"""Who answers, by the kind of actor; any other speaks for a trust."""
KG_PER_STONE, KG_PER_POUND = 6.35029318, 0.45359237
_KG = re.compile(r"(\d{1,4})(?:[.,](\d{1,3}))? ?(?:kg|kilos?|kilograms?)?", re.ASCII)
_STONE = re.compile(
    r"(\d{1,3}) ?(?:st|stones?)(?:,? ?(?:and )?(\d{1,2}) ?(?:lb|lbs|pounds?)?)?", re.ASCII
)

answers_changed = Signal()
"""Sent with `referral`, `now` and `actor` inside the transaction in which answers, or what follows
from them, changed; the referral is locked. booking.appointments.safety receives it."""


class AnswerRefused(Exception):
    """An answer that cannot be taken. Nothing was written. Carries the question's id."""

    def __init__(self, question: str) -> None:
        """Remember which question it was."""
        super().__init__(type(self).__name__)
        self.question = question


class QuestionsChanged(AnswerRefused):
    """The file has another version than the page that was answered: it must be read again."""


class QuestionNotAsked(AnswerRefused):
    """There is no such question, or it does not apply to this referral, or that has ended."""


class AskedLater(AnswerRefused):
    """It follows on another question, which has no answer yet: that one comes first."""


class NoSuchAnswer(AnswerRefused):
    """It is none of the question's answers, or no number within its limits."""


@dataclass(frozen=True)
class Carer:
    """Somebody who answers for the patient: their name, and who they are to the patient."""

    name: str
    relation: str


def answer(  # noqa: PLR0913 - the answer, and who gives it when
    referral: Referral,
    question_id: str,
    value: str,
    *,
    version: int,
    now: datetime,
    actor: Actor,
    carer: Carer | None = None,
) -> Answer:
    """Write down an answer to a question of the file's `version`; return it.

    Of a weight `value` is what was typed: "95", "95 kg", "15 stone 4". The same answer again by
    the same person changes nothing. Answers to questions that follow on one that changed count no
    longer. What a trust says never takes the place of a graver answer that a person gave. Raises
    QuestionsChanged, QuestionNotAsked, AskedLater and NoSuchAnswer.
    """
    questions = file.current()
    if version != questions.version:
        raise QuestionsChanged(question_id)
    with transaction.atomic():
        lock_patient_of(referral)
        locked = Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        question = _asked(questions, locked, question_id, now)
        stored = read_value(question, value)
        new = _new(question, stored, now, actor, carer)
        new.referral, new.version = referral, version
        before = Answer.objects.filter(
            referral=referral, question=question.id, is_current=True
        ).first()
        if before and _is_the_same(before, new):
            return before
        if before and _is_graver(question, before, new):
            new.is_current = False
            new.save()
            return new
        _replace(questions, before, new)
        audit.write(
            AuditAction.ANSWERED, now=now, actor=actor, referral=referral,
            question=question.id, answer=new.pk, version=version,
        )  # fmt: skip
        answers_changed.send(sender=None, referral=locked, now=now, actor=actor)
    return new


def read_value(question: Question, typed: str) -> str:
    """Return what is stored of an answer. Raises NoSuchAnswer."""
    value = typed.strip()
    if question.limits and question.limits.unit == "kg" and question.choice(value) is None:
        value = str(_whole_kg(value.lower(), question))
    if question.choice(value) is None:
        raise NoSuchAnswer(question.id)
    return str(int(value)) if question.limits and value.isdecimal() else value


def _whole_kg(typed: str, question: Question) -> int:
    """Return a weight in whole kilograms, rounded up: a table's limit is never understated."""
    if found := _KG.fullmatch(typed):
        return math.ceil(float(f"{found[1]}.{found[2] or 0}"))
    if found := _STONE.fullmatch(typed):
        return math.ceil(int(found[1]) * KG_PER_STONE + int(found[2] or 0) * KG_PER_POUND)
    raise NoSuchAnswer(question.id)


def _asked(questions: QuestionSet, referral: Referral, question_id: str, now: datetime) -> Question:
    question = questions.by_id.get(question_id)
    if question is None or referral.ended_at:
        raise QuestionNotAsked(question_id)
    now_asked = asking.asking_of(referral, now=now)
    if question in now_asked.questions:
        return question
    subject, at = asking.subject_of(referral, now=now), question
    while at.asked.after and asking.is_asked(at, subject):
        at = questions.by_id[at.asked.after.question]
        if at in now_asked.unanswered:
            raise AskedLater(question_id)
    raise QuestionNotAsked(question_id)


def _new(
    question: Question, value: str, now: datetime, actor: Actor, carer: Carer | None
) -> Answer:
    who = SPEAKING.get(ActorKind(kind_of(actor)), Who.TRUST)
    if carer and who == Who.PATIENT:
        who = Who.CARER
    return Answer(
        question=question.id,
        digest=question.digest,
        value=value,
        answered_by=actor,
        who=who,
        carer_name=carer.name if carer else "",
        carer_relation=carer.relation if carer else "",
        at=now,
        expires_at=now + timedelta(days=question.days),
    )


def _is_the_same(before: Answer, new: Answer) -> bool:
    """Whether a press was doubled: the same words, answer and person, on the same day."""
    same = ("value", "digest", "who", "answered_by", "carer_name", "carer_relation")
    lately = new.at - before.at < timedelta(days=1) and before.expires_at > new.at
    return lately and all(getattr(before, name) == getattr(new, name) for name in same)


def _is_graver(question: Question, before: Answer, new: Answer) -> bool:
    """Whether a trust says something milder than what a person answered, which still counts."""
    if new.who != Who.TRUST or before.who == Who.TRUST:
        return False
    if before.digest != new.digest or before.expires_at <= new.at:
        return False
    old, said = question.choice(before.value), question.choice(new.value)
    return old is not None and said is not None and old.outcome.rank >= said.outcome.rank


def _replace(questions: QuestionSet, before: Answer | None, new: Answer) -> None:
    """Make the new answer the current one; if it is another, drop what follows on the old."""
    stale = {new.question}
    if before is None or before.value != new.value:
        stale |= {one.id for one in questions if _follows(questions, one, new.question)}
    current = Answer.objects.filter(referral=new.referral, is_current=True, question__in=stale)
    current.update(is_current=False)
    new.save()


def _follows(questions: QuestionSet, question: Question, on: str) -> bool:
    """Whether a question follows on another one, or on one that does."""
    at = question
    while at.asked.after:
        if at.asked.after.question == on:
            return True
        at = questions.by_id[at.asked.after.question]
    return False
