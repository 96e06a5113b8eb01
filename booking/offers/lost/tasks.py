"""Celery's door to lost clinics: it carries no data, the database has it."""

from celery import shared_task
from django.utils import timezone

from booking.offers.lost import resume


@shared_task
def tick() -> None:
    """Go on with every lost clinic. Beat calls it."""
    resume.tick(now=timezone.now())
