"""The tick by which beat and the worker show that they run, and what keeps the database quick."""

from celery import shared_task
from django.utils import timezone

from config.health import heartbeats
from config.sqlite import statistics


@shared_task
def heartbeat() -> None:
    """Show that a worker does what beat asks. Beat calls it."""
    heartbeats.write(heartbeats.WORKER, timezone.now())


@shared_task
def learn_sizes() -> None:
    """Have the database learn how full its tables are, if it does not by itself. Beat calls it."""
    statistics.learn()
