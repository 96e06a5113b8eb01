"""Wrong passwords: how long the next try for a name must wait, and for whom.

Strangers share one count for each name, so that guessing it is slow from however many addresses;
a device that signed in as that name before has its own, so that strangers keep nobody out who
works here (OWASP's device cookies). A try while it is locked is not counted: the wait gets no
longer by it. Names that nobody has are counted alike, so that no answer tells them apart. A try is
counted before its password is hashed, and given back if it was right: no two at once are one.
`now` is passed in, aware, UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import normalize

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from booking.limits import tally
from booking.models import SignInTries
from received.client import network_of

FREE_TRIES = 5
"""Wrong ones before there is a wait."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15))
"""The wait after the fifth wrong try, after the sixth and so on. Fifteen minutes is as long as
somebody on a new computer can be kept out: a hundred guesses a day at a password of 12 letters
find nothing."""
FORGOTTEN = timedelta(days=1)
"""After so long without a try they are counted anew."""
OPENED_FOR = timedelta(minutes=30)
"""How long strangers may try at once after an operator unlocked a name."""
OF_ADDRESS = tally.Limit("sign-in", 30, 15 * 60)
"""Wrong passwords from one address, for whatever names: a trust's clerks may share one."""


class TooManyTries(Exception):
    """There were too many wrong tries; `seconds` until the next counts."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True)
class Try:
    """One try that was counted. `device` is empty for a stranger's."""

    who_hash: str
    address: str
    device: str
    locked_until: datetime | None


def begin(name: str, address: str, device: str = "", *, now: datetime) -> Try:
    """Count a try for a name as wrong, until it is found right. Raises TooManyTries.

    `device` is the secret number of one that signed in as that name before; empty for a stranger.
    """
    who = "" if device else network_of(address)
    who_hash = _hash("device" if device else "name", device or _tidy(name))
    with transaction.atomic():
        tries, _ = SignInTries.objects.select_for_update().get_or_create(
            who_hash=who_hash, defaults={"name_hash": name_hash(name), "last_at": now}
        )
        if tries.locked_until and tries.locked_until > now:
            raise TooManyTries(_seconds(tries.locked_until - now))
        if who and (wait := tally.count(OF_ADDRESS, who, now=now)):
            raise TooManyTries(wait)
        wrong = 1 + (tries.wrong if now - tries.last_at < FORGOTTEN else 0)
        is_free = tries.free_until is not None and tries.free_until > now
        locked_until = None if is_free else _locked_until(wrong, now)
        SignInTries.objects.filter(pk=who_hash).update(
            wrong=min(wrong, FREE_TRIES + len(WAITS)), last_at=now, locked_until=locked_until
        )
    return Try(who_hash, who, device, locked_until)


def was_right(one: Try, *, now: datetime) -> None:
    """Forget the wrong tries before a right one, and that this was counted as one."""
    SignInTries.objects.filter(pk=one.who_hash).update(wrong=0, locked_until=None)
    _give_back(one, now)


def was_not_looked_at(one: Try, *, now: datetime) -> None:
    """Take a try back that nobody looked at: there was no time for it."""
    mine = SignInTries.objects.filter(pk=one.who_hash)
    mine.filter(wrong__gt=0).update(wrong=F("wrong") - 1)
    if one.locked_until:
        mine.filter(locked_until=one.locked_until).update(locked_until=None)
    _give_back(one, now)


def unlock(name: str, *, now: datetime) -> bool:
    """Forget the wrong tries for a name, on every device; return whether that changed anything.

    For half an hour strangers may try it at once, so that whoever keeps guessing does not lock it
    again before its owner signs in. What their address may do stays limited.
    """
    theirs = SignInTries.objects.filter(name_hash=name_hash(name))
    is_open = theirs.filter(free_until__gt=now).exists() and not theirs.exclude(wrong=0).exists()
    theirs.update(wrong=0, locked_until=None)
    SignInTries.objects.update_or_create(
        who_hash=_hash("name", _tidy(name)),
        defaults={"free_until": now + OPENED_FOR},
        create_defaults={
            "name_hash": name_hash(name), "last_at": now, "free_until": now + OPENED_FOR,
        },
    )  # fmt: skip
    return not is_open


def locked(names: Iterable[str], *, now: datetime) -> set[str]:
    """Return those of these names that must wait now, somewhere."""
    by_hash = {name_hash(name): name for name in names}
    waiting = SignInTries.objects.filter(name_hash__in=by_hash, locked_until__gt=now)
    return {by_hash[one] for one in waiting.values_list("name_hash", flat=True)}


def drop_old(*, now: datetime) -> None:
    """Delete what is counted no more."""
    old = SignInTries.objects.filter(last_at__lt=now - FORGOTTEN)
    old.exclude(locked_until__gt=now).exclude(free_until__gt=now).delete()


def name_hash(name: str) -> str:
    """Return how a name is kept: whoever tries it in other letters tries the same."""
    return _hash("whose", _tidy(name))


def _locked_until(wrong: int, now: datetime) -> datetime | None:
    if wrong < FREE_TRIES:
        return None
    return now + WAITS[min(wrong - FREE_TRIES, len(WAITS) - 1)]


def _give_back(one: Try, now: datetime) -> None:
    if one.address:
        tally.take_back(OF_ADDRESS, one.address, now=now)


def _seconds(wait: timedelta) -> int:
    return max(1, -int(-wait.total_seconds() // 1))


def _tidy(name: str) -> str:
    return normalize("NFKC", name).casefold()


def _hash(*words: str) -> str:
    return salted_hmac("booking.limits.sign_in", " ".join(words), algorithm="sha256").hexdigest()
