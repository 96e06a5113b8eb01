"""What a patient wrote back: kept first, then read, then told to booking by one signal.

STOP and START are ours: they are about the number. Everything else is about an appointment,
which only booking knows; `reply_received` is the one thing that goes up to it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.dispatch import Signal

from notifications import dead_numbers, opt_outs, phones
from notifications.attention import Notice, Reason, needs_person, reached
from notifications.models import Inbound
from notifications.number_lock import lock_number
from notifications.reading import LONGEST_BODY, read
from received.text import keep_fit

logger = logging.getLogger(__name__)

reply_received = Signal()
"""Sent with `reply` (a Reply) and `now`, inside the transaction that marks the reply as handled.
The one receiver returns what it did, in a few words without personal data."""

TRIES = 5
LEFT = timedelta(minutes=1)


@dataclass(frozen=True)
class Reply:
    """A reply for booking. `number` is E.164; `command` and `more` are as reading.Reading has them.

    `twilio_answered`: Twilio has said something.
    """

    inbound_id: str
    number: str
    number_hash: str
    command: str
    code: str
    twilio_answered: bool
    more: bool = False


def keep(message_sid: str, *, number: str, body: str, opt_out_type: str, now: datetime) -> Inbound:
    """Write a reply down as it came; one that came before is returned as it is."""
    number = phones.of_sender(number)
    body = keep_fit(body)[:LONGEST_BODY]
    reading = read(body)
    reply, _ = Inbound.objects.get_or_create(
        message_sid=message_sid,
        defaults={
            "number": number,
            "number_hash": opt_outs.hash_of(number),
            "body": body,
            "opt_out_type": keep_fit(opt_out_type).upper()[:8],
            "command": reading.command,
            "code": reading.code,
            "received_at": now,
        },
    )
    return reply


def handle(reply: Inbound, now: datetime) -> bool:
    """Do what a kept reply asks for; False if it was done before."""
    with transaction.atomic():
        lock_number(reply.number_hash)
        waiting = Inbound.objects.filter(pk=reply.pk, handled_at=None)
        if not waiting.update(handled_at=now):
            return False
        dead_numbers.clear(reply.number_hash, now=now)  # who writes from it has it
        outcome = _opt_out_or_in(reply, now)
        if reply.number and reply.command not in ("stop", "start"):
            outcome += _tell_booking(reply, now)
        Inbound.objects.filter(pk=reply.pk).update(outcome=", ".join(outcome)[:40])
    return True


def handle_safely(reply: Inbound, now: datetime) -> None:
    """Handle a kept reply; if that fails, leave it for the next tick. Raises if the database is
    away."""
    try:
        handle(reply, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        # The fault's own words may quote the reply.
        logger.error("reply %s was not handled: %s", reply.pk, type(fault).__name__)


def handle_left(now: datetime) -> None:
    """Try again, up to TRIES times, what was kept but not handled."""
    left = Inbound.objects.filter(handled_at=None, received_at__lte=now - LEFT, tries__lt=TRIES)
    for reply in left.order_by("received_at")[:100]:
        mine = Inbound.objects.filter(pk=reply.pk, handled_at=None, tries=reply.tries)
        if mine.update(tries=F("tries") + 1):
            handle_safely(reply, now)


def _opt_out_or_in(reply: Inbound, now: datetime) -> list[str]:
    """Heed STOP and START, and what Twilio itself took for one of them."""
    if not reply.number:
        return ["no number"]
    if reply.command == "stop" or reply.opt_out_type == "STOP":
        if opt_outs.opt_out(reply.number_hash, source="reply", now=now):
            notice = Notice(reason=Reason.OPTED_OUT, number=reply.number)
            needs_person.send(sender=Inbound, notice=notice, now=now)
        return ["opted out"]
    if reply.command == "start" or reply.opt_out_type == "START":
        if opt_outs.opt_in(reply.number_hash, now=now):
            reached.send(sender=Inbound, subject="", number=reply.number, now=now)
        return ["opted in"]
    return []


def _tell_booking(reply: Inbound, now: datetime) -> list[str]:
    heard = reply_received.send(
        sender=Inbound,
        reply=Reply(
            inbound_id=str(reply.pk),
            number=reply.number,
            number_hash=reply.number_hash,
            command=reply.command,
            code=reply.code,
            twilio_answered=reply.opt_out_type == "HELP",
            more=read(reply.body).more,
        ),
        now=now,
    )
    return [outcome for _, outcome in heard if outcome]
