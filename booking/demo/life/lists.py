"""Rows of the lists in every state: taken, tried, to be called back, written to, closed."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from booking.demo.life.crew import Crew
from booking.demo.life.referrals import OF_THEM
from booking.models import Attempt, WorklistRow
from booking.worklists import attempts, rows
from booking.worklists.rows import Kind, Outcome
from times.london import LONDON, day_in_england

What = Attempt.What
PHONED = (Kind.NOT_BOOKED, Kind.DISPLACED, Kind.NOT_REBOOKED, Kind.NEEDS_PERSON, Kind.NOT_REACHED,
          Kind.BREACH)  # fmt: skip
"""Lists of which each row says whom to phone."""
CALL_AT = 10
"""The hour in England."""


def work(crew: Crew) -> None:
    """Let the team have worked on every list: each row in turn in another state."""
    of_ours = {f"referral__{name}": value for name, value in OF_THEM.items()}
    for kind in PHONED:
        found = WorklistRow.objects.filter(kind=kind, closed_at=None, **of_ours).order_by("pk")
        for number, key in enumerate(found.values_list("pk", flat=True)):
            STATES[number % len(STATES)](key, crew)
    unmarked = WorklistRow.objects.filter(kind=Kind.UNMARKED, closed_at=None, **of_ours)
    for row in unmarked.order_by("pk")[1::4]:
        rows.take(row, crew.clerk.user, now=crew.ago(0.2), actor=crew.clerk.actor)


def _read(key: int) -> WorklistRow:
    return WorklistRow.objects.select_related("referral__patient").get(pk=key)


def _leave(_key: int, _crew: Crew) -> None:
    return


def _take(key: int, crew: Crew) -> None:
    who = crew.clerk if key % 2 else crew.lead
    rows.take(_read(key), who.user, now=crew.ago(0.5), actor=who.actor)


def _try(key: int, crew: Crew, *tried: str, call_at: datetime | None = None) -> None:
    """Write down calls, the last of them an hour ago."""
    for number, what in enumerate(tried):
        row = _read(key)
        if attempts.is_phoned(row):
            at = crew.now - timedelta(hours=len(tried) - number)
            attempts.record(row, what, now=at, actor=crew.clerk.actor, call_at=call_at)


def _once(key: int, crew: Crew) -> None:
    _try(key, crew, What.LEFT_MESSAGE)


def _twice(key: int, crew: Crew) -> None:
    _try(key, crew, What.NO_ANSWER, What.LEFT_MESSAGE)


def _call_back(key: int, crew: Crew) -> None:
    """Agree on a call tomorrow: the patient asked for it."""
    day = day_in_england(crew.now) + timedelta(days=1)
    _try(key, crew, What.CALL_BACK, call_at=datetime.combine(day, time(CALL_AT), LONDON))


def _three_times(key: int, crew: Crew) -> None:
    """Nobody answers: a letter, or who referred, or a lead, as the urgency says."""
    _try(key, crew, What.NO_ANSWER, What.NO_ANSWER, What.NO_ANSWER)


def _written_to(key: int, crew: Crew) -> None:
    _three_times(key, crew)
    if done := attempts.DONE_AT.get(_read(key).step):
        attempts.record(_read(key), done, now=crew.ago(0.3), actor=crew.lead.actor)


def _close(key: int, crew: Crew) -> None:
    rows.close_row(_read(key), Outcome.REACHED, now=crew.ago(0.4), actor=crew.clerk.actor)


STATES: list[Callable[[int, Crew], None]] = [
    _leave, _take, _twice, _call_back, _three_times, _close, _leave, _written_to, _once,
]  # fmt: skip
