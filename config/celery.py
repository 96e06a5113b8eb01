"""The Celery application: finds each app's tasks; its beat schedule stands in settings."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init
from django.core.management import call_command
from django.core.management.base import SystemCheckError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

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
    ]
)


@worker_init.connect
def refuse_what_is_unfit(**kwargs: Any) -> None:
    """Start no worker while a system check fails: it would send texts with unfit words."""
    try:
        call_command("check")
    except SystemCheckError as faults:
        raise SystemExit(str(faults)) from None
