"""Browsers that somebody signed in with before, each with a number of its own for each name.

Wrong passwords from such a browser count for it alone: what strangers try for the same name locks
nobody out who works at their own desk (OWASP's device cookies). The cookie is signed, lets nobody
in, and names no one: a name stands in it as a keyed hash.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from booking.limits.sign_in_tries import name_hash

SALT = "booking.clerk.devices"
KEPT = timedelta(days=settings.DEVICE_COOKIE_DAYS)
NAMES = 20
"""How many names one browser remembers: a desk that many share."""
HASH_CHARACTERS = 16


def number_of(request: HttpRequest, name: str) -> str:
    """Return the number that this browser has for a name; empty if it never signed in as it."""
    return _numbers(request).get(_key(name), "")


def remember(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """Give the browser a new number for a name that has just passed both factors."""
    numbers = _numbers(request)
    numbers.pop(_key(name), None)
    numbers[_key(name)] = secrets.token_hex(8)
    kept = dict(list(numbers.items())[-NAMES:])
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(kept, salt=SALT, compress=True),
        max_age=KEPT,
        path="/",  # a name that begins with __Host- needs it
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _numbers(request: HttpRequest) -> dict[str, str]:
    try:
        found: dict[str, str] = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=KEPT
        )
    except signing.BadSignature:
        return {}
    return found


def _key(name: str) -> str:
    return name_hash(name)[:HASH_CHARACTERS]
