"""Celery's doors to writeback. What they carry names a trust, never a patient."""

from celery import shared_task
from django.utils import timezone

from booking.appointments import trust_answers
from booking.exchange.writeback import webhooks
from booking.identifiers.actors import CLOCK


@shared_task
def tick() -> None:
    """Ask for answers that are late, and wake a sender for each trust with news. Beat calls it."""
    now = timezone.now()
    trust_answers.chase_confirmations(now=now, actor=CLOCK)
    for trust in webhooks.due(now):
        deliver.delay(trust)


@shared_task
def deliver(trust: str) -> None:
    """Tell one trust what it has not heard: a slow receiver keeps nobody else waiting."""
    webhooks.deliver(trust, timezone.now())
