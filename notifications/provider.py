"""How hard the workers together may press on the provider: a token bucket and a breaker.

Both are one row in the database, so that it does not matter how many workers there are. `now`
is passed in. A clock that jumps back makes nobody wait longer than BREAK.

A fault of our own settings (`Provider.fault`) stands until a text gets through. Until then one text
goes each BREAK, to see whether it was put right; all others stay due.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from notifications.models import Provider

BREAK = timedelta(seconds=60)
FAULTS, WITHIN = 5, timedelta(seconds=60)
"""So many 429s, 5xx or missing connections within so long, and everybody leaves it alone."""


def take_tokens(wanted: int, now: datetime) -> int:
    """Take up to `wanted` tokens, one a text, and return how many there were.

    The bucket fills by settings.SMS_PER_SECOND and holds one second's worth. None are given
    while the breaker is open, and one each BREAK while a setting is at fault.
    """
    with transaction.atomic():
        row = _locked(now)
        if is_stopped(row, now):
            return 0
        if row.fault and wanted:
            wanted, row.stopped_until = 1, now + BREAK
        # A clock that jumped back fills nothing, and counts from where it is now.
        gone = max(0.0, (now - row.tokens_at).total_seconds())
        rate = settings.SMS_PER_SECOND
        tokens = min(float(rate), row.tokens + gone * rate)
        granted = min(wanted, int(tokens))
        row.tokens, row.tokens_at = tokens - granted, now
        row.save(update_fields=["tokens", "tokens_at", "stopped_until"])
    return granted


def give_back(unused: int, now: datetime) -> None:
    """Return tokens that no text was found for."""
    if unused > 0:
        with transaction.atomic():
            row = _locked(now)
            row.tokens = min(float(settings.SMS_PER_SECOND), row.tokens + unused)
            row.save(update_fields=["tokens"])


def record_fault(now: datetime, why: str) -> bool:
    """Count a fault of the provider's own; return whether that opened the breaker."""
    with transaction.atomic():
        row = _locked(now)
        times = [*row.faults, now.isoformat()]
        # One from the future is of a clock that jumped back since.
        recent = [at for at in times if now - WITHIN < datetime.fromisoformat(at) <= now]
        opened = len(recent) >= FAULTS
        row.faults = [] if opened else recent
        if opened:
            row.stopped_until, row.stopped_why = now + BREAK, why[:60]
        row.save(update_fields=["faults", "stopped_until", "stopped_why"])
    return opened


def open_breaker(now: datetime, why: str) -> None:
    """Leave the provider alone for BREAK."""
    with transaction.atomic():
        row = _locked(now)
        row.stopped_until, row.stopped_why = now + BREAK, why[:60]
        row.save(update_fields=["stopped_until", "stopped_why"])


def setting_at_fault(now: datetime, why: str, *, by_receipt: bool = False) -> None:
    """Send nothing but a try each BREAK: a setting of ours is wrong, and every text would fail.

    `why` names the setting. `by_receipt`: the provider takes texts and fails them later, so that
    only one that arrives proves that it was put right.
    """
    with transaction.atomic():
        row = _locked(now)
        row.stopped_until, row.stopped_why = now + BREAK, why[:60]
        row.fault, row.fault_at = why[:200], now
        row.fault_since = row.fault_since or now
        row.fault_by_receipt = by_receipt
        row.save()


def got_through(began: datetime, *, arrived: bool = False) -> bool:
    """Take a fault of our settings as put right: a text whose call began after it got through.

    `arrived`: the phone has it; else the provider took it. Returns whether that ended the fault.
    """
    after = Q(fault_at__lt=began) | Q(fault_at__gt=began + BREAK)  # the clock jumped back
    faulty = Provider.objects.filter(after, name=settings.SMS_GATEWAY).exclude(fault="")
    if not arrived:
        faulty = faulty.filter(fault_by_receipt=False)
    return bool(
        faulty.update(fault="", fault_at=None, fault_since=None, stopped_until=None, stopped_why="")
    )


def at_fault() -> Provider | None:
    """Return the provider's row if a setting of ours keeps all texts back."""
    row = current()
    return row if row and row.fault else None


def why_stopped(row: Provider | None, now: datetime) -> str:
    """Return why no text is sent, empty if texts are."""
    if row is None:
        return ""
    return row.fault or (row.stopped_why if is_stopped(row, now) else "")


def is_stopped(row: Provider, now: datetime) -> bool:
    """Return whether the breaker is open. One open for longer than it can be is not."""
    return row.stopped_until is not None and now < row.stopped_until <= now + BREAK


def current() -> Provider | None:
    """Return the row of the provider that the settings name, if it was ever used."""
    return Provider.objects.filter(name=settings.SMS_GATEWAY).first()


def seconds_to_a_token(now: datetime) -> float:
    """Return how long until the bucket has a token: 0 if it has one, or while stopped."""
    row = current()
    if row is None or is_stopped(row, now):
        return 0.0
    gone = max(0.0, (now - row.tokens_at).total_seconds())
    missing = 1 - row.tokens - gone * settings.SMS_PER_SECOND
    return max(0.0, missing / settings.SMS_PER_SECOND)


def _locked(now: datetime) -> Provider:
    row, _ = Provider.objects.select_for_update().get_or_create(
        name=settings.SMS_GATEWAY,
        defaults={"tokens": float(settings.SMS_PER_SECOND), "tokens_at": now},
    )
    return row
