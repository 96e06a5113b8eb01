"""Celery's doors to booking: they carry no data, the database has it."""

from celery import shared_task
from django.utils import timezone

from booking import worklists


@shared_task
def open_due_rows() -> None:
    """Put on the clerks' lists who has not booked, and who is about to breach."""
    worklists.open_due_rows(now=timezone.now())
