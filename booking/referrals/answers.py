"""Answers to the questions before a scan that a trust sends with its referral, so that nobody is
asked twice. Checked whole before the referral is taken, written down after it.

`now` is passed in, aware, UTC. `actor` is the trust, as AuditEntry says it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from booking.appointments import safety
from booking.exams.questions import answering, file
from booking.identifiers.actors import Actor
from booking.models import Referral
from booking.referrals.submission import ReferralInvalid

FIELD = "answers"
"""How errors name what is wrong with all of them; of one question, its id stands after a stop."""


def check(sent: Sequence[tuple[str, str]], version: int | None) -> dict[str, str]:
    """Return each question's answer, as it is stored. Raises ReferralInvalid with every error.

    `version` is the file's that was asked; what was asked by another one is not taken.
    """
    questions, errors, found = file.current(), dict[str, str](), dict[str, str]()
    if sent and version != questions.version:
        raise ReferralInvalid(
            {FIELD: f"Ask the questions of version {questions.version}: others are not taken"}
        )
    for question_id, value in sent:
        question, field = questions.by_id.get(question_id), f"{FIELD}.{question_id[:40]}"
        if question is None:
            errors[field] = f"There is no question {question_id[:40]!r}"
        elif question_id in found:
            errors[field] = f"{question_id} is answered twice"
        else:
            try:
                found[question_id] = answering.read_value(question, value)
            except answering.NoSuchAnswer:
                known = [one.value for one in question.choices if one.value]
                limits = question.limits
                number = [f"{limits.least} to {limits.most} {limits.unit}"] if limits else []
                among = ", ".join([*number, *known])
                errors[field] = f"{value[:40]!r} is no answer to {question_id}. Send {among}"
    if errors:
        raise ReferralInvalid(errors)
    return found


def take(referral: Referral, answers: Mapping[str, str], *, now: datetime, actor: Actor) -> None:
    """Write down what a trust answered, in the order of the questions.

    What is not asked of this exam or this patient is passed over: nobody would read it.
    """
    questions = file.current()
    with transaction.atomic():
        for question in questions:
            if question.id not in answers:
                continue
            try:
                answering.answer(
                    referral,
                    question.id,
                    answers[question.id],
                    version=questions.version,
                    now=now,
                    actor=actor,
                )
            except (answering.QuestionNotAsked, answering.AskedLater):
                continue
        safety.tell_trusts(referral, now=now)
