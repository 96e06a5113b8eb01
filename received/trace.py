"""One id for all that is done because of one request: in each log line, task and call that follows.

It is ours alone: made anew for each request, so that nobody can choose it, and it says nothing. A
task carries it in its headers (config/celery.py), a call to another server in HEADER.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from structlog import contextvars

HEADER = "X-Correlation-Id"
"""As NHS England's APIs name it."""
NAME = "request"
"""As log lines name it."""


@contextmanager
def tracing(known: object = None) -> Iterator[str]:
    """Have everything that is logged and called in this block carry one id, and yield it.

    `known` is the id of who asked for this, if it is one; else a new one is made.
    """
    identifier = known if isinstance(known, str) and _is_ours(known) else str(uuid4())
    with contextvars.bound_contextvars(**{NAME: identifier}):
        yield identifier


def current() -> str:
    """Return the id of what is being done now; empty outside of any."""
    return str(contextvars.get_contextvars().get(NAME, ""))


def headers() -> dict[str, str]:
    """Return what a call to another server says of it: nothing outside of any request."""
    return {HEADER: identifier} if (identifier := current()) else {}


def _is_ours(word: str) -> bool:
    try:
        return str(UUID(word)) == word
    except ValueError:
        return False
