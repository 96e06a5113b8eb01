"""Idempotency-Key: the same key from the same trust within 24 hours gets the first answer."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api.authentication import trust_of
from booking.api.outcomes import Unreadable, issue, outcome
from booking.exchange.feeds.body_stream import READ, Readable
from booking.exchange.feeds.log import ANSWERS_KEPT
from booking.models import FirstAnswer

LEASE = timedelta(minutes=2)
"""A call that has not ended by then was killed: its key may be used again."""
MAX_KEY = 255
HEADERS = ("ETag", "Location")
"""Headers of the first answer that the later ones repeat."""


class Hashed:
    """A body that hashes what is read of it, together with what was called."""

    def __init__(self, body: Readable, request: Request) -> None:
        """Start with the method and the whole address, so that a key is for one call."""
        self._body = body
        self._hash = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""
        part = self._body.read(size)
        self._hash.update(part)
        return part

    def digest(self) -> str:
        """Read what is left, and return the hash of all."""
        while self.read(READ):
            pass
        return self._hash.hexdigest()


def once(request: Request, body: Readable, run: Callable[[Readable], Response]) -> Response:
    """Answer `run(body)`; under an Idempotency-Key that was answered, that answer again.

    While the first call runs the second is 409; a key with another body is 422. What ends in an
    error of the server, or breaks off, is not kept: it may be sent again under the same key.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return run(body)
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise Unreadable(f"Idempotency-Key must be 1 to {MAX_KEY} printable characters.")
    hashed = Hashed(body, request)
    first, is_ours = _claim(trust_of(request), key)
    if not is_ours:
        return _again(first, hashed)
    mine = FirstAnswer.objects.filter(pk=first.pk, started_at=first.started_at)
    try:
        response = run(hashed)
        if response.status_code >= 500:
            mine.delete()
            return response
        mine.update(
            status=response.status_code,
            answer=response.data,
            headers={name: response[name] for name in HEADERS if response.has_header(name)},
            body_hash=hashed.digest(),
        )
    except BaseException:
        mine.delete()
        raise
    return response


def only_once(request: Request, name: str, run: Callable[[], Response]) -> Response:
    """Answer `run()`; 409 if what is called `name` was done already, or is being done.

    What was refused, or failed, may be sent again under the same name.
    """
    first, is_ours = _claim(trust_of(request), name)
    if not is_ours:
        said = "This message was taken already." if first.status else "This message is being taken."
        return Response(outcome(issue("duplicate", said)), status=409)
    mine = FirstAnswer.objects.filter(pk=first.pk, started_at=first.started_at)
    try:
        response = run()
    except BaseException:
        mine.delete()
        raise
    mine.update(status=response.status_code)
    return response


def _claim(caller: str, key: str) -> tuple[FirstAnswer, bool]:
    """Return the row of this key, and whether this call is the one to run."""
    now = timezone.now()
    first, is_new = FirstAnswer.objects.get_or_create(
        caller_id=caller,
        key_hash=hashlib.sha256(key.encode()).hexdigest(),
        defaults={"started_at": now},
    )
    kept = LEASE if first.status is None else ANSWERS_KEPT
    if is_new or first.started_at > now - kept:
        return first, is_new
    taken = FirstAnswer.objects.filter(pk=first.pk, started_at=first.started_at).update(
        started_at=now, status=None, answer=None, body_hash=""
    )
    first.started_at, first.status = now, None
    return first, bool(taken)


def _again(first: FirstAnswer, body: Hashed) -> Response:
    if first.status is None:
        said = "The first call under this Idempotency-Key still runs. Ask again shortly."
        return Response(outcome(issue("duplicate", said)), status=409, headers={"Retry-After": "2"})
    if body.digest() != first.body_hash:
        said = "This Idempotency-Key was used for another body or another call. Take a new key."
        return Response(outcome(issue("business-rule", said)), status=422)
    return Response(first.answer, status=first.status, headers=first.headers)
