"""Celery's doors to booking: they carry no data, the database has it."""

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from booking.models import Draft
from booking.worklists import chasing

DRAFTS_KEPT = timedelta(days=1)


@shared_task
def open_due_rows() -> None:
    """Put on the clerks' lists who has not booked, and who is about to breach."""
    chasing.open_due_rows(now=timezone.now())


@shared_task
def forget_drafts() -> None:
    """Empty what staff had typed when their session ended, and delete sessions that are over.

    A session of the finder holds where somebody travels from.
    """
    SessionStore.clear_expired()
    old = Draft.objects.filter(kept_at__lt=timezone.now() - DRAFTS_KEPT).exclude(fields={})
    old.update(fields={})
