"""The questions before a scan: what was answered, what follows, and what a clerk does now."""

from dataclasses import dataclass
from datetime import datetime

from booking.appointments import safety
from booking.appointments.booking import live_appointment
from booking.clerk.forms.questions import say_override
from booking.clerk.permissions import Action, may
from booking.exams.needed import ADULT
from booking.exams.questions import asking as asking_now
from booking.exams.questions import outcomes, seeing
from booking.exams.questions.answering import Carer
from booking.exams.questions.asking import Asking
from booking.exams.questions.outcomes import Result
from booking.exams.questions.question import Choice, Outcome, Question
from booking.identifiers.actors import staff_key
from booking.models import Answer, Referral, Staff
from times.london import day_in_england

WHAT_TO_DO = {
    Outcome.OK: "Go on. Nothing that was answered stands against booking. Staff ask again at the"
    " scan.",
    Outcome.TELL: "Go on. The staff at the scan are told.",
    Outcome.FILTER: "Go on. Only places that can do this are listed.",
    Outcome.HOLD: "Book. A person checks the answer before the day: it goes on the list.",
    Outcome.STOP: "Do not book. A person must talk about it with the patient first.",
}

WHEN_BOOKED = {
    Outcome.HOLD: "It is booked. A person checks the answer before the day: this is on the list.",
    Outcome.STOP: "It is booked. A person must talk about it with the patient before the scan.",
}
"""The same once a time to come is booked."""


@dataclass(frozen=True)
class AnswerLine:
    """An answer from which something follows: what, who gave it, and what staff made of it."""

    question: Question
    answer: Answer
    choice: Choice
    said: str
    by: str
    override: str
    overridden_by: str


@dataclass(frozen=True)
class Answers:
    """What follows from the answers of one referral; `due_at` is by when somebody phones."""

    referral: Referral
    asking: Asking
    result: Result
    lines: list[AnswerLine]
    what_to_do: str
    due_at: datetime | None
    may_override: bool
    carer: Carer | None
    """Who answered for the patient the last time that anybody did."""

    @property
    def left(self) -> int:
        """How many questions are still to be asked."""
        return len(self.result.unanswered)


def show_answers(referral: Referral, staff: Staff, now: datetime) -> Answers:
    """Return the answers and what follows from them; that this person saw them is written down."""
    asking = seeing.seen_by(referral, now=now, actor=staff.actor)
    result = outcomes.outcome_of(referral, now=now)
    row = safety.row_of(referral)
    names = _names(asking)
    lines = [
        line
        for question in asking.questions
        if (answer := asking.answers.get(question.id)) and (line := _line(question, answer, names))
    ]
    what_to_do, live = WHAT_TO_DO[result.outcome], live_appointment(referral)
    if live and live.start > now:
        what_to_do = WHEN_BOOKED.get(result.outcome, what_to_do)
    return Answers(
        referral,
        asking,
        result,
        lines,
        what_to_do,
        row.due_at if row else None,
        may(staff, Action.OVERRIDE),
        carer_of(asking),
    )


def carer_of(asking: Asking) -> Carer | None:
    """Return who answers for the patient, by the last of the answers; None if they do."""
    last = max(asking.answers.values(), key=lambda answer: answer.at, default=None)
    return Carer(last.carer_name, last.carer_relation) if last and last.carer_name else None


def speaks_of(referral: Referral, answers: Answers, *, now: datetime) -> bool:
    """Whether the questions speak of the patient: somebody else answered them, or it is a child."""
    age = asking_now.age_of(referral.patient.born, day_in_england(now))
    return answers.carer is not None or age < ADULT


def first_name(referral: Referral) -> str:
    """Return what the patient is called, the whole name if there is no given one."""
    return str(referral.patient.given_name or referral.patient.name)


@dataclass(frozen=True)
class QuestionsToAsk:
    """How the questions of a referral stand, for the screen of the patient."""

    asked: int
    left: int
    outcome: Outcome

    @property
    def is_stopped(self) -> bool:
        """Whether a person must speak with the patient before anything is booked."""
        return self.outcome == Outcome.STOP


def questions_to_ask(referral: Referral, staff: Staff, now: datetime) -> QuestionsToAsk | None:
    """Return how they stand; None if none applies, it is over, or this person may not see them."""
    if referral.ended_at or not may(staff, Action.ANSWERS):
        return None
    asked = asking_now.asking_of(referral, now=now)
    if not asked.questions:
        return None
    outcome = outcomes.outcome_of(referral, now=now).outcome
    return QuestionsToAsk(len(asked.questions), len(asked.unanswered), outcome)


def _line(question: Question, answer: Answer, names: dict[int, str]) -> AnswerLine | None:
    choice = question.choice(answer.value)
    if choice is None or (choice.outcome == Outcome.OK and not answer.override):
        return None
    return AnswerLine(
        question,
        answer,
        choice,
        question.say(answer.value),
        _say_who(answer, names),
        say_override(answer),
        names.get(staff_key(answer.overridden_by) or 0, "staff"),
    )


def _say_who(answer: Answer, names: dict[int, str]) -> str:
    if answer.who == Answer.Who.CLERK:
        clerk = names.get(staff_key(answer.answered_by) or 0, "staff")
        with_whom = f"{answer.carer_name}, {answer.carer_relation}," if answer.carer_name else ""
        return f"{with_whom or 'the patient'} by phone with {clerk}"
    if answer.who == Answer.Who.CARER:
        return f"{answer.carer_name}, {answer.carer_relation}, for the patient"
    return str(answer.get_who_display())


def _names(asking: Asking) -> dict[int, str]:
    """Return the names of the staff who wrote answers down or overrode what follows from them."""
    actors = {
        staff_key(actor)
        for answer in asking.answers.values()
        for actor in (answer.answered_by, answer.overridden_by)
    }
    known = Staff.objects.select_related("user").filter(pk__in=actors - {None})
    return {one.pk: one.user.get_full_name() or one.user.username for one in known}
