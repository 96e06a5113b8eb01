"""What runs by itself about figures: it carries no data, the database has it."""

import logging

from celery import shared_task
from django.utils import timezone

from insights import breach_list, keeping, travelled

logger = logging.getLogger(__name__)


@shared_task
def keep_figures() -> None:
    """Count what changed since the last run, unless somebody does so just now."""
    try:
        keeping.keep(timezone.now())
    except keeping.AlreadyCounting:
        logger.info("figures are being counted already")


@shared_task
def look_for_breaches() -> None:
    """Build the list of breaches to come anew."""
    logger.info("%d breaches to come in six weeks", breach_list.build(timezone.now()))


@shared_task
def fill_in_journeys() -> None:
    """Work out how long people travelled to their scans."""
    logger.info("journeys to %d scans filled in", travelled.fill(timezone.now()))
