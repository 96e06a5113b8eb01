"""Booking codes for which somebody keeps giving wrong dates of birth: longer locks, and staff.

The first lock is an hour, the second a day; the third stays until staff have seen to it, or until
the patient is texted again. From the second on a row asks staff to: written by the clock, not by
the try, so that a code that nobody has takes no less work. Locks are forgotten after 30 days.
`now` is passed in, aware, UTC.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from booking.identifiers.actors import CLOCK, Actor
from booking.models import CodeTries, Referral, WorklistRow
from booking.worklists import rows, subjects

MAX_TRIES = 5
"""Wrong dates of birth after which a code is locked (journeys.md)."""
FOR_GOOD = timedelta(days=3650)
LOCKS = (timedelta(hours=1), timedelta(days=1), FOR_GOOD)
STAFF_SEE_TO = 2
"""The lock from which on staff are told."""
FORGOTTEN = timedelta(days=30)
KIND = WorklistRow.Kind.NEEDS_PERSON
GUESSED = (
    "Somebody gave the wrong date of birth {tries} times for this booking code. {then} Ask the"
    " patient if it was them."
)
FOR_A_DAY = "It is locked for a day; it opens when this is closed."
UNTIL_CLOSED = "It stays locked until this is closed, or the patient is texted again."


def is_for_good(tries: CodeTries) -> bool:
    """Whether a code stays locked until somebody opens it."""
    return tries.locks >= len(LOCKS)


def next_lock(tries: CodeTries, now: datetime) -> tuple[int, datetime]:
    """Return which lock of a code the next is, counting from 1, and until when."""
    old = tries.locked_at is None or now - tries.locked_at > FORGOTTEN
    number = min(1 if old else tries.locks + 1, len(LOCKS))
    return number, now + LOCKS[number - 1]


def was_seen_to(tries: CodeTries, code: str) -> bool:
    """Whether staff closed the row about a code after it was locked."""
    about = f"{subjects.Topic.GUESSES.prefix}{code}"
    return (
        tries.locks >= STAFF_SEE_TO
        and WorklistRow.objects.filter(about=about, closed_at__gt=tries.locked_at).exists()
    )


def begin_anew(tries: CodeTries) -> None:
    """Forget the wrong tries and the locks of a code, here and where it is kept."""
    tries.wrong = tries.locks = tries.locks_told = 0
    tries.locked_until = tries.locked_at = None
    tries.save(update_fields=["wrong", "locks", "locks_told", "locked_until", "locked_at"])


def open_again(referral: Referral, *, now: datetime, actor: Actor) -> None:
    """Let the code of a referral be tried again: its patient has just been texted."""
    with transaction.atomic():
        for tries in CodeTries.objects.select_for_update().filter(referral=referral):
            begin_anew(tries)
        about = subjects.of_referral(referral, subjects.Topic.GUESSES)
        rows.close_about(KIND, about, rows.Outcome.RESOLVED, now=now, actor=actor)


def tell_staff(*, now: datetime) -> None:
    """Put on the list whose code somebody keeps guessing at, once for each further lock."""
    guessed = CodeTries.objects.filter(locks__gte=STAFF_SEE_TO, locks__gt=F("locks_told"))
    of_open = guessed.filter(referral__isnull=False, referral__ended_at=None)
    for tries in of_open.select_related("referral"):
        with transaction.atomic():
            mine = CodeTries.objects.filter(
                pk=tries.pk, locks=tries.locks, locks_told=tries.locks_told
            )
            if mine.update(locks_told=tries.locks) and tries.referral:
                _put_on_list(tries, tries.referral, now)


def drop_old(*, now: datetime) -> None:
    """Delete the tries of codes that nobody has tried for long, and that no lock holds."""
    old = CodeTries.objects.filter(last_at__lt=now - FORGOTTEN)
    old.exclude(locked_until__gt=now).delete()


def _put_on_list(tries: CodeTries, referral: Referral, now: datetime) -> None:
    then = UNTIL_CLOSED if is_for_good(tries) else FOR_A_DAY
    reason = GUESSED.format(tries=tries.locks * MAX_TRIES, then=then)
    about = subjects.of_referral(referral, subjects.Topic.GUESSES)
    row = rows.open_row(KIND, about, reason, now=now, actor=CLOCK)
    rows.say_anew(row, reason, now=now, actor=CLOCK)
