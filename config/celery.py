"""The Celery application: finds each app's tasks; its beat schedule stands in settings."""

import gc
import os
from contextlib import AbstractContextManager
from typing import Any

from celery import Celery
from celery.signals import (
    beat_embedded_init,
    beat_init,
    before_task_publish,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
)
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from config import file_broker
from received import trace

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

file_broker.use()
app = Celery("finder")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(
    [
        "booking.alerts",
        "booking.changes",
        "booking.exchange.feeds",
        "booking.exchange.writeback",
        "booking.offers",
        "booking.offers.lost",
        "booking.offers.sooner",
        "booking.offers.stop_moved",
        "booking.patients",
        "booking.worklists",
        "config.health",
    ]
)


@worker_init.connect
def refuse_what_is_unfit(**kwargs: Any) -> None:
    """Start no worker while a system check fails: it would send texts with unfit words."""
    try:
        call_command("check")
    except SystemCheckError as faults:
        raise SystemExit(str(faults)) from None


@worker_init.connect
def share_what_is_loaded(**kwargs: Any) -> None:
    """Leave out of the collector's looks what all processes of a worker have in common.

    A look writes into each object, and a page that was written is no longer shared: each process
    would take all that was loaded before it was forked a second time, some minutes later.
    """
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def watch_places(**kwargs: Any) -> None:
    """See in each process of a worker when places change."""
    from sites import watch

    watch.start()


TRACE = "trace"
"""The header of a task that carries the id of the request that asked for it."""
_open: dict[str, AbstractContextManager[str]] = {}


@before_task_publish.connect
def carry_on(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """Put the id of the request at work on a task that it asks for."""
    if headers is not None and (identifier := trace.current()):
        headers[TRACE] = identifier


@task_prerun.connect
def begin_task(task_id: str, task: Any, **kwargs: Any) -> None:
    """Let what a task logs and calls carry the id of who asked for it, or one of its own."""
    _open[task_id] = trace.tracing(task.request.get(TRACE))
    _open[task_id].__enter__()


@task_postrun.connect
def end_task(task_id: str, **kwargs: Any) -> None:
    """Carry it no longer."""
    if block := _open.pop(task_id, None):
        block.__exit__(None, None, None)


HEARTBEAT = "config.health.tasks.heartbeat"


@beat_init.connect
@beat_embedded_init.connect
def watch_beat(**kwargs: Any) -> None:
    """Have beat, and no other process, show itself each time that it sends the heartbeat's tick."""
    before_task_publish.connect(show_beat, sender=HEARTBEAT)


def show_beat(**kwargs: Any) -> None:
    """Write beat's own heartbeat."""
    from django.utils import timezone

    from config.health import heartbeats

    heartbeats.try_to_write(heartbeats.BEAT, timezone.now())
