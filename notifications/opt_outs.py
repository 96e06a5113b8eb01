"""Who wants no texts. Numbers are known here only by a keyed hash, so the table names nobody."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from notifications.models import OptOut

BLOCKED = 21610
"""Twilio's code for a number that told Twilio itself STOP, perhaps before we ever heard of it."""


def hash_of(number: str) -> str:
    """Return the keyed hash (HMAC-SHA256) of an E.164 number, empty for an empty one.

    The key is settings.NUMBER_HASH_KEY: with another key, no opt-out is found any more.
    """
    if not number:
        return ""
    return hmac.new(settings.NUMBER_HASH_KEY.encode(), number.encode(), hashlib.sha256).hexdigest()


def opt_out(number_hash: str, *, source: str, now: datetime) -> bool:
    """Remember that a number wants no more texts; False if that was known."""
    try:
        with transaction.atomic():
            OptOut.objects.create(number_hash=number_hash, source=source, at=now)
    except IntegrityError:
        return False
    return True


def opt_in(number_hash: str, *, now: datetime) -> bool:
    """Remember that a number wants texts again; False if it never said otherwise."""
    return bool(standing(number_hash).update(revoked_at=now))


def has_opted_out(number_hash: str) -> bool:
    """Return whether a number wants no texts."""
    return standing(number_hash).exists()


def standing(number_hash: Any) -> QuerySet[OptOut]:
    """Return what stands against texts to a number: one row, or none."""
    return OptOut.objects.filter(number_hash=number_hash, revoked_at=None)


def opted_out() -> Exists:
    """Return the condition on messages "the number that it goes to wants no texts"."""
    return Exists(OptOut.objects.filter(number_hash=OuterRef("to_hash"), revoked_at=None))
