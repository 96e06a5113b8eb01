"""Public keys of OAuth2 clients that sign their assertions (SMART Backend Services).

From a file, or read from the client's own address: kept, read again when old or when a key is not
among them, at most once a minute, so that nobody can make us call it as often as they like. What
could not be read leaves the keys that are here.
"""

import hashlib
import io
import time
from datetime import datetime, timedelta
from typing import Any

import jwt
import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from booking.exchange import safe_http
from booking.exchange.feeds import keys
from booking.exchange.feeds.fetch import FetchFailed, fetch
from booking.models import ClientKeySet, FeedKey, UsedAssertion

ALGORITHMS = ("RS384", "ES384")
OLD = timedelta(hours=1)
TRY_EVERY = timedelta(minutes=1)
LONGEST = 5.0
"""Seconds that reading an address may take."""
LARGEST = 64 * 1024
SMALLEST_RSA = 2048


class KeysRefused(ValueError):
    """A set of keys that cannot be used. The text says why."""


def create_signing_client(
    trust: str, *, now: datetime, url: str = "", jwks: bytes = b"", label: str = ""
) -> str:
    """Return the id of a new client that signs in with one of its keys: it has no secret.

    Raises KeysRefused, safe_http.NotAllowed and keys.TooManyKeys.
    """
    if url:
        safe_http.check_url(url, private=settings.FEEDS_MAY_BE_PRIVATE)
    found = {} if url else read_keys(jwks)
    with transaction.atomic():
        client_id, _ = keys.create_client(trust, now=now, label=label)
        keys.forget_secret(client_id)
        client = FeedKey.objects.get(prefix=client_id)
        ClientKeySet.objects.create(
            client=client, url=url, keys=found, read_at=None if url else now
        )
    return client_id


def read_keys(jwks: bytes) -> dict[str, Any]:
    """Return the public signing keys of a JWKS, by kid. Raises KeysRefused."""
    try:
        listed = msgspec.json.decode(jwks, type=dict[str, list[dict[str, Any]]])["keys"]
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError) as error:
        raise KeysRefused(f"This is no JWKS: {str(error)[:100]}") from None
    found = {one["kid"]: one for one in listed if is_usable(one)}
    if not found:
        raise KeysRefused("No key of it has a kid and is RSA of 2048 bits or more, or EC on P-384.")
    return found


def is_usable(key: dict[str, Any]) -> bool:
    """Whether a JWK is a public key, with a name, that signs by one of ALGORITHMS."""
    if not isinstance(key.get("kid"), str) or key.get("use", "sig") != "sig" or "d" in key:
        return False
    try:
        public = algorithm_key(key)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return False
    return key["kty"] == "EC" or int(public.key.key_size) >= SMALLEST_RSA


def algorithm_key(key: dict[str, Any]) -> jwt.PyJWK:
    """Return a JWK as the library's key for the one algorithm that goes with it."""
    algorithm = {"RSA": "RS384", "EC": "ES384"}[key["kty"]]
    if key["kty"] == "EC" and key.get("crv") != "P-384":
        raise KeyError("crv")
    return jwt.PyJWK(key, algorithm=algorithm)


def find_signing_key(client_id: str, kid: str, *, now: datetime) -> jwt.PyJWK | None:
    """Return a live client's key by its name, None if there is none.

    It may call the client's address: it belongs in no transaction.
    """
    kept = ClientKeySet.objects.filter(client__prefix=client_id, client__revoked_at=None).first()
    if kept is None:
        return None
    is_old = kept.url and (kept.read_at is None or now - kept.read_at > OLD)
    if is_old or (kept.url and kid not in kept.keys):
        _read_again(kept, now)
    found = kept.keys.get(kid)
    return algorithm_key(found) if found else None


def use_once(client_id: str, jti: str, *, expires_at: datetime) -> bool:
    """Note that an assertion was used; whether it was the first time."""
    client = FeedKey.objects.get(prefix=client_id)
    digest = hashlib.sha256(jti.encode()).hexdigest()
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(client=client, jti_hash=digest, expires_at=expires_at)
    except IntegrityError:
        return False
    return True


def drop_old_assertions(*, now: datetime) -> None:
    """Forget assertions that have run out: their time refuses them."""
    UsedAssertion.objects.filter(expires_at__lt=now).delete()


def _read_again(kept: ClientKeySet, now: datetime) -> None:
    mine = ClientKeySet.objects.filter(
        Q(tried_at=None) | Q(tried_at__lte=now - TRY_EVERY), pk=kept.pk
    )
    if not mine.update(tried_at=now):
        return
    into = io.BytesIO()
    try:
        fetch(
            kept.url, into, deadline=time.monotonic() + LONGEST, limit=LARGEST,
            private=settings.FEEDS_MAY_BE_PRIVATE,
        )  # fmt: skip
        kept.keys, kept.read_at = read_keys(into.getvalue()), now
    except (FetchFailed, KeysRefused):
        return
    kept.save(update_fields=["keys", "read_at"])
