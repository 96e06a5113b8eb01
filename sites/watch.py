"""A thread that sees when places change, so that nobody who asks for them waits for that.

A process that serves people for long starts one (config/asgi.py, config/celery.py).
"""

import threading

from django.db import connection

from sites import places, travel

LOOK = 2.0
"""Seconds between two looks at the version: one statement each, on a connection that is closed
after it. A database that is away is asked again at the next look."""


def warm_up() -> None:
    """Read the places before anybody asks, and whatever a search works out of them.

    From now on nobody in this process gets a table for which that is still to do.
    """
    if travel.prepare not in places.before_use:
        places.before_use.append(travel.prepare)
    _look()


def start(stop: threading.Event | None = None) -> threading.Thread:
    """Watch the places until the process ends, or `stop` is set."""
    thread = threading.Thread(
        target=_watch, args=(stop or threading.Event(),), name="places", daemon=True
    )
    thread.start()
    return thread


def _watch(stop: threading.Event) -> None:
    _look()
    while not stop.wait(LOOK):
        _look()


def _look() -> None:
    try:
        places.look()
    except Exception:  # noqa: S110 - the keeper has said it; whatever it was, the thread goes on
        pass
    finally:
        connection.close()
