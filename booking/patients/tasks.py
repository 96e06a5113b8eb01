"""Celery's doors to who signs in by a code: they carry no data, the database has it."""

from celery import shared_task
from django.utils import timezone

from booking.limits import sign_in_tries
from booking.patients import code_guesses


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
