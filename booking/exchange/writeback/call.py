"""One POST to an address that a trust gave us (booking/exchange/safe_http.py).

No redirect is followed. Only a status comes back: nothing of the answer's body is read.
"""

import time
from urllib.parse import SplitResult

from django.conf import settings

from booking.exchange import safe_http

STEP = 5.0
"""Seconds to connect, and for each wait for something to arrive."""
WHOLE = 15.0
"""Seconds for the whole call, however slowly it drips."""


class NotReached(Exception):
    """No status came back. The text is a few words for a log, with nothing personal in it."""


class NotAllowed(NotReached):
    """The address is not one that we call."""


def check(url: str) -> SplitResult:
    """Return the parts of an address that may be called. Raises NotAllowed; resolves nothing."""
    try:
        return safe_http.check_url(url, private=settings.FEEDS_MAY_BE_PRIVATE)
    except safe_http.NotAllowed as why:
        raise NotAllowed(str(why)) from None


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send `body`; return the status. Raises NotReached and NotAllowed."""
    parts = check(url)
    deadline, what = time.monotonic() + WHOLE, "cannot connect"
    try:
        with safe_http.open_connection(
            parts, private=settings.FEEDS_MAY_BE_PRIVATE, step=STEP, deadline=deadline
        ) as connection:
            what = "no answer"
            connection.request(
                "POST", safe_http.path_and_query(parts), body, headers, preload_content=False
            )
            return connection.getresponse().status
    except safe_http.NotAllowed as why:
        raise NotAllowed(str(why)) from None
    except OSError as fault:
        raise NotReached(f"{what}: {type(fault).__name__}") from None
