"""What a row that says "phone" shows: the calls so far, what is next, and the buttons for both."""

from dataclasses import dataclass
from datetime import datetime

from booking.clerk.forms.attempts import TriedForm
from booking.models import Attempt, WorklistRow
from booking.pages.subject import subject_token, version_of_row
from booking.worklists import attempts
from booking.worklists.attempts import What

CALLED = (What.NO_ANSWER, What.LEFT_MESSAGE, What.WRONG_NUMBER)


@dataclass(frozen=True)
class Calls:
    """`about` is what the forms carry; `done` is what may be said of the step, if there is one."""

    row: WorklistRow
    about: str
    buttons: tuple[Attempt.What, ...]
    done: Attempt.What | None
    waits_until: datetime | None
    form: TriedForm | None = None


def show_calls(row: WorklistRow, now: datetime, form: TriedForm | None = None) -> Calls | None:
    """Return how the calls about a row stand; None of a row that asks for none."""
    if not attempts.is_phoned(row):
        return None
    waits = row.call_at if row.call_at and row.call_at > now else None
    done = attempts.DONE_AT.get(row.step)
    return Calls(row, subject_token(version_of_row(row)), CALLED, done, waits, form)
