"""What follows from the answers of a referral, and whether its patient may book by themselves.

`now` is passed in, aware, UTC. Nothing is written here, and nothing here says that a scan is safe.
"""

from dataclasses import dataclass
from datetime import datetime

from booking.exams.questions import asking, due, file, needing
from booking.exams.questions.question import Outcome, Question
from booking.identifiers.actors import Actor, staff_key
from booking.models import Answer, Referral


class BookingNotAllowed(Exception):
    """The answers, or that there are none, stand against a booking. Carries the `result`."""

    def __init__(self, result: "Result") -> None:
        """Remember what follows from the answers."""
        super().__init__(type(self).__name__)
        self.result = result


class QuestionsOpen(BookingNotAllowed):
    """Some questions have no answer that counts: they come first."""


class MustPhone(BookingNotAllowed):
    """A person must speak with the patient first, and phones them."""


class TooSoonToCheck(MustPhone):
    """A person must check an answer before the day of the scan, and at this time it is too late
    for that. A later time can be booked.
    """


@dataclass(frozen=True)
class Finding:
    """What follows from one answer: the question, the answer, and the words about it.

    `staff` is the reason for staff, `patient` what the patient is told. What staff have overridden
    has the outcome that they gave it.
    """

    question: Question
    answer: Answer
    outcome: Outcome
    staff: str
    patient: str


@dataclass(frozen=True)
class Result:
    """What follows from all answers: the gravest outcome, and of each that is not ok why.

    `unanswered` are the questions that are still open.
    """

    outcome: Outcome
    findings: tuple[Finding, ...]
    unanswered: tuple[Question, ...]

    @property
    def reasons(self) -> list[str]:
        """Why, in plain words for staff, the gravest first."""
        return [finding.staff for finding in self.findings]

    @property
    def told(self) -> list[str]:
        """What the patient is told of the gravest outcome, each once."""
        words = [one.patient for one in self.findings if one.outcome == self.outcome]
        return list(dict.fromkeys(words))


def outcome_of(referral: Referral, *, now: datetime) -> Result:
    """Return what follows from the answers that a referral has now."""
    asked = asking.asking_of(referral, now=now)
    findings = []
    for question in asked.questions:
        answer = asked.answers.get(question.id)
        if answer is None:
            continue
        finding = _finding(question, answer, referral)
        if finding.outcome != Outcome.OK:
            findings.append(finding)
    findings.sort(key=lambda one: -one.outcome.rank)
    worst = findings[0].outcome if findings else Outcome.OK
    return Result(worst, tuple(findings), tuple(asked.unanswered))


def must_allow_booking(
    referral: Referral,
    *,
    now: datetime,
    actor: Actor,
    start: datetime | None = None,
    is_own: bool = False,
) -> Result:
    """Return what follows from the answers, if `actor` may hold or book a time that starts then.

    Raises MustPhone; QuestionsOpen, but for staff, who ask by phone, and for a trust that books on
    its own scanner (`is_own`), which asks in its own way; and TooSoonToCheck, but for staff.
    """
    result = outcome_of(referral, now=now)
    if result.outcome == Outcome.STOP:
        raise MustPhone(result)
    if staff_key(actor) is not None:
        return result
    if result.unanswered and not is_own:
        raise QuestionsOpen(result)
    too_late = start and due.last_check(file.current().due, start) <= now
    if result.outcome == Outcome.HOLD and too_late:
        raise TooSoonToCheck(result)
    return result


def _finding(question: Question, answer: Answer, referral: Referral) -> Finding:
    choice = question.choice(answer.value)
    if choice is None:  # the digest says that the answers are those of the file
        return Finding(question, answer, Outcome.STOP, "", "")
    outcome, staff, patient = choice.outcome, choice.staff, choice.patient
    if answer.override:
        outcome = Outcome(answer.override)
    elif outcome == Outcome.FILTER and not needing.is_met_anywhere(choice, answer, referral):
        outcome, staff, patient = Outcome.STOP, f"{staff} {needing.NOWHERE}", needing.WE_PHONE
    return Finding(question, answer, outcome, staff, patient)
