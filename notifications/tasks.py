"""The pump's Celery tasks. They carry no arguments: the rows say what to do, and to whom."""

import time

from celery import shared_task
from django.utils import timezone

from notifications import dispatch as pump
from notifications import emails, provider, replies, retention
from notifications import receipts as provider_receipts
from notifications import reconcile as doubtful

LONGEST_TICK = 25.0
"""Seconds that a tick goes on sending at the provider's rate; the next one comes after 30."""


@shared_task
def tick() -> None:
    """Find what is due, expired or left behind, then send what is ready. Beat calls it."""
    now = timezone.now()
    pump.run_scheduled_steps(now)
    replies.handle_left(now)
    emails.send_due(now)
    ends = time.monotonic() + LONGEST_TICK
    dispatch()
    while pump.is_throttled(timezone.now()) and time.monotonic() < ends:
        time.sleep(provider.seconds_to_a_token(timezone.now()))
        dispatch()


@shared_task
def dispatch() -> None:
    """Send what is ready, batch after batch until one gets nothing accepted."""
    while pump.dispatch_due(timezone.now()):
        pass


@shared_task
def reconcile() -> None:
    """Find out about doubtful texts, and send at once what is to be sent again."""
    if doubtful.reconcile(timezone.now()):
        dispatch()


@shared_task
def receipts() -> None:
    """Ask for receipts that never came."""
    provider_receipts.poll(timezone.now())


@shared_task
def purge() -> None:
    """Blank old numbers and words."""
    retention.purge(timezone.now())
