"""Answers to the questions before a scan, for tests of what comes after them."""

from datetime import UTC, datetime

from booking.exams.questions import file
from booking.exams.questions.question import DONT_KNOW, Question
from booking.models import Answer, Referral

BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
FOR_EVER = datetime(2100, 1, 1, tzinfo=UTC)


def harmless(question: Question) -> str:
    """The value of an answer after which nothing speaks against booking; else the mildest."""
    known = [choice for choice in question.choices if choice.value not in ("", DONT_KNOW)]
    return min(known, key=lambda one: one.outcome.rank).value if known else DONT_KNOW


def answered(referral: Referral) -> Referral:
    """Answer every question of the file harmlessly, whatever the exam is or will be."""
    questions = file.current()
    Answer.objects.bulk_create(
        Answer(
            referral=referral, question=question.id, version=questions.version,
            digest=question.digest, value=harmless(question), answered_by="patient",
            who=Answer.Who.PATIENT, at=BEFORE, expires_at=FOR_EVER,
        )
        for question in questions
    )  # fmt: skip
    return referral
