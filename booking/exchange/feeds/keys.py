"""What trusts' systems sign in with: made once, shown once, kept as a hash.

A key is sent as it is; an OAuth2 client changes its id and secret for a short-lived token
(django-oauth-toolkit). Either is a FeedKey, scoped to one trust, and is revoked the same way.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from oauth2_provider.models import AccessToken, Application

from booking.models import FeedKey
from sites.models import Trust

USED_EVERY = timedelta(minutes=1)
"""`last_used_at` is written at most this often: a busy feed must not write a row a call."""
LIVE_AT_ONCE = 2
"""Of each kind: the one in use, and the one that takes its place."""


class TooManyKeys(Exception):
    """The trust has two live ones of this kind. Revoke one first."""


def create_key(trust: str, *, now: datetime, label: str = "") -> str:
    """Return a new key for a trust's feed. It cannot be shown again. Raises TooManyKeys."""
    prefix = f"{trust}-{secrets.token_hex(4)}"
    key = f"{prefix}.{secrets.token_urlsafe(32)}"
    _create(trust, FeedKey.Kind.KEY, prefix, _hash(key), label, now)
    return key


def create_client(trust: str, *, now: datetime, label: str = "") -> tuple[str, str]:
    """Return the id and secret of a new OAuth2 client of a trust. Raises TooManyKeys."""
    client_id, secret = f"{trust}-{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    with transaction.atomic():
        _create(trust, FeedKey.Kind.CLIENT, client_id, _hash(secret), label, now)
        Application.objects.create(
            client_id=client_id,
            client_secret=secret,
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
            name=f"{trust} {label}".strip(),
        )
    return client_id, secret


def revoke_keys(trust: str, *, label: str, now: datetime) -> None:
    """Make a trust's keys and clients of one label useless at once."""
    for key in FeedKey.objects.of_trust(trust).filter(label=label, revoked_at=None):
        revoke(key, now=now)


def revoke(key: FeedKey, *, now: datetime) -> None:
    """Make one key or client useless at once, with every token that it got."""
    FeedKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
    forget_secret(key.prefix)


def forget_secret(client_id: str) -> None:
    """See that no secret is a client's: it gets no tokens by one any more.

    What stands in the place of a hash is random: the library compares what is no hash as it is.
    """
    Application.objects.filter(client_id=client_id).update(client_secret=make_password(None))


def find_key(key: str, *, now: datetime) -> FeedKey | None:
    """Return the row of a key or token that may be used, or None; note when it was used."""
    prefix = key.partition(".")[0]
    found = FeedKey.objects.filter(prefix=prefix[:16], revoked_at=None).first()
    if found is None:
        found = _of_token(key, now)
    elif not hmac.compare_digest(found.key_hash, _hash(key)):
        return None
    if found and (found.last_used_at is None or now - found.last_used_at > USED_EVERY):
        FeedKey.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def is_wrong_secret(client_id: str, secret: str) -> bool:
    """Return whether a secret is surely not a client's, at no cost: the library's hash is slow.

    False says nothing: the library then looks itself, as for clients from before.
    """
    kind = FeedKey.Kind.CLIENT
    known = FeedKey.objects.filter(prefix=client_id[:16], kind=kind).exclude(key_hash="").first()
    return known is not None and not hmac.compare_digest(known.key_hash, _hash(secret))


def seconds_to_wait(key: FeedKey, *, now: datetime) -> int:
    """Count a call; return 0, or the seconds until this key may call again.

    Counted in the database: all processes share it, and no cache need run.
    """
    second = int(now.timestamp())
    mine = FeedKey.objects.filter(pk=key.pk)
    if not mine.filter(minute=second // 60).update(calls=F("calls") + 1):
        mine.update(minute=second // 60, calls=1)
    calls = mine.values_list("calls", flat=True).get()
    return 60 - second % 60 if calls > settings.API_CALLS_A_MINUTE else 0


def drop_old_tokens(*, now: datetime) -> None:
    """Delete tokens that ran out: they were good for ten minutes."""
    AccessToken.objects.filter(expires__lt=now).delete()


def _of_token(token: str, now: datetime) -> FeedKey | None:
    checksum = hashlib.sha256(token.encode()).hexdigest()
    live = AccessToken.objects.filter(token_checksum=checksum, expires__gt=now)
    token = live.values_list("application__client_id", "scope").first()
    found = token and FeedKey.objects.filter(prefix=token[0], revoked_at=None).first()
    if token and found:
        found.scope = token[1]
    return found or None


def _create(trust: str, kind: str, prefix: str, key_hash: str, label: str, now: datetime) -> None:
    with transaction.atomic():
        Trust.objects.select_for_update(no_key=True).get(pk=trust)  # one at a time
        live = FeedKey.objects.of_trust(trust).filter(kind=kind, revoked_at=None).count()
        if live >= LIVE_AT_ONCE:
            raise TooManyKeys
        FeedKey.objects.create(
            trust_id=trust, kind=kind, prefix=prefix, key_hash=key_hash, label=label,
            created_at=now,
        )  # fmt: skip


def _hash(key: str) -> str:
    # The key is 256 random bits: a slow password hash would add nothing but time.
    return hashlib.sha256(key.encode()).hexdigest()
