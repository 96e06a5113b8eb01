"""What a booked patient's page says of the answers: who phones, what is checked, what is open."""

from dataclasses import dataclass
from datetime import datetime

from booking.appointments import safety
from booking.exams.questions import asking
from booking.exams.questions.outcomes import Result, outcome_of
from booking.exams.questions.question import Outcome
from booking.models import Referral, WorklistRow


@dataclass(frozen=True)
class AnswersSaid:
    """What follows from the answers, and the open row by which a person sees to it.

    `must_be_called`: a person phones; else, with a row, they check before the day. `is_asked`:
    there are questions for this scan at all.
    """

    result: Result
    row: WorklistRow | None
    must_be_called: bool
    is_asked: bool


def answers_said(referral: Referral, *, now: datetime) -> AnswersSaid:
    """Return what is to be said of the answers of a request whose time is booked."""
    result, row = outcome_of(referral, now=now), safety.row_of(referral)
    is_call = row is not None and row.reason == safety.TO_PHONE
    is_asked = bool(asking.questions_of(referral, now=now))
    return AnswersSaid(result, row, result.outcome == Outcome.STOP or is_call, is_asked)


def number_to_ring(referral: Referral) -> str:
    """Return the number that a person phones first, empty if none is known."""
    return next((number for number, _ in referral.patient.lines_to_ring), "")
