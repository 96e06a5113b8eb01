"""What runs by itself about offers: it carries no data, the database has it."""

from celery import shared_task
from django.utils import timezone

from booking.offers import answering, ending


@shared_task
def tick() -> None:
    """Book for who waited for their turn; end what is due."""
    answering.settle(now=timezone.now())
    ending.end_due(now=timezone.now())
