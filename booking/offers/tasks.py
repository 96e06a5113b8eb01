"""What runs by itself about offers."""

from celery import shared_task
from django.utils import timezone

from booking.offers import ending


@shared_task
def tick() -> int:
    """End the offers that are due."""
    return ending.end_due(now=timezone.now())
