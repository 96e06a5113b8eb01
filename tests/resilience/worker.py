"""What runs in the killed processes: the real tasks, told what time it is; and a web server.

`work` is forked off a server process in which Django and Twilio's library are loaded already,
so that a killed worker is replaced in milliseconds. It is a process of its own all the same.
"""

import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connections  # noqa: E402
from django.urls import reverse  # noqa: E402
from twilio.rest import Client  # noqa: E402

from booking.offers.lost import resume  # noqa: E402
from notifications import tasks  # noqa: E402
from notifications.gateways import twilio  # noqa: E402
from tests.resilience import naive, steps  # noqa: E402
from times import bank_holidays  # noqa: E402

# What each process would load at its first text, loaded once for all.
bank_holidays.is_bank_holiday(datetime(2026, 1, 1, tzinfo=UTC).date())
reverse("twilio-inbound")
assert Client("AC", "token").messages

TIMEOUT = 1.0
"""Seconds that the real library waits for an answer, instead of ten."""

JOBS: dict[str, Callable[[], None]] = {
    "tick": tasks.tick,
    "dispatch": tasks.dispatch,
    "reconcile": tasks.reconcile,
    "receipts": tasks.receipts,
    "lost clinics": lambda: resume.tick(now=tasks.timezone.now()),
    "naive": lambda: naive.pump(tasks.timezone.now()),
}


def work(pipe: Connection, database: str, log: str, given: dict[str, Any], step: str) -> None:
    """Do one job after another, each at the time that comes with it, until killed."""
    _set_up(database, log, given)
    twilio.HttpClient = partial(twilio.HttpClient, timeout=TIMEOUT)  # type: ignore[misc,assignment]
    if step:
        steps.stop_at(step, lambda: pipe.send("at the step"))
    while True:
        job, now = pipe.recv()
        tasks.timezone = SimpleNamespace(now=_clock(now))  # type: ignore[assignment]
        try:
            JOBS[job]()
            pipe.send("done")
        except Exception as fault:
            logging.getLogger(__name__).exception("%s failed", job)
            pipe.send(f"failed: {fault!r}")


def serve(pipe: Connection, database: str, log: str, given: dict[str, Any], step: str) -> None:
    """Answer HTTP as the web server does, on the port in `given`, or any; tell which."""
    _set_up(database, log, given)
    if step:
        steps.stop_at(step, lambda: pipe.send("at the step"))
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns if it is missing
    port = int(given["PUBLIC_BASE_URL"].rpartition(":")[2] or 0)
    server = ThreadedWSGIServer(("127.0.0.1", port), Quiet)
    server.set_app(get_wsgi_application())
    settings.PUBLIC_BASE_URL = f"http://127.0.0.1:{server.server_port}"
    pipe.send(settings.PUBLIC_BASE_URL)
    server.serve_forever()


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def _set_up(database: str, log: str, given: dict[str, Any]) -> None:
    connections["default"].settings_dict["NAME"] = database
    for name, value in given.items():
        setattr(settings, name, value)
    logging.basicConfig(filename=log, level=logging.INFO, force=True)


def _clock(now: datetime) -> Callable[[], datetime]:
    began = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began)
