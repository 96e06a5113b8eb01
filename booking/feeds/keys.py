"""Trusts' keys: made once, shown once, kept as a hash."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from booking.models import FeedKey

USED_EVERY = timedelta(minutes=1)
"""`last_used_at` is written at most this often: a busy feed must not write a row a call."""


def create_key(trust: str, *, now: datetime, label: str = "") -> str:
    """Return a new key for a trust's feed. It cannot be shown again."""
    prefix = f"{trust}-{secrets.token_hex(4)}"
    key = f"{prefix}.{secrets.token_urlsafe(32)}"
    FeedKey.objects.create(
        trust_id=trust, prefix=prefix, key_hash=_hash(key), label=label, created_at=now
    )
    return key


def revoke_keys(trust: str, *, label: str, now: datetime) -> None:
    """Make a trust's keys of one label useless at once."""
    FeedKey.objects.filter(trust_id=trust, label=label, revoked_at=None).update(revoked_at=now)


def find_key(key: str, *, now: datetime) -> FeedKey | None:
    """Return the row of a key that may be used, or None; note when it was used."""
    prefix = key.partition(".")[0]
    found = FeedKey.objects.filter(prefix=prefix[:16], revoked_at=None).first()
    if found is None or not hmac.compare_digest(found.key_hash, _hash(key)):
        return None
    if found.last_used_at is None or now - found.last_used_at > USED_EVERY:
        FeedKey.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def _hash(key: str) -> str:
    # The key is 256 random bits: a slow password hash would add nothing but time.
    return hashlib.sha256(key.encode()).hexdigest()
