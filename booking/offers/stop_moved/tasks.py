"""What runs by itself about moved stops: it carries no data, the database has it."""

from celery import shared_task
from django.utils import timezone

from booking.offers.stop_moved import asking


@shared_task
def tick() -> None:
    """Have a person phone whoever did not say whether the other place suits."""
    asking.end_due(now=timezone.now())
