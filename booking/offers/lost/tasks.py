"""Celery's door to lost clinics: it carries no data, the database has it."""

from celery import shared_task
from django.utils import timezone

from booking.offers.lost import resume
from notifications import fence
from notifications.models import Kind


@shared_task
def tick() -> None:
    """Go on with every lost clinic. Beat calls it.

    After a restore none goes on: what the database does not know of may be done already.
    """
    if not fence.holds(Kind.OFFER_DISPLACED):
        resume.tick(now=timezone.now())
