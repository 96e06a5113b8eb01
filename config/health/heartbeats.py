"""When beat and the worker last showed that they run. `now` is passed in.

Beat writes its own row whenever it sends the tick of `config.health.tasks`, and the worker that
does the tick writes the other: so one can see which of the two stands still.
"""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections

from booking.models import Heartbeat

logger = logging.getLogger(__name__)

BEAT, WORKER = "beat", "worker"
LATE = timedelta(minutes=2)
"""A tick comes every 15 seconds; a worker may be at a long import."""


def write(name: str, now: datetime) -> None:
    """Show that something runs."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


def try_to_write(name: str, now: datetime) -> None:
    """Show it if the database is there: whoever calls goes on in any case."""
    close_old_connections()
    try:
        write(name, now)
    except DatabaseError:
        logger.warning("the database is away: the heartbeat of %s could not be written", name)


def age(name: str, now: datetime) -> timedelta | None:
    """Return for how long something has not shown itself; None if it never did."""
    last = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    return now - last if last else None


def why_late(name: str, now: datetime) -> str:
    """Return what is wrong with something that should run, empty if nothing is."""
    silent = age(name, now)
    if silent is None:
        return "has never run"
    minutes = int(silent.total_seconds() // 60)
    return f"has not shown itself for {minutes} minutes" if silent > LATE else ""
