"""Checks a user name and password: what is refused before it costs a hash, and what is counted."""

from datetime import datetime

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest

from booking.clerk import devices
from booking.limits import sign_in_tries
from booking.limits.hashing import HashingFull, hashes
from received.client import client_address


def check_password(
    request: HttpRequest, username: str, password: str, *, now: datetime
) -> User | None:
    """Return whose name and password these are, None if nobody's.

    Raises TooManyTries and HashingFull, whether or not there is such a name, and then has looked
    at neither.
    """
    if not username or not password:
        return None
    device = devices.number_of(request, username)
    one = sign_in_tries.begin(username, client_address(request), device, now=now)
    try:
        with hashes.one(is_known=bool(device), now=now):
            user = authenticate(request, username=username, password=password)
    except HashingFull:
        sign_in_tries.was_not_looked_at(one, now=now)
        raise
    if not isinstance(user, User):
        return None
    sign_in_tries.was_right(one, now=now)
    return user
