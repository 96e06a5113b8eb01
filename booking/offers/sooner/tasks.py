"""What runs by itself about something sooner."""

from celery import shared_task
from django.utils import timezone

from booking.offers.sooner import waves, wishes


@shared_task
def tick() -> None:
    """Work out where people on the list would go, and ask about slots that came free."""
    now = timezone.now()
    wishes.refresh_reach(now=now)
    waves.ask_due(now=now)
