"""The pump's Celery tasks. They carry no arguments: the rows say what to do, and to whom."""

from celery import shared_task
from django.utils import timezone

from notifications import dispatch as pump


@shared_task
def tick() -> None:
    """Find what is due, expired or left behind, then send what is ready. Beat calls it."""
    pump.tick(timezone.now())
    dispatch()


@shared_task
def dispatch() -> None:
    """Send what is ready, batch after batch until one gets nothing accepted."""
    while pump.dispatch_due(timezone.now()):
        pass
