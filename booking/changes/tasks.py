"""Celery's doors to the audit's seal: they carry no data, the database has it."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from booking.changes import audit_alarm, audit_chain, audit_check, audit_rights
from times.london import day_in_england

logger = logging.getLogger(__name__)

SUNDAY = 6


@shared_task
def seal_audit() -> None:
    """Seal what was written since the last time."""
    audit_chain.seal(now=timezone.now())


@shared_task
def verify_audit() -> None:
    """Look at what was sealed of late, on Sundays at all of it; tell who looks after the service
    of what is wrong.
    """
    now = timezone.now()
    is_whole_look = day_in_england(now).weekday() == SUNDAY
    audit_chain.seal(now=now)
    report = audit_check.verify(since=None if is_whole_look else now - audit_check.NIGHTS)
    audit_alarm.follow(report, now=now)
    if settings.PRODUCTION:
        for words in audit_rights.too_much():
            logger.warning("audit: %s", words)
