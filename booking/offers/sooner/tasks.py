"""What runs by itself about something sooner."""

from celery import shared_task
from django.utils import timezone

from booking.offers.sooner import waves, wishes
from notifications import fence
from notifications.models import Kind


@shared_task
def tick() -> None:
    """Work out where people on the list would go, and ask about slots that came free.

    After a restore nobody is asked: the slots may be taken, and the same people were asked.
    """
    now = timezone.now()
    wishes.refresh_reach(now=now)
    if not fence.holds(Kind.OFFER):
        waves.ask_due(now=now)
