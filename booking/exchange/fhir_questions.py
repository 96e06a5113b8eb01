"""The questions before a scan as a FHIR Questionnaire, and a referral's answers to them.

linkIds are the questions' ids. Who answered, what follows, and what staff let follow instead are
extensions of our own.
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from booking.exams.questions import asking, file
from booking.exams.questions.asking import Asking
from booking.exams.questions.outcomes import Finding, Result
from booking.exams.questions.question import Asked, Choice, Question
from booking.exchange.fhir_systems import (
    ANSWER,
    ANSWERED_AT,
    ANSWERED_BY,
    ANSWERED_VERSION,
    ASKED_OF,
    OUTCOME,
    OVERRIDE,
)
from booking.models import Answer, Referral

QUESTIONNAIRE = "scan-questions"
"""The id of the one Questionnaire that we have."""
Resource = dict[str, Any]


def canonical() -> str:
    """Return the address that names the Questionnaire, without its version."""
    return f"{settings.PUBLIC_BASE_URL}/fhir/R4/Questionnaire/{QUESTIONNAIRE}"


def questionnaire() -> Resource:
    """Return the file of questions as it is now."""
    questions = file.current()
    return {
        "resourceType": "Questionnaire",
        "id": QUESTIONNAIRE,
        "url": canonical(),
        "version": str(questions.version),
        "title": "Questions before a scan",
        "status": "active",
        "subjectType": ["Patient"],
        "item": [_item(question) for question in questions],
    }


def response(referral: Referral, asked: Asking, result: Result) -> Resource:
    """Return the answers of a referral that count, with what follows from each.

    `completed` once every question that applies is answered.
    """
    follows = {finding.question.id: finding for finding in result.findings}
    answered = [one for one in asked.questions if one.id in asked.answers]
    found: Resource = {
        "resourceType": "QuestionnaireResponse",
        "id": str(referral.pk),
        "questionnaire": f"{canonical()}|{file.current().version}",
        "status": "in-progress" if result.unanswered else "completed",
    }
    if answered:
        latest = max(asked.answers[one.id].at for one in answered)
        found["authored"] = latest.isoformat()
        found["item"] = [
            _answered(one, asked.answers[one.id], follows.get(one.id)) for one in answered
        ]
    return found


def _item(question: Question) -> Resource:
    choices = [one for one in question.choices if one.value]
    found: Resource = {
        "linkId": question.id,
        "text": question.words,
        "type": "open-choice" if question.limits else "choice",
        "answerOption": [{"valueCoding": _coding(one)} for one in choices],
    }
    if of_whom := _of_whom(question.asked):
        found["extension"] = [{"url": ASKED_OF, "valueString": of_whom}]
    if after := question.asked.after:
        found["enableWhen"] = [
            {"question": after.question, "operator": "=",
             "answerCoding": {"system": ANSWER, "code": value}}
            for value in after.answers
        ]  # fmt: skip
        found["enableBehavior"] = "any"
    return found


def _of_whom(asked: Asked) -> str:
    parts = [
        ("modality", asked.modalities),
        ("contrast", asked.contrasts),
        ("region", asked.regions),
        ("age from", [asked.age_from] if asked.age_from is not None else []),
        ("age to", [asked.age_to] if asked.age_to is not None else []),
    ]
    return "; ".join(f"{name} {', '.join(map(str, some))}" for name, some in parts if some)


def _coding(choice: Choice) -> Resource:
    return {"system": ANSWER, "code": choice.value, "display": choice.words}


def _answered(question: Question, answer: Answer, finding: Finding | None) -> Resource:
    choice = question.choice(answer.value)
    if choice and choice.value:
        value: Resource = {"valueCoding": _coding(choice)}
    else:
        unit = question.limits.unit if question.limits else ""
        value = {"valueQuantity": {"value": int(answer.value), "unit": unit}}
    who = str(answer.get_who_display())
    if answer.carer_name:
        who = f"{who}: {answer.carer_name}, {answer.carer_relation}"
    extensions = [
        {"url": ANSWERED_BY, "valueString": who},
        {"url": ANSWERED_AT, "valueDateTime": answer.at.isoformat()},
        {"url": ANSWERED_VERSION, "valueInteger": answer.version},
        {"url": OUTCOME, "valueCode": str(finding.outcome) if finding else "ok"},
    ]
    if answer.override:
        extensions.append({"url": OVERRIDE, "valueString": answer.override_reason})
    return {
        "linkId": question.id,
        "text": question.words,
        "extension": extensions,
        "answer": [value],
    }


def is_asked_anything(referral: Referral, *, now: datetime) -> bool:
    """Whether there is a QuestionnaireResponse of a referral: its exam and its patient decide."""
    subject = asking.subject_of(referral, now=now)
    return bool(asking.applying(file.current(), subject, {}))
