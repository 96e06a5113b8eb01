"""The feeds' Celery tasks: thin doors. Their only argument is a trust's code."""

from celery import shared_task
from django.utils import timezone

from booking.exchange.feeds import client_keys, decisions, freshness, keys, log, lost_clinics
from booking.exchange.feeds import pull as pulling


@shared_task
def tick() -> None:
    """Start the pulls that are due, raise or close alarms, end what was begun. Beat calls it."""
    now = timezone.now()
    for trust in pulling.due(now):
        pull.delay(trust)
    freshness.watch(now=now)
    decisions.finish_what_was_left(now=now)
    lost_clinics.follow(now=now)


@shared_task
def pull(trust: str) -> None:
    """Pull one trust's files."""
    pulling.pull(trust, now=timezone.now())


@shared_task
def prune() -> None:
    """Drop old rows of the feeds' logs, and tokens that ran out."""
    now = timezone.now()
    log.prune(now=now)
    keys.drop_old_tokens(now=now)
    client_keys.drop_old_assertions(now=now)
