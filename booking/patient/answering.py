"""Who answers the questions before a scan in this session, and what a question's page carries.

Nothing of it stands in an address: a question's is a keyed hash that differs for each request, and
names neither the question nor the patient.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from booking.exams.questions import asking, file
from booking.exams.questions.answering import Carer
from booking.exams.questions.asking import Asking
from booking.exams.questions.question import Question
from booking.models import Answer, Referral
from booking.pages.subject import SubjectChanged
from times.london import day_in_england

SALT = "booking.patient.answering"
ADDRESS_LETTERS = 12
ADULT = 16
"""From this age on people answer for themselves, unless they say otherwise."""


@dataclass(frozen=True)
class Seen:
    """What a page asked: which question of which request, by which version of the file, and the
    answer that it showed, 0 if none.
    """

    referral: int
    question: str
    version: int
    answer: int


def token_of(seen: Seen) -> str:
    """Return what a question's form carries, signed."""
    return signing.dumps(asdict(seen), salt=SALT)


def read_seen(posted: Mapping[str, str]) -> Seen:
    """Return what a form was asked. Raises SubjectChanged if we did not write it."""
    try:
        return Seen(**signing.loads(posted.get("asked", ""), salt=SALT))
    except (signing.BadSignature, TypeError, ValueError):
        raise SubjectChanged from None


def address_of(referral: Referral, question: Question) -> str:
    """Return the part of an address that opens a question of this request, and of no other."""
    return salted_hmac(SALT, f"{referral.pk}.{question.id}").hexdigest()[:ADDRESS_LETTERS]


def question_at(referral: Referral, address: str) -> Question | None:
    """Return the question that an address opens; None if none of the file's."""
    return next((one for one in file.current() if address_of(referral, one) == address), None)


def keep_carer(request: HttpRequest, carer: Carer | None) -> None:
    """Remember who answers: somebody for the patient, or the patient."""
    request.session["answering"] = asdict(carer) if carer else {}


def carer_of(request: HttpRequest) -> Carer | None:
    """Return who answers for the patient in this session, None if the patient does."""
    kept = request.session.get("answering")
    return Carer(**kept) if kept else None


def must_ask_who(request: HttpRequest, referral: Referral, *, now: datetime) -> bool:
    """Whether it must be asked first who answers: of a child, once a session."""
    return is_child(referral, now=now) and "answering" not in request.session


def is_child(referral: Referral, *, now: datetime) -> bool:
    """Whether the patient is under 16 today."""
    return asking.age_of(referral.patient.born, day_in_england(now)) < ADULT


def name_of(request: HttpRequest, referral: Referral) -> str:
    """Return the name by which the pages speak of the patient; empty if they speak with them."""
    return first_name(referral) if carer_of(request) else ""


def first_name(referral: Referral) -> str:
    """Return what the patient is called, the whole name if there is no given one."""
    return referral.patient.given_name or referral.patient.name


def answer_now(referral: Referral, question: Question) -> Answer | None:
    """Return the current answer to a question, whether it still counts or not."""
    current = Answer.objects.filter(referral=referral, question=question.id, is_current=True)
    return current.first()


@dataclass(frozen=True)
class Progress:
    """How far somebody has come: the questions of this visit, and whether more may follow.

    `number` counts from 1. `may_grow`: an answer that is still to be given may bring more.
    """

    number: int
    total: int
    may_grow: bool


def progress_of(
    request: HttpRequest, referral: Referral, asked: Asking, question: Question, *, now: datetime
) -> Progress | None:
    """Return how far this visit has come; None of a question that is only changed."""
    ours = questions_of_visit(request, asked, now=now)
    if question not in ours or not asked.unanswered:
        return None
    return Progress(ours.index(question) + 1, len(ours), _may_grow(referral, asked, now=now))


def questions_of_visit(request: HttpRequest, asked: Asking, *, now: datetime) -> list[Question]:
    """Return the questions that are open, and those that were answered since they were opened.

    What was answered on another day is not asked again, and not counted.
    """
    began = request.session.setdefault("questions_since", now.isoformat())
    since = datetime.fromisoformat(began)
    return [
        question
        for question in asked.questions
        if question.id not in asked.answers or asked.answers[question.id].at >= since
    ]


def _may_grow(referral: Referral, asked: Asking, *, now: datetime) -> bool:
    """Whether a question that is open has others that follow on it."""
    subject = asking.subject_of(referral, now=now)
    open_ones = {question.id for question in asked.unanswered}
    return any(
        one.asked.after and one.asked.after.question in open_ones and asking.is_asked(one, subject)
        for one in file.current()
    )
