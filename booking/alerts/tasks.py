"""Celery's doors to the alerts: they carry no data, the database has it."""

import logging

from celery import shared_task
from django.utils import timezone

from booking.alerts import auditor, due

logger = logging.getLogger(__name__)


@shared_task
def tick() -> None:
    """Tell whose turn it is, and open again what is not booked in time."""
    due.run_due(now=timezone.now())


@shared_task
def audit() -> None:
    """Raise what is missing, and complain of what is late."""
    now = timezone.now()
    found = auditor.look(now)
    for complaint in found.complaints:
        logger.error("alerts: %s", complaint)
    if found.missing:
        auditor.raise_missing(now=now)
