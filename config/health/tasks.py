"""The tick by which beat and the worker show that they run."""

from celery import shared_task
from django.utils import timezone

from config.health import heartbeats


@shared_task
def heartbeat() -> None:
    """Show that a worker does what beat asks. Beat calls it."""
    heartbeats.write(heartbeats.WORKER, timezone.now())
