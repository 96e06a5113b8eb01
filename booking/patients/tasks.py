"""Celery's doors to who signs in by a code: they carry no data, the database has it."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from booking.identifiers.actors import CLOCK
from booking.limits import sign_in_tries
from booking.patients import code_guesses, purging


@shared_task
def tell_of_guesses() -> None:
    """Put on the lists whose booking code somebody keeps guessing at."""
    code_guesses.tell_staff(now=timezone.now())


@shared_task
def forget_tries() -> None:
    """Delete wrong tries that count no more, of codes and of staff's names."""
    now = timezone.now()
    sign_in_tries.drop_old(now=now)
    code_guesses.drop_old(now=now)


@shared_task
def purge() -> None:
    """Erase what need not be kept any more, if the trust decided that this runs by itself."""
    if settings.PURGE_DAILY:
        purging.purge(now=timezone.now(), actor=CLOCK)
