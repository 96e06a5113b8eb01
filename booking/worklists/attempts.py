"""Tries to reach somebody by phone: what each leads to, and what is done when there were enough.

Three calls without an answer, and calling goes no further: a letter for who can wait, the referrer
for who is urgent. A request for suspected cancer never ends that way: a lead decides. The row stays
open through all of it, so that nobody is lost between two steps. `now` is passed in, aware, UTC.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from booking.identifiers.actors import Actor
from booking.models import Attempt, Referral, WorklistRow
from booking.worklists import due, rows
from booking.worklists.chasing import CHASE_AFTER
from booking.worklists.rows import Kind, Outcome, Step

What, Urgency = Attempt.What, Referral.Urgency

ENOUGH = 3
"""Calls without an answer after which something else is done."""
CALLS = (What.NO_ANSWER, What.LEFT_MESSAGE, What.WRONG_NUMBER, What.CALL_BACK)
"""What may come of a call; of the last one only, the patient was reached."""
DONE_AT: dict[str, Attempt.What] = {
    Step.LETTER: What.LETTER_SENT,
    Step.REFERRER: What.REFERRER_TOLD,
    Step.LEAD: What.PHONE_ON,
}
"""What is said to be done of each step, after which somebody phones again."""
NOT_PHONED = (Kind.UNMARKED, Kind.SAME_PERSON, Kind.FEED_LATE, Kind.FEED_HELD)
"""Lists that ask for no call."""
CALL_BACK_WITHIN = {
    Urgency.SUSPECTED_CANCER: timedelta(days=3),
    Urgency.URGENT: timedelta(days=7),
    Urgency.ROUTINE: timedelta(days=28),
    Urgency.PLANNED: timedelta(days=28),
}
"""How far off a call may be put that the patient asked for: over a long weekend, if it presses."""


class RowChanged(Exception):
    """Somebody did something with the row since it was read, or it asks for no call."""


class CallTooLate(Exception):
    """A call back that is in the past, or so far off that the scan would wait for it."""

    def __init__(self, last: datetime) -> None:
        """Keep until when it may be put off."""
        super().__init__(last.isoformat())
        self.last = last


def is_phoned(row: WorklistRow) -> bool:
    """Return whether a row asks somebody to phone a patient."""
    referral = row.referral
    if referral is None or row.kind in NOT_PHONED or row.closed_at:
        return False
    return referral.patient.died_at is None and referral.ended_at is None


def may_close_as(row: WorklistRow, outcome: str) -> bool:
    """Return whether a row may leave its list so: nobody with suspected cancer is given up."""
    presses = bool(row.referral and row.referral.urgency == Urgency.SUSPECTED_CANCER)
    return not (presses and outcome == Outcome.NOT_REACHED)


def last_call(row: WorklistRow, now: datetime) -> datetime:
    """Return until when a call back may be put off."""
    return now + CALL_BACK_WITHIN[_urgency(row)]


def record(
    row: WorklistRow, what: str, *, now: datetime, actor: Actor, call_at: datetime | None = None
) -> None:
    """Write down what came of a call, or that a step is done; and what is to be done next.

    It acts on the row as it was read, once. Raises RowChanged and CallTooLate.
    """
    what = What(what)
    if not is_phoned(row) or not (what in CALLS or what == DONE_AT.get(row.step)):
        raise RowChanged
    next_state = _after_call(row, what, call_at, now)
    with transaction.atomic():
        unchanged = WorklistRow.objects.filter(pk=row.pk, closed_at=None, version=row.version)
        if not unchanged.update(**next_state, version=rows.ONE_MORE):
            raise RowChanged
        if what != What.CALL_BACK:
            call_at = None
        Attempt.objects.create(row=row, at=now, actor=actor, what=what, call_at=call_at)
        rows.write_event(row, now, actor, "tried" if what in CALLS else "done", what.label)
        step = next_state.get("step", row.step)
        if step != row.step and step != Step.PHONE:
            rows.write_event(row, now, actor, "next", Step(step).label)


def _after_call(
    row: WorklistRow, what: Attempt.What, call_at: datetime | None, now: datetime
) -> dict[str, Any]:
    """Return the fields of a row as they are after this."""
    if what == What.CALL_BACK:
        if call_at is None or not now < call_at <= last_call(row, now):
            raise CallTooLate(last_call(row, now))
        return {"tries": 0, "step": Step.PHONE, "call_at": call_at, "due_at": call_at}
    if what == What.PHONE_ON:
        return {"tries": 0, "step": Step.PHONE, "due_at": due.usual_due_at(row.referral, now)}
    if what not in CALLS:
        again = due.not_before(row.referral, now + CHASE_AFTER[_urgency(row)])
        return {"tries": 0, "step": Step.PHONE, "call_at": again, "due_at": again}
    tries = row.tries + 1
    if tries < ENOUGH or row.step != Step.PHONE:
        return {"tries": tries, "call_at": None}
    step, due_at = _step_after_calls(row), due.usual_due_at(row.referral, now)
    state = {"tries": tries, "step": step, "call_at": None, "due_at": due_at}
    return state | ({"owner": None} if step == Step.LEAD else {})


def _step_after_calls(row: WorklistRow) -> WorklistRow.Step:
    """Return what is done when nobody answers: who was written to already is told of no more."""
    if _urgency(row) == Urgency.SUSPECTED_CANCER:
        return Step.LEAD
    written = row.attempts.filter(what=What.LETTER_SENT).exists()
    return Step.REFERRER if _urgency(row) == Urgency.URGENT or written else Step.LETTER


def _urgency(row: WorklistRow) -> Referral.Urgency:
    return Urgency(row.referral.urgency if row.referral else Urgency.URGENT)
