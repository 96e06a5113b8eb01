"""E-mails to staff: written in the transaction of what they tell of, sent by the tick.

A sender takes a row by one conditional UPDATE that moves when it is due to the end of its lease:
if it dies, the row is due again then. No transaction is open while the mail server is asked.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F

from notifications.models import Email

logger = logging.getLogger(__name__)

BATCH = 50
LEASE = timedelta(minutes=2)
"""Outlasts EMAIL_TIMEOUT."""
MOST_TRIES = 8


def enqueue(
    *, key: str, to: str, heading: str, body: str, not_after: datetime, now: datetime
) -> bool:
    """Write one e-mail, in the transaction of what it tells of; False if this key has one."""
    _, is_new = Email.objects.get_or_create(
        dedupe_key=key,
        defaults={
            "to": to,
            "heading": heading,
            "body": body,
            "due_at": now,
            "not_after": not_after,
            "created_at": now,
        },
    )
    return is_new


def call_off(key: str, *, now: datetime) -> int:
    """End the e-mails whose keys begin so and that nobody has begun to send; return how many."""
    waiting = Email.objects.filter(dedupe_key__startswith=f"{key}:", ended_at=None, attempts=0)
    return waiting.update(ended_at=now, error="called off")


def send_due(now: datetime) -> int:
    """Send what is due, the oldest first; return how many the mail server took."""
    Email.objects.filter(ended_at=None, not_after__lte=now).update(ended_at=now, error="too late")
    due = Email.objects.filter(ended_at=None, due_at__lte=now).order_by("due_at")[:BATCH]
    return sum(_send(email, now) for email in due)


def _send(email: Email, now: datetime) -> bool:
    mine = Email.objects.filter(pk=email.pk, ended_at=None, due_at=email.due_at).update(
        due_at=now + LEASE, attempts=F("attempts") + 1
    )
    if not mine:
        return False
    tries = email.attempts + 1
    try:
        send_mail(email.heading, email.body, settings.EMAIL_FROM, [email.to])
    except Exception as fault:  # smtplib's and the socket's are many, and each means "not now"
        logger.warning("e-mail %s is not sent: %s", email.pk, type(fault).__name__)
        ended = now if tries >= MOST_TRIES else None
        wait = timedelta(seconds=min(30 * 2**tries, 900))
        Email.objects.filter(pk=email.pk).update(
            due_at=now + wait, ended_at=ended, error=type(fault).__name__[:60]
        )
        return False
    Email.objects.filter(pk=email.pk).update(sent_at=now, ended_at=now, error="")
    return True


def forget(before: datetime) -> int:
    """Blank whom e-mails of before that went to, and what they said; return how many."""
    old = Email.objects.filter(created_at__lt=before).exclude(to="")
    return old.update(to="", body="")
